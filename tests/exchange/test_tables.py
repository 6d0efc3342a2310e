"""Tables out of files: what is read, and what is refused with its line."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.exchange import blocks, dates, tables
from blockwise.exchange.tables import COUNT, DATE, TEXT, Cell, Table, read_csv, read_spaced
from blockwise.problems import Invalid

CSV = {"place": TEXT, "count": COUNT}
CAS = [("place", TEXT), ("count", COUNT)]
WHEN = [("date", DATE)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def read(file: Path, text: str | bytes, years: tuple[int, int] | None = None) -> Table:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_csv(file, CSV, {"date": DATE, "x": Cell("number", -90, 90)}, years=years)


def lines(file: Path, text: str, others: Cell | None = None) -> Table:
    file.write_text(text)
    return read_spaced(file, CAS, WHEN, others=others)


def rows(table: Table) -> list[tuple[str, int]]:
    places = table.texts("place")
    return [
        (places.names[code], count) for code, count in zip(places.codes, table.counts("count").tolist(), strict=True)
    ]


def test_columns_stand_in_any_order_and_others_are_named(file: Path) -> None:
    table = read(file, 'Count,remark, PLACE ,date\n2,"a, ""b""", p ,2026-03-31\n0,,q,2026-04-01\n3.0,,p,2026-04-01\n')
    assert rows(table) == [("p", 2), ("q", 0), ("p", 3)]
    assert table.dates("date").days.tolist() == [20543, 20544, 20544]
    assert (table.unused, table.size, "date" in table, "x" in table) == (("remark",), 3, True, False)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n \n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_with_or_without_byte_order_mark(file: Path, before: bytes, end: bytes) -> None:
    text = before + "place,count\n网格,1\n\n  \nb,2\n".encode()
    table = read(file, text.replace(b"\n", end))
    assert rows(table) == [("网格", 1), ("b", 2)]
    above = before.count(b"\n")
    assert [table.line(0), table.line(1)] == [above + 2, above + 5]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", None, "no rows"),
        ("place,count\n", None, "no rows"),
        ("place,number\na,1\n", 1, "no column count"),
        ("place,count,place\na,1,b\n", 1, "names place twice"),
        ("place,count\na,1\n\nb\n", 4, "has 1 cell and should have 2"),
        ("place,count\na,1,2\n", 2, "has 3 cells and should have 2"),
        ("place,count\na,1\nb,-1\n", 3, "-1 is less than 0"),
        ("place,count\na,1.5\n", 2, "1.5 is not a whole number"),
        ("place,count\na,1e10\n", 2, "more than"),
        ("place,count\na,\n", 2, "count: the cell is empty"),
        ("place,count\n ,1\n", 2, "place: the cell is empty"),
        ("place,count\na,one\n", 2, "“one” is not a number"),
        ("place,count\na,NaN\n", 2, "NaN is not a finite number"),
        ("place,count\na,1e999\n", 2, "1e999 is not a finite number"),
        ("place,count\na,1_0\n", 2, "“1_0” is not a number"),
        ("place,count,x\na,1,90\nb,1,90.1\n", 3, "90.1 is more than 90"),
        ("place,count,date\na,1,2026-02-28\na,1,2026-02-29\n", 3, "not a day of the calendar"),
        ("place,count,date\na,1,yesterday\n", 2, "“yesterday” is not a date"),
        ("place,count,date\na,1,2026-01-01T10:00\n", 2, "is not a date"),
        ("place,count,date\na,1,\n", 2, "date: the cell is empty"),
        ("place,count,date\na,1,99\n", 2, "two digits only"),
        ('place,count\na,1\n"b,1\nc,1\n', 3, "quotation mark"),
        ('place,count\na "x,1\nb,1\nc\n', 4, "has 1 cell"),
        ('place,count\n"a\nb",1\nc\n', 2, "quotation mark"),
        ('place,count\n"a\nb",1\n', 2, "quotation mark"),
        (b"place,count\na,1\n\xff,1\n", 3, "not UTF-8"),
        ("place,count\na,1\n".encode("utf-16"), 1, "not UTF-8"),
        (b"place,count\na\0,1\n", 2, "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    file: Path, text: str | bytes, line: int | None, what: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(file, text)
    assert refused.value.more == {"file": str(file), "line": line}
    assert what in str(refused.value.what)
    assert refused.value.fix


def test_a_column_without_a_name_is_refused_where_it_counts(file: Path) -> None:
    """Passed over, it does no harm: a table of rows with their numbers has one."""
    assert rows(read(file, ",place,count,\n1,a,2,\n2,b,3,\n")) == [("a", 2), ("b", 3)]
    with pytest.raises(Invalid, match="has 2 cells and should have 3") as short:
        read(file, "place,count,\na,1\n")
    assert short.value.fix == "A line gives place, count, column 3 (without a name)."
    file.write_text("\nplace,count,,\na,1,x,\n")
    with pytest.raises(Invalid, match="Column 3 of the header has no name") as nameless:
        read_csv(file, CSV, others=TEXT)
    assert (nameless.value.more["line"], "comma" in nameless.value.fix) == (2, True)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="No such file"):
        read_csv(tmp_path / "none.csv", CSV)
    with pytest.raises(Invalid, match="directory"):
        read_csv(tmp_path, CSV)
    monkeypatch.setattr(blocks, "LARGEST_FILE", 10)
    with pytest.raises(Invalid, match="larger"):
        read(tmp_path / "large.csv", "place,count\na,1\n")


def test_a_file_of_too_many_rows_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1)
    assert read(file, "place,count\na,1\n").size == 1
    with pytest.raises(Invalid, match="more than 1 rows"):
        read(file, "place,count\na,1\nb,1\n")


def test_numbers_are_read_as_people_write_them(file: Path) -> None:
    written = ["+1.5", "-.5", "2.", "1e1", " 3 ", "+0"]
    table = read(file, "place,count,x\n" + "".join(f"a,1,{one}\n" for one in written))
    assert table.numbers("x").tolist() == [1.5, -0.5, 2, 10, 3, 0]


def test_a_line_that_never_ends_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 20)
    monkeypatch.setattr(blocks, "LONGEST_LINE", 10)
    with pytest.raises(Invalid, match="longer") as refused:
        read(file, "place,count\na,1\n" + "b" * 60)
    assert refused.value.more["line"] == 3


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b c", "d,e"]), st.integers(0, 9), st.integers(0, 2)), min_size=1),
    st.integers(5, 60),
)
def test_blocks_of_any_length_give_the_same_table(rows_: list[tuple[str, int, int]], block: int) -> None:
    """Against the lines one by one; blank lines between the rows, the last one without a line end."""
    text, at, number = "place,count", [], 1
    for place, count, blank in rows_:
        text += "\n" * (blank + 1) + f'"{place}",{count}'
        number += blank + 1
        at.append(number)
    with pytest.MonkeyPatch.context() as patched, TemporaryDirectory() as folder:
        patched.setattr(blocks, "BLOCK", block)
        table = read(Path(folder) / "t.csv", text)
    assert rows(table) == [(place, count) for place, count, _ in rows_]
    assert [table.line(row) for row in range(table.size)] == at


def test_satscan_lines(file: Path) -> None:
    table = lines(file, ' 11229\t1  2001/11/22 m\n\n"two words" 3 2001/11 f \n11229 0 2001 m\n', others=TEXT)
    assert rows(table) == [("11229", 1), ("two words", 3), ("11229", 0)]
    assert table.dates("date").precision.tolist() == [dates.DAY, dates.MONTH, dates.YEAR]
    assert table.texts("1").names == ("m", "f")
    assert [table.line(row) for row in range(3)] == [1, 3, 4]
    assert "date" not in lines(file, "a 1\nb 2\n")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a\n", 1, "has 1 cell and should have 2"),
        ("a 1 2001 x\n", 1, "has 4 cells and should have 3"),
        ("a 1 2001\nb 1\n", 2, "has 2 cells and should have 3"),
    ],
)
def test_satscan_lines_too_short_or_too_long(file: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(Invalid, match=what) as refused:
        lines(file, text)
    assert refused.value.more["line"] == line


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1973", date(1973, 1, 1)),
        ("1973/2", date(1973, 2, 1)),
        ("1973/2/3", date(1973, 2, 3)),
        ("2/1973", date(1973, 2, 1)),
        ("2.3.1973", date(1973, 2, 3)),
        ("1973*2*3", date(1973, 2, 3)),
    ],
)
def test_dates_as_satscan_writes_them(text: str, day: date) -> None:
    assert dates.parse(text)[0] == day


@pytest.mark.parametrize(
    ("text", "years", "year"),
    [
        ("73", (1973, 1991), 1973),
        ("70/5", (1973, 1991), 1970),
        ("99", (1999, 2003), 1999),
        ("2/1/1", (1999, 2003), 2002),
    ],
)
def test_two_digit_years_lie_in_the_century_of_the_study(text: str, years: tuple[int, int], year: int) -> None:
    assert dates.parse(text, years)[0].year == year


@pytest.mark.parametrize(("text", "years"), [("50", (1999, 2003)), ("50", (1900, 2050)), ("50", None), ("345", (1, 9))])
def test_a_year_whose_century_is_open_is_refused(text: str, years: tuple[int, int] | None) -> None:
    with pytest.raises(ValueError, match="year"):
        dates.parse(text, years)


def test_a_population_of_a_year_is_that_of_its_middle(file: Path) -> None:
    table = read(file, "place,count,date\na,1,2000\na,1,2001\na,1,2001/2\na,1,2001/2/3\n")
    middle = table.dates("date").middle().astype("datetime64[D]").astype(str)
    assert middle.tolist() == ["2000-07-01", "2001-07-01", "2001-02-15", "2001-02-03"]
    assert np.array_equal(table.dates("date").precision, [1, 1, 2, 3])


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Invalid, match="no file on disk"):
        read_csv(tmp_path / "pipe", {"x": COUNT})


def test_a_year_of_four_digits_is_not_one_of_two() -> None:
    for text in ("0026-01-01", "01/01/0026", "0026"):
        with pytest.raises(ValueError, match="too early"):
            dates.parse(text, (2000, 2030))
