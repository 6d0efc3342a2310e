"""Parameters that several endpoints of cases take."""

from __future__ import annotations

from typing import Annotated

from ninja import Header, Path

CaseId = Annotated[int, Path(ge=1, lt=2**63)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=80,
        description="1 to 80 printable ASCII characters, new for each request; the same again is done once.",
    ),
]
