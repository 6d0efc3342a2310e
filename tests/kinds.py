"""The built-in kinds, or those given, as this city's current ones; unchecked: each check takes a tenth of a second."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from blockwise.cases.kinds import registry
from blockwise.cases.models import KindText
from blockwise.clock import real_now
from tests.recorded import recorded


@recorded
def store_kinds(texts: Mapping[str, str] | None = None) -> None:
    """That they pass the checks is a test of its own; call within a test's database."""
    for name, text in (texts or registry.builtin_texts()).items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        KindText.objects.create(digest=digest, kind=name, text=text, stored_at=real_now())
    registry.forget()
