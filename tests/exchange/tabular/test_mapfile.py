"""Maps: every fault with its line and what to do, and what a right one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from blockwise.exchange.tabular import BadMap, read_map
from blockwise.exchange.tabular.words import WordTable
from tests.exchange.tabular.maps import CALLS, a_map, with_columns


def faults(folder: Path, text: str) -> list[str]:
    (folder / "map.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadMap) as refused:
        read_map(folder / "map.yaml")
    return [str(problem) for problem in refused.value.problems]


GOOD = """table: stations
columns:
  code: nr
  name: name
  service: {value: fire}
  lon: x
  lat: y
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("table: stations", "table: houses", "line 1: table is 'houses'. Use one of: calls, units, stations,"),
        ("table: stations", "tabel: stations", "line 1: 'tabel' is no key here. Write table."),
        ("columns:\n", "place: {crs: 'EPSG:999999'}\ncolumns:\n", "line 2: EPSG:999999 is not in the EPSG register"),
        ("columns:\n", "place: {crs: feet}\ncolumns:\n", "line 2: 'feet' is no coordinate system. Write one of wgs84,"),
        ("columns:\n", "place: {box: [3, 2, 1, 4]}\ncolumns:\n", "line 2: the box has no inside"),
        ("columns:\n", "times: {zone: Peking}\ncolumns:\n", "line 2: 'Peking' is no time zone"),
        ("columns:\n", "times: {order: year}\ncolumns:\n", "line 2: order is 'year'. Use one of: day, month."),
        ("columns:\n", "file: {encoding: ansi7}\ncolumns:\n", "line 2: 'ansi7' is no encoding"),
        ("columns:\n", "file: {separator: '\"'}\ncolumns:\n", "line 2: the separator is '\"'"),
        ("columns:\n", "file: {header: 3-2}\ncolumns:\n", "line 2: header is '3-2'"),
        ("  code: nr\n", "", "line 3: code is missing, which stations need. Say what column code is."),
        ("  code: nr\n", "  cod: nr\n  code: nr\n", "line 3: 'cod' is no field of stations. Write code."),
        (
            "nr\n",
            "{column: nr, value: x}\n",
            "line 3: code has 2 sources. Give it one of: column, columns, value, made.",
        ),
        ("nr\n", "{column: nr, widht: 4}\n", "line 3: 'widht' is no key here. Write width."),
        ("nr\n", "{column: nr, width: 99}\n", "line 3: width is '99'. Write how many digits a code has, 1 to 24."),
        ("{value: fire}", "{value: army}", "line 5: service is 'army'. Use one of: police, fire, ems, post."),
        ("{value: fire}", "{column: s, words: kinds}", "line 5: there is no table 'kinds' under words"),
        ("{value: fire}", "{column: s, words: {A: army}}", "line 5: 'A' is given as 'army' for service. Use one of:"),
        ("{value: fire}", "{column: s, words: {'*a*b*c*d': fire}}", "line 5: '*a*b*c*d' has more than 3 stars"),
        ("  lat: y\n", "  lat: *y\n", "line 7: an alias (*name) is used. Write the value out."),
        ("  lat: y\n", "  lat: y\n  lat: y\n", "line 8: lat is given twice. Keep one of them."),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert any(one.startswith(f"map.yaml, {told}") for one in found), found


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadMap, match=r"there is no such map. `--suggest` writes a first one"):
        read_map(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"received_at": {"column": "when", "at": "noon"}}, "at is 'noon'"),
        ({"received_at": {"column": "when", "format": "iso"}}, "format is 'iso'"),
        ({"priority": {"column": "p", "words": {"A": "5"}}}, "'A' is given as '5' for priority"),
        ({"channel": {"column": "c", "other": "pigeon"}}, "channel is 'pigeon'"),
        ({"type": {"columns": []}}, "columns is not a list"),
    ],
)
def test_faults_of_calls(tmp_path: Path, columns: dict[str, object], what: str) -> None:
    with pytest.raises(BadMap) as refused:
        read_map(a_map(tmp_path, with_columns(**columns)))
    assert what in str(refused.value)


def test_what_a_map_says(tmp_path: Path) -> None:
    plan = read_map(
        a_map(tmp_path, {**CALLS, "file": {"separator": "tab", "header": "2-3"}, "skip": {"what": ["test", ""]}})
    )
    assert (plan.layout.separator, plan.layout.header) == ("\t", (2, 3))
    assert plan.columns == ("number", "when", "what", "level", "lon", "lat")
    assert plan.skip["what"].meaning("test") == plan.skip["what"].meaning("") == "skip"
    assert plan.skip["what"].meaning("theft") is None


def test_words_stand_before_patterns_and_patterns_in_their_order() -> None:
    table = WordTable("t", {"*ABC*": "first", "x*": "second", "xabc": "word", "X*Y": "third", "A.C": "plain"})
    assert [table.meaning(word) for word in ("xabc", "XABC", "xxabcx", "xy", "A.C", "ABBC", "nothing")] == [
        *("word", "word", "first", "second", "plain", None, None)
    ]
