"""The tests' own guard: a product transaction without its line is found where nothing is committed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from blockwise.changes import UnrecordedChange
from blockwise.ledger.lines import Entry, write
from blockwise.places.models import City
from tests.guard import PRODUCT
from tests.recorded import on_record

FORGETS = "City.objects.update(version=7)"


def product(body: str) -> Callable[[], None]:
    """What a file of the product would do in a transaction of its own."""
    code = compile(f"with transaction.atomic():\n    {body}", f"{PRODUCT}/forgetful.py", "exec")
    names = {"transaction": transaction, "City": City, "write": write, "Entry": Entry}
    return lambda: exec(code, dict(names))


def version() -> int:
    return City.objects.get().version


def test_a_line_that_was_forgotten_is_found_and_nothing_is_kept(city: City) -> None:
    with pytest.raises(UnrecordedChange, match=f"places_city {city.pk}"):
        product(FORGETS)()
    assert version() == city.version


def test_one_that_is_written_is_enough(city: City) -> None:
    product(f"{FORGETS}; write([Entry('system', 'seeded', 'system:test')])")()
    assert version() == 7


def test_a_part_of_a_transaction_need_not_write_it(city: City) -> None:
    product(f"""
    with transaction.atomic():
        {FORGETS}
    write([Entry('system', 'seeded', 'system:test')])""")()
    assert version() == 7


def test_what_a_test_changes_itself_is_its_own(city: City) -> None:
    City.objects.update(version=6)
    product("City.objects.count()")()
    with on_record():
        product(FORGETS)()
    with transaction.atomic():
        City.objects.update(version=8)
    assert version() == 8


def test_what_was_changed_before_is_not_told_to_the_next(city: City) -> None:
    City.objects.update(version=6)
    with pytest.raises(UnrecordedChange):
        product(FORGETS)()
