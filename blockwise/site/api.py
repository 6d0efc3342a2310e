"""The JSON API: the rooms' routers under one document, every refusal an RFC 9457 problem."""

from __future__ import annotations

import json
import logging
from importlib import import_module
from importlib.metadata import version
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.constants import NOT_SET
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from blockwise.access import auth
from blockwise.problems import Invalid, Problem, UnknownType
from blockwise.rooms import house

from .middleware import UNSAFE, unsafe_text
from .openapi import Documented
from .refusal import answer, failure, named

log = logging.getLogger("blockwise.site")
JSON, UTF8 = "application/json", "utf-8"


class Strict(Parser):
    """JSON as RFC 8259 has it: no NaN, no Infinity, and no text that cannot be written as UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        charset = (request.content_params or {}).get("charset", UTF8)
        if request.content_type not in ("", JSON) or charset.lower() != UTF8:
            fix = _("Send Content-Type: application/json.")
            raise UnknownType(_("The body is no JSON in UTF-8."), where="content-type", fix=fix)
        return _sound(json.loads(request.body.decode("utf-8-sig"), parse_constant=_no_constant))


def _no_constant(name: str) -> Any:
    raise Problem(_("%s is not a JSON number.") % name, where="body", fix=_("Send a number, or leave it out."))


def _sound(value: Any) -> Any:
    texts = [value]
    while texts:
        one = texts.pop()
        if isinstance(one, str) and UNSAFE.search(one):
            raise unsafe_text("body")
        if isinstance(one, dict):
            texts += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            texts += one
    return value


api = Documented(
    title="Blockwise",
    version=version("blockwise"),
    description="A city's public safety, block by block.",
    auth=auth.WAYS,
    parser=Strict(),
    docs_url=None,
    urls_namespace="api",
)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"where": _where(fault["loc"]), "what": fault["msg"]} for fault in error.errors]
    first = faults[0]
    return answer(
        Invalid(first["what"], where=first["where"], fix=_("See /api/openapi.json."), more={"faults": faults})
    )


def _where(place: tuple[Any, ...]) -> str:
    return named(".".join(str(part) for part in dict.fromkeys(place)))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    if isinstance(cause, Problem):
        return answer(cause)
    problem = Problem(str(error), fix=_("Send one JSON document that fits /api/openapi.json."))
    problem.status = error.status_code
    return answer(problem)


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("a request failed", exc_info=error)
    return answer(failure(error))


for _room in house().rooms:
    if _room.api:
        _ways = auth.by_rule(_room.api.what) if _room.api.what else NOT_SET
        api.add_router("", import_module(_room.api.module).router, auth=_ways)
