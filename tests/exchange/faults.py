"""Small helpers to break a tiny city in one place and to say what the check must answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from blockwise.exchange.folder import Problem, check_folder
from tests.exchange.tiny_city import Change, Row, write_tiny_city

SMALL = "or let the types need what there is; until then such calls wait"


def problems_of(path: Path, **changes: Change) -> list[Problem]:
    return checked(write_tiny_city(path / "city", **changes))


def checked(folder: Path) -> list[Problem]:
    """What the check says, but for what six units cannot do in any case (test_folder_needs.py)."""
    return [problem for problem in check_folder(folder) if not problem.fix.endswith(SMALL)]


def only(found: list[Problem]) -> Problem:
    """The one problem there must be."""
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def put(number: int, **values: Any) -> Callable[[list[Row]], None]:
    """Changes cells of row `number` (from 0) of a table."""

    def change(rows: list[Row]) -> None:
        rows[number].update(values)

    return change


def drop(number: int) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        del rows[number]

    return change


def block(which: str, **values: Any) -> Callable[[list[Row]], None]:
    """Changes properties of a block."""

    def change(features: list[Row]) -> None:
        feature_of(features, which)["properties"].update(values)

    return change


def ring(code: str, points: list[Any]) -> Callable[[list[Row]], None]:
    """Gives a block another ring."""

    def change(features: list[Row]) -> None:
        feature_of(features, code)["geometry"]["coordinates"] = [points]

    return change


def feature_of(features: list[Row], code: str) -> Row:
    return next(feature for feature in features if feature["properties"]["code"] == code)
