"""How a refusal is said: what was wrong, where, and what to do. Used by every room; imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):  # noqa: N818  (the name is RFC 9457's)
    """A refusal that becomes an RFC 9457 problem document, a form error or a line on the terminal.

    `what` and `fix` may be lazy translations; `where` is a field, parameter or file:line; `more` holds further members.
    `plain` is the fix for a person at a page, where `fix` speaks in the names that programs use.
    """

    status = 400
    code = "bad-request"

    def __init__(
        self, what: Any, *, where: str = "", fix: Any = "", plain: Any = None, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(what)
        self.what, self.where, self.fix, self.more = what, where, fix, dict(more or {})
        self.plain = fix if plain is None else plain

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} {self.fix}".rstrip()


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"


class Forbidden(Problem):
    status, code = 403, "forbidden"


class NotFound(Problem):
    status, code = 404, "not-found"


class Conflict(Problem):
    status, code = 409, "conflict"


class TooSlow(Problem):
    status, code = 408, "too-slow"


class TooLarge(Problem):
    status, code = 413, "too-large"


class UnknownType(Problem):
    status, code = 415, "unknown-type"


class Invalid(Problem):
    status, code = 422, "invalid"


class TooMany(Problem):
    status, code = 429, "too-many"
