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

RETRY_AFTER = 10  # seconds
TYPE = "application/problem+json"
_UNWRITABLE = re.compile(r"is full|readonly|read-only|No space left", re.IGNORECASE)
_LOCKED = re.compile(r"is locked|lock timeout", re.IGNORECASE)  # SQLite's words, and PostgreSQL's
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}|[0-9]{1,4}|\.|, ", re.ASCII)


class Busy(Problem):
    status, code = 503, "busy"


class Failed(Problem):
    status, code = 500, "failed"


def unwritable(error: BaseException) -> Busy | None:
    """What is told when nothing can be written now; None of any other fault."""
    if not isinstance(error, OperationalError):
        return None
    if _UNWRITABLE.search(str(error)):
        fix = _("Nothing was changed. Tell the operator at once; try again when there is room.")
        return Busy(_("The database cannot be written: its disk is full or read-only."), fix=fix)
    if _LOCKED.search(str(error)):
        fix = _("Nothing was changed. Try again in a few seconds.")
        return Busy(_("The database is being written by something that takes long."), fix=fix)
    return None


def failure(error: BaseException) -> Problem:
    """What is told of a fault of ours: that nothing can be written now, or nothing about it."""
    told = Failed(_("Something went wrong on the server."), fix=_("Try again; tell the operator."))
    return unwritable(error) or told


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
    return asking_to_wait(response, problem)


def asking_to_wait(response: HttpResponse, problem: Problem) -> HttpResponse:
    """With how long to wait, where that is the way out."""
    if wait := wait_of(problem):
        response["Retry-After"] = wait
    return response


def wait_of(problem: Problem) -> str:
    """Seconds to wait, as the header `Retry-After` says them; empty where waiting is no way out."""
    return str(problem.more.get("retry_after", RETRY_AFTER)) if problem.status in {429, 503} else ""
