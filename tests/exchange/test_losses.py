"""A folder that was cut off, or is another's, takes nothing out of service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from blockwise.access.models import Grant
from blockwise.exchange.folder import BadFolder, sound_folder
from blockwise.exchange.load import Report, load_sound
from blockwise.problems import Conflict
from blockwise.units.models import Shift, Unit
from tests.exchange.tiny_city import Row, write_tiny_city

pytestmark = pytest.mark.django_db


def load(path: Path, gone: bool = False, **changes: Callable[[list[Row]], list[Row]] | None) -> Report:
    folder, _warnings = sound_folder(write_tiny_city(path, **changes))
    return load_sound(folder, gone=gone)


def first(count: int) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: rows[:count]


def without(role: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row for row in rows if row["role"] != role]


@pytest.mark.parametrize("name", ["stations", "units", "roster", "people"])
def test_a_table_with_a_header_alone_is_an_error(name: str, tmp_path: Path) -> None:
    path = write_tiny_city(tmp_path / "tiny")
    file = path / f"{name}.csv"
    file.write_text(file.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    with pytest.raises(BadFolder, match=rf"^{name}\.csv: the table has no rows\. Give its rows"):
        sound_folder(path)


def test_a_roster_that_was_cut_off_is_refused_with_the_numbers_and_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path / "whole")
    shifts = Shift.objects.count()
    with pytest.raises(Conflict, match=rf"{shifts - 2} of {shifts} shifts\. .* with --gone"):
        load(tmp_path / "cut", roster=first(2))
    assert Shift.objects.count() == shifts
    load(tmp_path / "cut", gone=True, roster=first(2))
    assert Shift.objects.count() == 2


def test_a_folder_without_its_people_ends_no_role(tmp_path: Path) -> None:
    load(tmp_path / "whole")
    held = Grant.objects.filter(ends_at=None).count()
    with pytest.raises(Conflict, match="roles; the last dispatcher; the last administrator"):
        load(tmp_path / "none", people=None)
    assert Grant.objects.filter(ends_at=None).count() == held


@pytest.mark.parametrize("role", ["dispatcher", "administrator"])
def test_a_load_leaves_a_dispatcher_and_an_administrator(role: str, tmp_path: Path) -> None:
    load(tmp_path / "whole")
    with pytest.raises(Conflict, match=f"the last {role}"):
        load(tmp_path / "less", people=without(role))
    load(tmp_path / "less", gone=True, people=without(role))


def test_a_load_that_gives_a_role_for_another_time_loses_none(tmp_path: Path) -> None:
    load(tmp_path / "whole")
    report = load(tmp_path / "dated", people=lambda rows: [row | {"from": "2020-01-01"} for row in rows])
    assert (report.people.ended, report.people.lost) == (report.people.held, 0)


def test_a_first_load_has_nothing_to_lose(tmp_path: Path) -> None:
    assert load(tmp_path / "first", people=None).changed
    assert Unit.objects.filter(retired_on=None).count() == Unit.objects.count()
