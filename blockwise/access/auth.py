"""Ways into the JSON API: a bearer token, or the session of a person at a screen with its CSRF token.

api = NinjaAPI(auth=auth.WAYS)
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from blockwise.problems import Forbidden

from .actors import Actor, actor_of
from .policy import NO_SCOPE


class Bearer(HttpBearer):
    """None when no Authorization header is sent, so that the session is tried; a wrong one is refused outright.

    With a scope, a token without it is refused too: for rooms below this one, which cannot ask the policy.
    """

    def __init__(self, scope: str | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Actor | None:
        if "Authorization" not in request.headers:
            return None
        actor = actor_of(request)
        if self.scope and actor.scopes is not None and self.scope not in actor.scopes:
            raise Forbidden(NO_SCOPE, fix=format_lazy(_("Use a token with the scope {scope}."), scope=self.scope))
        return actor

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return actor_of(request)


class Session(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor:
        actor = actor_of(request)
        if check_csrf(request):
            raise Forbidden(
                _("The CSRF token is missing or wrong."),
                where="X-CSRFToken",
                fix=_("Send the value of the cookie `csrftoken` in the header `X-CSRFToken`, or use a bearer token."),
            )
        return actor

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        return actor_of(request)


WAYS = (Bearer(), Session())


def ways_with(scope: str) -> tuple[Bearer, Session]:
    """The same ways, a token needing the scope."""
    return Bearer(scope), Session()
