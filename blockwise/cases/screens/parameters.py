"""Parameters that several endpoints and forms of cases take."""

from __future__ import annotations

import re
from typing import Annotated

from django.http import HttpRequest
from ninja import Header, Path

from ..kinds.model import Act

_VERSION = re.compile(r"[0-9]{1,9}")

CaseId = Annotated[int, Path(ge=1, lt=2**63)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=80,
        description="1 to 80 printable ASCII characters, new for each request; the same again is done once.",
    ),
]


def posted_version(request: HttpRequest, act: Act) -> int | None:
    """The version of the case that the form was made for, where the act needs one."""
    given = request.POST.get("version", "")
    return int(given) if act.versioned and _VERSION.fullmatch(given) else None


def posted_key(request: HttpRequest) -> str | None:
    """The form's own key, so that a doubled click is one act."""
    return request.POST.get("key", "")[:80] or None
