"""Which language a page speaks: the person's own, else the browser's cookie, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as _set_language

from blockwise.access.models import User


class OwnLanguage:
    """Middleware, after Django's own: a signed-in person's language comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Keep the language in a cookie, and with the person where one is signed in."""
    language = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and translation.check_for_language(language):
        User.objects.filter(pk=user.pk).update(language=language)
    return _set_language(request)
