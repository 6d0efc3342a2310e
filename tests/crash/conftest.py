from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.homes import POSTGRES
from tests.servers import Home, postgres_database

ENGINES = [
    pytest.param("sqlite", marks=pytest.mark.crash),
    pytest.param("postgresql", marks=[pytest.mark.crash, pytest.mark.postgres]),
]


@pytest.fixture(params=ENGINES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """An installation of this test's own with the tiny city, once on each engine."""
    if request.param == "sqlite":
        yield Home(tmp_path).fill()
        return
    with postgres_database(POSTGRES) as address:
        yield Home(tmp_path, address).fill()
