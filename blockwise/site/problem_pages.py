"""A refusal on a screen: a whole page, or for a piece of one the words, put where it happened."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode

from blockwise.problems import Problem, Unauthenticated

Answer = Callable[[HttpRequest], HttpResponseBase]


class ProblemPages:
    """Middleware. The API renders its own problems before they come here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Problem):
            return None
        if isinstance(error, Unauthenticated):
            return _to_login(request)
        piece = "HX-Request" in request.headers
        template = "problem_piece.html" if piece else "problem.html"
        return render(request, template, {"problem": error}, status=error.status)


def _to_login(request: HttpRequest) -> HttpResponse:
    login = resolve_url(settings.LOGIN_URL)
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": login})
    return redirect(f"{login}?{urlencode({'next': request.get_full_path()})}")
