from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings

from blockwise import clock
from blockwise.access import throttle
from blockwise.places import current
from blockwise.places.models import City
from tests.folders import shared_folder
from tests.forces import make_forces
from tests.ledger.by_hand import drop_triggers
from tests.people import People, make_city, make_people

settings.register_profile("blockwise", deadline=None)  # a busy machine is not a failed property
settings.load_profile("blockwise")

_flush = TransactionTestCase._fixture_teardown


def _flush_without_triggers(case: TransactionTestCase) -> None:
    """A test with real transactions empties every table afterwards; the migration signal puts the triggers back."""
    drop_triggers()
    _flush(case)


TransactionTestCase._fixture_teardown = _flush_without_triggers


@pytest.fixture(scope="session", autouse=True)
def _machine_time() -> None:
    """A replay's clock lies in the database; tests that use none keep the machine's."""
    clock.follow(clock.real_now)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real open data and oracles; in CI its absence is a failure."""
    folder = shared_folder()
    if not (folder / "data").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"no data at {folder}: set BLOCKWISE_SHARED")
        pytest.skip(f"no data at {folder}: set BLOCKWISE_SHARED to the folder that holds data/ and oracles/")
    return folder


@pytest.fixture(autouse=True)
def _no_waiting() -> None:
    """Rates are counted in the process; no test is to wait for another's."""
    throttle.forget()


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """A page asked for in one test's own thread leaves its language behind."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _never_sealed() -> None:
    """A test's database is taken back; what its seals left in the home that tests share would outlive them."""
    for name in ("seal.json", "keys/seal.pub"):
        (django_settings.HOME / name).unlink(missing_ok=True)


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """An empty home, with keys of its own once they are needed."""
    found: Path = tmp_path / "home"
    settings.HOME = found
    return found


@pytest.fixture
def city(db: None) -> Iterator[City]:
    """The tiny city of tests/people.py, in the test's database."""
    yield make_city()
    current.forget()


@pytest.fixture
def people(city: City) -> People:
    return make_people()


@pytest.fixture
def forces(city: City) -> None:
    """The units of tests/forces.py, free at their stations."""
    make_forces()
