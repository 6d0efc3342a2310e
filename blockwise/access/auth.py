"""Ways into the JSON API: a bearer token, or the session of a person at a screen with its CSRF token.

api = NinjaAPI(auth=auth.WAYS)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from blockwise.problems import Forbidden

from .actors import Actor, actor_of
from .policy import Answer, may_enter

May = Callable[[Actor], Answer]


class Bearer(HttpBearer):
    """None when no Authorization header is sent, so that the session is tried; a wrong one is refused outright.

    `may`: what whoever asks has to be allowed, for rooms below this one, which cannot ask the policy.
    """

    def __init__(self, may: May | None = None) -> None:
        super().__init__()
        self.may = may

    def __call__(self, request: HttpRequest) -> Actor | None:
        return _allowed(actor_of(request), self.may) if "Authorization" in request.headers else None

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return actor_of(request)


class Session(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, may: May | None = None) -> None:
        super().__init__()
        self.may = may

    def __call__(self, request: HttpRequest) -> Actor:
        actor = actor_of(request)
        if check_csrf(request):
            raise Forbidden(
                _("The CSRF token is missing or wrong."),
                where="X-CSRFToken",
                fix=_("Send the value of the cookie `%s` in the header `X-CSRFToken`, or use a bearer token.")
                % settings.CSRF_COOKIE_NAME,
            )
        return _allowed(actor, self.may)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        return actor_of(request)


def _allowed(actor: Actor, may: May | None) -> Actor:
    if may is not None:
        may(actor).require()
    return actor


WAYS = (Bearer(), Session())


def by_rule(what: str) -> tuple[Bearer, Session]:
    """The same, where everybody who is let in is allowed `what`."""
    may = partial(may_enter, what=what)
    return Bearer(may), Session(may)
