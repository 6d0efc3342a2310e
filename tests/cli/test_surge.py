"""`blockwise surge`: R surveillance's numbers through the command line, and what bad input gets."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.analysis.surge.oracles import AGONA, NEWPORT, expected, series
from tests.cli.analyst import answer, program, refusal, report

IN_2011 = ("--from", "2011-01-03", "--to", "2011-12-26")
YEARS = ("--years", 4, "--half-window", 3, "--alpha", 0.05)


@pytest.fixture
def newport(tmp_path: Path) -> Path:
    return written(tmp_path, *series(NEWPORT))


def written(folder: Path, days: list[date], counts: list[int]) -> Path:
    path = folder / "series.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("date", "count"))
        writer.writerows((day.isoformat(), count) for day, count in zip(days, counts, strict=True))
    return path


@pytest.mark.parametrize(
    ("config", "words", "alarms"),
    [
        ("con.farrington", ("--method", "farrington", "--threshold", "delta", *YEARS), 14),
        ("con.noufaily", ("--method", "noufaily", "--threshold", "nbplugin", *YEARS), 8),
        ("con.noufaily", ("--method", "noufaily", *YEARS), 8),
        ("con.muan", ("--method", "noufaily", "--threshold", "muan", *YEARS), 8),
        ("con.delta", ("--method", "noufaily", "--threshold", "delta", *YEARS), 9),
        ("earsC1_a05", ("--method", "ears-c1", "--alpha", 0.05, "--baseline", 7), 6),
        ("earsC2_a001", ("--method", "ears-c2", "--alpha", 0.001), 5),
        ("earsC3_a025", ("--method", "ears-c3", "--alpha", 0.025), 6),
    ],
)
def test_newport(newport: Path, config: str, words: tuple[object, ...], alarms: int) -> None:
    points = answer("surge", "--series", newport, *IN_2011, *words)["points"]
    wanted = expected(config)
    assert [point["date"] for point in points] == [row.day.isoformat() for row in wanted]
    assert [point["observed"] for point in points] == [row.observed for row in wanted]
    assert [point["bound"] for point in points] == [
        row.bound if row.bound is None else pytest.approx(row.bound, abs=1e-8) for row in wanted
    ]
    assert [point["alarm"] for point in points] == [row.alarm for row in wanted]
    assert sum(point["alarm"] for point in points) == alarms


def test_any_even_step_will_do_for_ears(tmp_path: Path) -> None:
    rows = "".join(f"{date(2020, 1, 1) + timedelta(days=14 * number)},{number % 3}\n" for number in range(20))
    (tmp_path / "fortnights.csv").write_text(f"date,count\n{rows}")
    found = answer("surge", "--series", tmp_path / "fortnights.csv", "--method", "ears-c1")
    assert len(found["points"]) == 13
    assert found["caveats"] == []
    told = report("surge", "--series", tmp_path / "fortnights.csv", "--method", "ears-c1", "--half-window", 3)
    assert "Note: --half-window changes nothing with ears-c1." in told


def test_agona(tmp_path: Path) -> None:
    """Its weeks carry no dates; begun in 1990, every reference week is 52 weeks a year back, as in the program."""
    _days, counts = series(AGONA)
    days = [date(1990, 1, 1) + timedelta(weeks=week) for week in range(len(counts))]
    words = ("--method", "farrington", "--years", 3, "--half-window", 3, "--alpha", 0.1)
    found = answer("surge", "--series", written(tmp_path, days, counts), "--from", days[281], *words)
    wanted = expected("agona")
    assert [point["bound"] for point in found["points"]] == pytest.approx([row.bound for row in wanted], abs=1e-8)
    assert [point["alarm"] for point in found["points"]] == [row.alarm for row in wanted]
    assert [round(point["bound"], 5) for point in found["points"][:4]] == [4.73350, 4.85139, 5.33112, 5.51112]
    assert found["source"] == "Farrington et al. 1996"


def test_for_people(newport: Path) -> None:
    shown = report("surge", "--series", newport, "--method", "farrington", *IN_2011)
    assert "52 counts by farrington" in shown
    assert "Source: Farrington et al. 1996." in shown
    whole = answer("surge", "--series", newport, "--method", "farrington", "--years", 4)
    assert whole["points"][0]["date"] == "2008-01-28"  # three weeks of history stand before the same day of 2004


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("date,count\n2026-01-05,1\n2026-01-12\n", 3, "1 cell"),
        ("date,count\n2026-01-05,-1\n", 2, "-1"),
        ("date,count\n2026-01-05,nan\n", 2, "nan"),
        ("date,count\n2026-01-05,1.5\n", 2, "1.5"),
        ("date,count\n2026-01-05,1\n2026-01-05,1\n", 3, "2026-01-05 is there twice"),
        ("date,count\n2026-01-05,1\n2026-01-19,1\n", 3, "after 14 days instead of 7"),
        ("date,count\n2026-01-19,1\n2026-01-05,1\n2026-01-11,1\n", 4, "after 6 days instead of 7"),
        ("date,count\n2026-01,1\n", 2, "names no day"),
        ("day,count\n2026-01-05,1\n", 1, "no column date"),
        ("date,count\n", None, "no rows"),
        ("date,count\n2026-01-05,1\n2026-01-12,1\n", None, "No week has 5 years"),
        ("date,count\n2026-01-05,1\n", None, "weeks one after the other"),
    ],
)
def test_bad_input_is_told_with_its_line(tmp_path: Path, text: str, line: int | None, what: str) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text)
    told = refusal("surge", "--series", path, "--method", "farrington")
    assert told["line"] == line
    assert what in told["error"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--from", "2004-02-02"), "the earliest day is 2009-01-26"),
        (("--from", "2030-01-01"), "No row lies in that period"),
        (("--from", "2011-05-02", "--to", "2011-04-04"), "--from: 2011-05-02 is after --to 2011-04-04"),
        (("--from", "2011-04-05", "--to", "2011-04-06"), "--from and --to: No row lies in that period"),
        (("--to", "2001-01-01"), "--to: No row lies in that period"),
        (("--from", "2011"), "names no day"),
        (("--from", "yesterday"), "is not a date"),
        (("--alpha", "1.5"), "'--alpha': 1.5 is not from 1e-12 to below 1"),
        (("--alpha", "9e-13", "--method", "ears-c2"), "'--alpha': 9e-13 is not from 1e-12"),
        (("--alpha", "nan"), "'--alpha': nan is not from 1e-12"),
        (("--method", "cusum"), "cusum"),
        (("--method", "ears-c1", "--to", "2004-01-12"), "too short"),
        (("--method", "ears-c1", "--baseline", "2"), "greater than or equal to 3"),
        (("--method", "noufaily", "--half-window", "24"), "cannot be split"),
    ],
)
def test_options_that_cannot_be_are_refused(newport: Path, words: tuple[str, ...], what: str) -> None:
    assert what in refusal("surge", "--series", newport, *words)["error"]


def test_as_a_program_of_its_own(newport: Path) -> None:
    done = program("surge", "--series", newport, "--method", "ears-c1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["points"][0]["date"] == "2004-02-23"
