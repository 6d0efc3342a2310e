from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from blockwise.ledger import seals, vault
from blockwise.ledger.lines import Entry, write


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """Each test has keys of its own."""


@pytest.fixture
def record(db: None) -> dict[str, Any]:
    """36 lines of six threads under three seals, then four lines unsealed; the third seal is what is kept elsewhere."""
    for number in range(1, 41):
        with transaction.atomic():
            thread = ("case:1", "case:2", "unit:P101", "case:3", "system", "case:4")[number * number % 6]
            sealed = vault.seal_many(thread, {"note": f"张三 {number}"}) if number % 3 == 0 else {}
            write([Entry(thread, f"act{number}", f"user:{number % 4}", "0101", {"n": number, "sealed": sealed})])
        if number in (10, 11, 36):
            seals.make_seal()
    held = seals.latest()
    assert held is not None
    return held
