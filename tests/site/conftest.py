from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.homes import POSTGRES
from tests.servers import Home, postgres_database


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An installation on SQLite with the tiny city; copied by `home`."""
    return Home(tmp_path_factory.mktemp("filled")).fill()


@pytest.fixture
def home(filled: Home, tmp_path: Path) -> Home:
    return filled.copy(tmp_path / "home")


@pytest.fixture
def postgres_home(tmp_path: Path) -> Iterator[Home]:
    with postgres_database(POSTGRES) as address:
        yield Home(tmp_path, address).fill()
