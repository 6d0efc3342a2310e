"""A refusal on a screen: a whole page, or for a piece of one the words, put where it happened."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import FactorNeeded
from blockwise.problems import Forbidden, Problem, Unauthenticated

from .refusal import asking_to_wait, unwritable

log = logging.getLogger("blockwise.site")

AGAIN = _("Sign in again in another tab; what you typed here stays.")
Answer = Callable[[HttpRequest], HttpResponseBase]


class ProblemPages:
    """Middleware. The API renders its own problems before they come here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if busy := unwritable(error):
            log.error("a request failed", exc_info=error)
            return told(request, busy)
        if not isinstance(error, Problem):
            return None
        if isinstance(error, Unauthenticated):
            return _to_login(request)
        if isinstance(error, FactorNeeded) and not _piece(request):
            return redirect("account")
        return told(request, error)


def told(request: HttpRequest, error: Problem) -> HttpResponse:
    """The page of a refusal; to somebody at work on a page the words alone."""
    template = "problem_piece.html" if _piece(request) else "problem.html"
    return asking_to_wait(render(request, template, {"problem": error}, status=error.status), error)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a form without its token: its cookie is gone, and the session's with it."""
    return told(request, Forbidden(_("This form was not taken: its cookie is gone."), fix=AGAIN))


def _piece(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _to_login(request: HttpRequest) -> HttpResponse:
    """To the login and back. A page that somebody works on stays as it is, with what was typed there."""
    if _piece(request):
        return told(request, Unauthenticated(_("You are signed out."), fix=AGAIN))
    login = resolve_url(settings.LOGIN_URL)
    return redirect(f"{login}?{urlencode({'next': request.get_full_path()})}")
