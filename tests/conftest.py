from __future__ import annotations

import os
from collections import Counter
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
from blockwise.response.queries import queues
from tests import guard
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
guard.stand()


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


LONGEST = (  # files of minutes, the longest first
    *("test_sequences.py", "test_schemathesis.py", "test_sf_week.py", "test_kill.py", "test_planted_names.py"),
    *("test_homes.py", "test_folder_broken_bytes.py", "test_scan.py", "test_city.py", "test_contention.py"),
    *("test_demo.py", "test_repeats.py", "test_upgrade.py", "test_ten_calls.py", "test_slow.py", "test_map.py"),
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first: none is left to one core at the end. On PostgreSQL, what asks no database is left out."""
    long = {"slow", "crash", "postgres"}
    count = Counter(item.path for item in items if any(mark.name in long for mark in item.iter_markers()))
    items.sort(key=lambda item: (LONGEST.index(item.path.name) if item.path.name in LONGEST else 99, -count[item.path]))
    if "BLOCKWISE_TEST_POSTGRES" in os.environ:
        alike = [item for item in items if not _asks_database(item)]
        config.hook.pytest_deselected(items=alike)
        items[:] = [item for item in items if _asks_database(item)]


def _asks_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db", "django_db_setup", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or any(mark.name in ("django_db", "postgres") for mark in item.iter_markers())


@pytest.fixture(autouse=True)
def _no_waiting() -> None:
    """Rates are counted in the process; no test is to wait for another's."""
    throttle.forget()


@pytest.fixture(autouse=True)
def _own_readings() -> None:
    """A queue read in another test, whose record was as long, is none of this test's."""
    queues.forget()


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
