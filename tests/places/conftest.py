"""The tiny city of tests/exchange, read once and loaded into the test's database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blockwise.exchange.folder import CityFolder, read_folder
from blockwise.places import actions, current
from tests.exchange.tiny_city import write_tiny_city
from tests.guard import on_purpose


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> CityFolder:
    return read_folder(write_tiny_city(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(autouse=True)
def _no_ledger() -> Iterator[None]:
    """Places lie below the ledger: who loads them hands them what records it, and here that is a list."""
    with on_purpose():
        yield


@pytest.fixture
def town(db: None, tiny: CityFolder) -> Iterator[CityFolder]:
    """The tiny city, loaded."""
    current.forget()
    actions.load(tiny, purpose="demo", record=lambda act, data: None)
    yield tiny
    current.forget()
