"""A refusal as an RFC 9457 problem document."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import OperationalError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from blockwise.problems import Problem

from .logs import request_id
from .problem_types import TYPES

TYPE = "application/problem+json"
_UNWRITABLE = re.compile(r"is full|readonly|read-only|No space left", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}|[0-9]{1,4}|\.|, ", re.ASCII)


class Busy(Problem):
    status, code = 503, "busy"


class Failed(Problem):
    status, code = 500, "failed"


def failure(error: BaseException) -> Problem:
    """What is told of a fault of ours: that nothing can be written now, or nothing about it."""
    if isinstance(error, OperationalError) and _UNWRITABLE.search(str(error)):
        fix = _("Nothing was changed. Tell the operator at once; try again when there is room.")
        return Busy(_("The database cannot be written: its disk is full or read-only."), fix=fix)
    return Failed(_("Something went wrong on the server."), fix=_("Try again; tell the operator."))


def named(where: str) -> str:
    """The field, with a member that is no name of a field (it may be a person's) left out: it is not repeated."""
    return "".join(part if _NAME.fullmatch(part) else "…" for part in re.split(r"(\.|, )", where))


def members(problem: Problem) -> dict[str, Any]:
    """The members: `detail` is what was wrong, `where` the field, `fix` what to do (if unsaid, its type's)."""
    document: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.code.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": str(problem.what),
    }
    if problem.where:
        document["where"] = named(problem.where)
    known = TYPES.get(problem.code)
    if remedy := problem.fix or (known.remedy if known else ""):
        document["fix"] = str(remedy)
    if request := request_id.get():
        document["instance"] = f"/requests/{request}"
    return problem.more | document


def document(problem: Problem) -> bytes:
    return json.dumps(members(problem), ensure_ascii=False, default=str).encode()


def answer(problem: Problem) -> HttpResponse:
    """The problem as Django's answer, with the headers its status asks for."""
    response = HttpResponse(document(problem), content_type=TYPE, status=problem.status)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if problem.status in {429, 503}:
        response["Retry-After"] = str(problem.more.get("retry_after", 10))
    return response
