"""The departments of a city folder: named once, in the city's languages, and each officer's is one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from blockwise.exchange.folder import read_folder
from tests.exchange.faults import problems_of
from tests.exchange.tiny_city import Row, write_tiny_city

HOUSING = {"key": "housing", "zh": "住房建设局", "en": "housing"}


def staffed(role: str, department: str) -> Any:
    """The first person holds this role, of this department."""

    def change(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["department"] = department if number == 0 else ""
        rows[0]["role"] = role

    return change


def with_departments(*given: Any) -> Any:
    return lambda city: city | {"departments": list(given)}


def test_they_are_read_and_may_be_left_out(tmp_path: Path) -> None:
    city = with_departments(HOUSING)
    folder = read_folder(write_tiny_city(tmp_path / "a", city=city, people=staffed("department_officer", "housing")))
    assert [(one.key, one.names["en"]) for one in folder.city.departments] == [("housing", "housing")]
    assert folder.people[0].department == "housing"
    assert problems_of(tmp_path / "b") == []


@pytest.mark.parametrize(
    ("role", "department", "words"),
    [
        ("department_officer", "", "is department_officer of no department"),
        ("department_officer", "parks", "is of the department parks, which city.yaml does not have"),
        ("clerk", "housing", "is clerk of housing"),
    ],
)
def test_an_officer_s_is_one_of_them(tmp_path: Path, role: str, department: str, words: str) -> None:
    found = problems_of(tmp_path, city=with_departments(HOUSING), people=staffed(role, department))
    assert [(one.file, one.line) for one in found] == [("people.csv", 2)]
    assert words in found[0].what


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([HOUSING, {**HOUSING}], "the department housing is named twice"),
        ([{"key": "Housing", "zh": "住房", "en": "housing"}], "'Housing'"),
        ([{"key": "housing", "zh": "住房"}], "has no en"),
        ([{"zh": "住房", "en": "housing"}], "has no key"),
        (["housing"], ""),
    ],
)
def test_what_is_wrong_with_them_is_told(tmp_path: Path, given: list[Any], words: str) -> None:
    found = problems_of(tmp_path, city=with_departments(*given))
    assert {one.file for one in found} == {"city.yaml"}
    assert words in found[0].what
