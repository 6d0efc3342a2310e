"""roads.parquet, street_ranges.csv and the calls: every fault with its row and words."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.folder import Problem
from blockwise.exchange.folder.check_calls import CALLS, RESPONSES
from tests.exchange.faults import checked, only, problems_of, put
from tests.exchange.tiny_city import Row, write_tiny_city


def cut_in_two(rows: list[Row]) -> list[Row]:
    return [row for row in rows if {row["from_node"] % 100, row["to_node"] % 100} != {3, 4}]


def one_node_cut_off(rows: list[Row]) -> list[Row]:
    return [row for row in rows if 0 not in (row["from_node"], row["to_node"])] + [
        rows[0] | {"to_node": 999, "to_lon": 113.9005}
    ]


def one_way_in(rows: list[Row]) -> None:
    for row in rows:
        if row["from_node"] == 0:
            row["oneway"] = True


def without(column: str) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        for row in rows:
            del row[column]

    return change


def written(column: str) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        for row in rows:
            row[column] = f"about {row[column]}"

    return change


FAULTS: dict[str, tuple[Callable[[list[Row]], list[Row] | None], int | None, str]] = {
    "negative length": (put(3, length_m=-5.0), 4, "edge 4: length_m is -5"),
    "no length": (put(3, length_m=float("nan")), 4, "edge 4: length_m is nan"),
    "negative speed": (put(3, speed_day_kmh=-1.0), 4, "edge 4: speed_day_kmh is -1"),
    "no speed": (put(3, speed_peak_kmh=0.0), 4, "edge 4: speed_peak_kmh is 0"),
    "too fast": (put(3, speed_night_kmh=900.0), 4, "edge 4: speed_night_kmh is 900"),
    "empty cell": (put(3, name=None), 4, "name is empty"),
    "swapped": (
        put(3, from_lon=22.5525, from_lat=113.9175),
        4,
        "edge 4: from_lon 22.5525, from_lat 113.918: lon and lat are swapped",
    ),
    "at (0, 0)": (put(3, to_lon=0.0, to_lat=0.0), 4, "edge 4: to_lon 0, to_lat 0: no place on earth"),
    "edge twice": (put(3, edge=1), 4, "edge 1 is there twice; first in row 1"),
    "shorter than straight": (put(3, length_m=300.0), 4, "edge 4 has 300 m, but its ends are 514 m apart"),
    "cut in two": (
        cut_in_two,
        None,
        "16 of 32 nodes (50.0%) cannot be driven to from the rest and back, node 4 among them",
    ),
    "a column missing": (without("class"), None, "the column class is missing"),
    "a period's speed missing": (without("speed_peak_kmh"), None, "the column speed_peak_kmh is missing"),
    "text for numbers": (written("length_m"), None, "the column length_m is string, not double"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(tmp_path: Path, case: str) -> None:
    change, row, words = FAULTS[case]
    problem = only(problems_of(tmp_path, roads=change))
    assert (problem.file, problem.line, problem.severity) == ("roads.parquet", row, "error")
    assert problem.what == words


@pytest.mark.parametrize("change", [one_node_cut_off, one_way_in])
def test_a_few_nodes_cut_off_are_a_warning(tmp_path: Path, change: Callable[[list[Row]], Any]) -> None:
    found = [problem for problem in problems_of(tmp_path, roads=change) if problem.severity == "warning"]
    assert "cannot be driven to from the rest and back" in only(found).what


def test_a_node_in_two_places(tmp_path: Path) -> None:
    first = problems_of(tmp_path, roads=put(3, from_lon=113.9179))[0]
    assert (first.file, first.line) == ("roads.parquet", 38)
    assert first.what == (
        "node 3 is at lon 113.917500, lat 22.552500 here and at lon 113.917900, lat 22.552500 in row 4"
    )


def test_no_edges(tmp_path: Path) -> None:
    path = write_tiny_city(tmp_path)
    table = pq.read_table(path / "roads.parquet").slice(0, 0)
    pq.write_table(table, path / "roads.parquet")
    assert only(checked(path)).what == "there are no edges"


RANGES = "edge,street,left_from,left_to,right_from,right_to,from_node,to_node,from_lon,from_lat,to_lon,to_lat\n"
GOOD = "1,横0路,1,9,2,10,0,1,113.9025,22.5525,113.9075,22.5525\n"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("99,横0路,1,9,,,0,1,113.9025,22.5525,113.9075,22.5525\n", "edge 99 is not in roads.parquet"),
        (GOOD, "edge 1 is there twice; first on line 2"),
        ("2,横0路,1,9,,,2,1,113.9075,22.5525,113.9125,22.5525\n", "edge 2 runs from 2 to 1 here, otherwise"),
        ("2,横0路,1,9,,,1,2,113.9575,22.5525,113.9125,22.5525\n", "edge 2 ends 0.0500 degrees away from"),
        ("2,横0路,one,9,,,1,2,113.9075,22.5525,113.9125,22.5525\n", "left_from is 'one'"),
    ],
)
def test_street_ranges(tmp_path: Path, row: str, words: str) -> None:
    path = write_tiny_city(tmp_path, addresses=None)
    (path / "street_ranges.csv").write_text(RANGES + GOOD, encoding="utf-8")
    assert checked(path) == []
    (path / "street_ranges.csv").write_text(RANGES + GOOD + row, encoding="utf-8")
    problem = only(checked(path))
    assert (problem.file, problem.line) == ("street_ranges.csv", 3)
    assert problem.what.startswith(words)


def a_call(number: int, **values: Any) -> Row:
    received = datetime(2026, 11, 20, 12, number, tzinfo=UTC)
    call = dict.fromkeys(CALLS.names) | {"call": f"C{number}", "received_at": received, "channel": "phone"}
    call |= {"type": "fire.building", "priority": 1, "lon": 113.905, "lat": 22.555, "place_kind": "street"}
    return call | {"address": "横0路3号", "weapon": False, "hazmat": False, "language": "zh"} | values


def problems_of_calls(path: Path, calls: list[Row], responses: list[Row], schema: pa.Schema = CALLS) -> list[Problem]:
    folder = write_tiny_city(path)
    pq.write_table(pa.Table.from_pylist(calls, schema=schema), folder / "calls.parquet")
    pq.write_table(pa.Table.from_pylist(responses, schema=RESPONSES), folder / "responses.parquet")
    return checked(folder)


def response(**values: Any) -> Row:
    return dict.fromkeys(RESPONSES.names) | {"row": 1, "call": "C1", "unit": "F1"} | values


def test_sound_calls(tmp_path: Path) -> None:
    calls = [a_call(1), a_call(2, repeat_of="C1")]
    assert problems_of_calls(tmp_path, calls, [response()]) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"priority": 5}, "call C2: priority is 5"),
        ({"channel": "pigeon"}, "call C2: channel is pigeon"),
        ({"place_kind": "moon"}, "call C2: place_kind is moon"),
        ({"received_at": None}, "call C2: received_at is None"),
        ({"received_at": datetime(1900, 1, 1, tzinfo=UTC)}, "call C2: received_at is 1900-01-01 00:00:00+00:00"),
        ({"received_at": datetime(2100, 1, 1, tzinfo=UTC)}, "call C2: received_at is 2100-01-01 00:00:00+00:00"),
        ({"lat": float("nan")}, "call C2: lat is nan"),
        ({"lat": 113.9}, "call C2: lat is 113.9"),
        ({"call": "C1"}, "call C1 is there twice"),
        ({"repeat_of": "C9"}, "the call C9 is not in calls.parquet"),
    ],
)
def test_calls(tmp_path: Path, values: Row, words: str) -> None:
    problem = only(problems_of_calls(tmp_path, [a_call(1), a_call(2, **values)], [response()]))
    assert (problem.file, problem.line, problem.what) == ("calls.parquet", 2, words)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"unit": "F9"}, "the unit F9 is not in units.csv"),
        ({"call": "C9"}, "the call C9 is not in calls.parquet"),
    ],
)
def test_responses(tmp_path: Path, values: Row, words: str) -> None:
    problem = only(problems_of_calls(tmp_path, [a_call(1)], [response(), response(**values)]))
    assert (problem.file, problem.line, problem.what) == ("responses.parquet", 2, words)


def test_calls_without_a_column(tmp_path: Path) -> None:
    schema = CALLS.remove(CALLS.get_field_index("language"))
    problem = only(problems_of_calls(tmp_path, [a_call(1)], [], schema))
    assert (problem.file, problem.what) == ("calls.parquet", "the column language is missing")


def test_responses_without_calls(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path)
    pq.write_table(pa.Table.from_pylist([response()], schema=RESPONSES), folder / "responses.parquet")
    problem = only(checked(folder))
    assert (problem.file, problem.what) == ("calls.parquet", "the file is missing")
