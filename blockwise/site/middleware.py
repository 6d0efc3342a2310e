"""What every request passes: its id and its line in the log, hostile text refused, headers of safety."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from blockwise.problems import Problem

from .logs import request_id
from .refusal import answer

Handler = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("blockwise.site")
access = logging.getLogger("blockwise.access_log")
UNSAFE = re.compile("[\x00\ud800-\udfff]")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REFUSED = frozenset({403, 404, 429})  # what may not be seen is a 404, too


class Requests:
    """An id for the request, and one line in the log when it is answered: nothing that anybody typed."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request_id.set(secrets.token_hex(8))
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            if response.status_code == 400 and not _called_by_name(request):
                log.warning("host not among BLOCKWISE_HOSTS")
            response["X-Request-ID"] = request_id.get()
            members = {
                "method": request.method,
                "route": f"/{found.route}" if (found := request.resolver_match) else None,
                "status": response.status_code,
                "ms": round((time.perf_counter() - began) * 1000, 1),
            }
            if response.status_code in REFUSED:
                members["who"] = _who(request)
            access.info("request", extra={"members": members})
        finally:
            request_id.reset(token)
        return response


def _who(request: HttpRequest) -> str | None:
    """The number of whoever was refused, as the record has it; None where nobody had come in."""
    actor = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    return actor.id if actor else f"user:{user.pk}" if user and user.is_authenticated else None


def _called_by_name(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


class ApiProblems:
    """Whatever is refused under /api/, by whomever, is refused as a problem document."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith("/api/"):
            return response
        if response.get("Content-Type", "").startswith("application/problem+json"):
            return response
        return answer(_problem_of(response))


def _problem_of(response: HttpResponseBase) -> Problem:
    known = {
        400: ("bad-request", _("The request cannot be understood."), _("See /api/openapi.json.")),
        403: ("forbidden", _("This is not allowed."), _("Send a bearer token, or the CSRF token of your session.")),
        404: ("not-found", _("There is nothing at this address."), _("See /api/openapi.json.")),
        405: ("method-not-allowed", _("This address does not take this method."), response.get("Allow", "")),
        500: ("failed", _("Something went wrong on the server."), _("Try again; tell the operator.")),
    }
    status = response.status_code if response.status_code in known else 400 if response.status_code < 500 else 500
    code, what, fix = known[status]
    problem = Problem(what, fix=fix)
    problem.status, problem.code = response.status_code, code
    return problem


class NoMethod(Problem):
    status, code = 405, "method-not-allowed"


class Guard:
    """Refuses with 400 what no text of ours may hold: U+0000, halves of surrogate pairs, bytes that are not UTF-8;
    and with 405 the methods that nothing here takes, TRACE among them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in METHODS:
            return answer(NoMethod(_("This address does not take this method."), fix=_("See /api/openapi.json.")))
        if where := self._unsafe(request):
            return answer(unsafe_text(where))
        return self.get_response(request)

    def _unsafe(self, request: HttpRequest) -> str:
        if _unsafe_bytes(request.META.get("QUERY_STRING", "").encode("latin-1")):
            return "query"
        if UNSAFE.search(request.path) or "\ufffd" in request.path or "%ED%" in request.path.upper():
            return "path"
        if request.content_type == "application/x-www-form-urlencoded" and _unsafe_bytes(request.body):
            return "body"
        if request.content_type == "multipart/form-data" and not request.path.startswith("/api/"):
            texts = [text for name in request.POST for text in (name, *request.POST.getlist(name))]
            return "body" if any(UNSAFE.search(text) for text in texts) else ""
        return ""


def unsafe_text(where: str) -> Problem:
    return Problem(
        _("The text holds a character that no text may hold (U+0000 or half of a surrogate pair)."),
        where=where,
        fix=_("Send well-formed UTF-8 without U+0000."),
    )


def _unsafe_bytes(quoted: bytes) -> bool:
    raw = unquote_to_bytes(quoted)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return b"\x00" in raw


class Safety:
    """Pages load from this origin alone (and from the tile server that is configured)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        parts = urlsplit(settings.TILES)
        tiles = f" {parts.scheme}://{parts.netloc}" if settings.TILES else ""
        self.policy = "; ".join(
            [
                "default-src 'self'",
                f"img-src 'self' data: blob:{tiles}",
                f"connect-src 'self'{tiles}",
                "worker-src 'self' blob:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ]
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Content-Security-Policy"] = self.policy
        response["Permissions-Policy"] = "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)"
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        return response
