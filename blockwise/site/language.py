"""Which language a page speaks: this sign-in's own, which begins with the person's, else what the browser asks for.

Two consoles of one login may speak two languages: a switch at one does not turn the other.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as _set_language

from blockwise.access.models import User

KEPT = "language"


class OwnLanguage:
    """Middleware, after Django's own: a signed-in person's language comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User):
            if KEPT not in request.session:
                request.session[KEPT] = user.language or translation.get_language()
            translation.activate(request.session[KEPT])
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Keep the language in a cookie; where a person is signed in, with this sign-in and for the next ones."""
    language = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and translation.check_for_language(language):
        User.objects.filter(pk=user.pk).update(language=language)
        request.session[KEPT] = language
    return _set_language(request)
