"""`blockwise scan`: the oracles through the command line, both kinds of file, and what bad input gets."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.analyst import answer, program, refusal, report
from tests.oracles import oracle

GEO = "a 0 0\nb 0 1\nc 0 2\nd 9 9\n"
CSV_GEO = "place,x,y\na,0,0\nb,0,1\nc,0,2\nd,9,9\n"
DAYS = ("--start", "2026-01-01", "--end", "2026-01-10")
Files = Callable[..., list[object]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes the files given as text and makes the options of them."""

    def write(**texts: str) -> list[object]:
        words: list[object] = []
        for name, text in texts.items():
            path = tmp_path / f"{name}.txt"
            path.write_text(text)
            words += [f"--{name}", path]
        return words

    return write


def fever(*more: object) -> list[object]:
    folder = oracle("satscan_nyc_fever")
    return [
        "scan", "--cases", folder / "NYCfever.cas", "--coordinates", folder / "NYCfever.geo", "--model", "permutation",
        "--time", "prospective", "--start", "2001/11/1", "--end", "2001/11/24", "--max-radius", 3, "--max-days", 7,
        *more,
    ]  # fmt: skip


def leukaemia(*more: object) -> list[object]:
    folder = oracle("satscan_ny_leukaemia")
    return [
        "scan", "--cases", folder / "satscan_ny_cases.txt", "--coordinates", folder / "satscan_ny_coords.txt",
        "--population", folder / "satscan_ny_pop.txt", "--model", "poisson", "--time", "none", "--cartesian",
        "--max-share", 0.1, "--max-share-of", "population", "--start", 2000, "--end", "2000/12/31", *more,
    ]  # fmt: skip


def test_fever_in_new_york() -> None:
    found = answer(*fever("--replicates", 9999, "--seed", 1))
    first, second, third, fourth = found["clusters"][:4]
    assert set(first["places"]) == set("11418 11415 11419 11435 11416 11421 11451 11375 11417".split())  # noqa: SIM905 (as printed)
    assert (first["start"], first["end"], first["observed"]) == ("2001-11-22", "2001-11-24", 4)
    assert (round(first["expected"], 2), round(first["llr"], 6)) == (0.67, 3.845418)
    assert first["p"] == pytest.approx(0.2112, abs=0.02)
    assert first["recurrence_days"] == pytest.approx(1 / first["p"])
    assert [round(one["llr"], 6) for one in (second, third, fourth)] == [3.164201, 2.137259, 1.427139]
    assert (found["cases"], found["places"], found["replicates"], found["caveats"]) == (194, 192, 9999, [])


def test_leukaemia_in_new_york() -> None:
    found = answer(*leukaemia())
    known = [11.577255, 9.019716, 6.114140, 4.651839, 4.169203, 3.363518, 3.209485]
    assert [round(one["llr"], 6) for one in found["clusters"][:7]] == known
    assert len(found["clusters"][0]["places"]) == 26
    assert found["clusters"][0]["recurrence_days"] is None
    assert (found["clusters"][0]["start"], found["clusters"][0]["end"]) == ("2000-01-01", "2000-12-31")
    shown = report(*leukaemia("--replicates", 99))
    assert "552 cases, 281 places, poisson, none" in shown
    assert "with p 1 (--json gives all)" in shown
    assert "once in" in report(*fever("--replicates", 9))
    assert "Kulldorff 1997" in shown


def test_csv_says_the_same_as_satscans_files(tmp_path: Path) -> None:
    folder = oracle("satscan_nyc_fever")
    cas = [line.split() for line in (folder / "NYCfever.cas").read_text().splitlines() if line.split()]
    geo = [line.split() for line in (folder / "NYCfever.geo").read_text().splitlines() if line.split()]
    (tmp_path / "cases.csv").write_text("date,count,place\n" + "".join(f"{c},{b},{a}\n" for a, b, c in cas))
    (tmp_path / "geo.csv").write_text("place,lon,lat\n" + "".join(f"{a},{c},{b}\n" for a, b, c in geo))
    words = fever("--replicates", 99)
    words[2], words[4] = tmp_path / "cases.csv", tmp_path / "geo.csv"
    assert answer(*words) == answer(*fever("--replicates", 99))


def test_covariates_of_cases_are_adjusted_for(files: Files) -> None:
    """Each stratum has its own margins."""
    cases = (
        "".join(f"a 1 2026-01-0{day} young\nb 1 2026-01-0{day} old\n" for day in range(1, 9)) + "b 2 2026-01-10 old\n"
    )
    words = ["scan", *files(cases=cases, coordinates=GEO), *DAYS, "--cartesian", "--replicates", 9]
    assert answer(*words)["clusters"] == []  # old are at b only, young at a only: nothing to compare
    assert answer(*words)["caveats"][0] == "Adjusted for covariate 1."
    without = "".join(line.rsplit(" ", 1)[0] + "\n" for line in cases.splitlines())
    words = ["scan", *files(cases=without, coordinates=GEO), *DAYS, "--cartesian", "--replicates", 9]
    found = answer(*words, "--max-share", 0.6)
    (first,) = [one for one in found["clusters"] if "b" in one["places"]]
    assert (first["observed"], first["expected"]) == (2, pytest.approx(10 * 2 / 18))


def test_people_of_several_years_and_strata(files: Files) -> None:
    """Two-digit years, 1 July and straight lines between, one risk for each stratum: against sums by hand."""
    cases = "a 3 1975 m\na 1 1973 f\nb 2 1974 m\nb 2 1976 f\nc 1 1976 m\n"
    population = "a 73 100 m\na 76 160 m\na 73 50 f\na 76 50 f\nb 73 200 m\nb 76 200 m\nb 73 80 f\nb 76 20 f\n"
    population += "c 73 70 m\nc 76 70 m\nd 73 10 f\nd 76 10 f\n"
    words = ["scan", *files(cases=cases, coordinates=GEO, population=population), "--model", "poisson"]
    words += ["--time", "retrospective", "--unit", "year", "--start", "1973/1/1", "--end", "1976/12/31"]
    found = answer(*words, "--cartesian", "--max-radius", 0, "--max-time-share", 0.25, "--min-cases", 3)
    (only,) = found["clusters"]
    assert (only["places"], only["start"], only["end"], only["observed"]) == (["a"], "1975-01-01", "1975-12-31", 3)

    def people(at_73: float, at_76: float, first: int, last: int) -> float:
        """Person-days from 1 January of one year to 31 December of another; day 0 is 1 January 1973."""
        begins = [0, 365, 730, 1095, 1461]
        total = 0.0
        for day in range(begins[first - 1973], begins[last - 1972]):
            share = (day + 0.5 - 181) / (1095 + 182 - 181)  # 1 July 1973 is day 181, 1 July 1976 day 1277
            total += at_73 + (at_76 - at_73) * min(max(share, 0.0), 1.0)
        return total

    rows: list[tuple[str, str, float, float]] = [
        ("a", "m", 100, 160), ("a", "f", 50, 50), ("b", "m", 200, 200), ("b", "f", 80, 20), ("c", "m", 70, 70),
        ("d", "f", 10, 10),
    ]  # fmt: skip
    expected = 0.0
    for stratum, count in (("m", 6), ("f", 3)):
        everyone = sum(people(low, high, 1973, 1976) for _, s, low, high in rows if s == stratum)
        here = sum(people(low, high, 1975, 1975) for z, s, low, high in rows if s == stratum and z == "a")
        expected += count * here / everyone
    assert only["expected"] == pytest.approx(expected, rel=1e-5)
    count, total = 3, 9
    ratio = count * math.log(count / expected) + (total - count) * math.log((total - count) / (total - expected))
    assert only["llr"] == pytest.approx(ratio, rel=1e-5)
    assert "Adjusted for covariate 1." in found["caveats"]
    assert answer(*words, "--cartesian", "--time", "prospective")["clusters"][0]["recurrence_days"] >= 365.25


def test_what_was_assumed_is_said(files: Files) -> None:
    cases = "a 4 2026-01-01 x\nb 1 2026-01-02 y\nd 1 2026-01-09 y\n"
    written = files(cases=cases, coordinates=GEO)
    found = answer("scan", *written, *DAYS, "--model", "poisson", "--cartesian", "--time", "none", "--max-share", 0.9)
    assert "every place is expected to have as many" in found["caveats"][0]
    assert found["clusters"][0]["expected"] == pytest.approx(6 / 4)
    gaps = "a 2026 10 x\nb 2025 10 y\nb 2026 10 y\nd 2026 5 y\nd 2025 5 y\n"
    written = files(cases=cases, coordinates=GEO, population=gaps)
    found = answer("scan", *written, *DAYS, "--model", "poisson", "--cartesian")
    assert "lacks a date" in found["caveats"][0]
    found = answer("scan", *written, *DAYS, "--cartesian")
    assert "needs no population" in found["caveats"][0]


def test_options_that_change_nothing_are_named(files: Files) -> None:
    words = ["scan", *files(cases="a 4 2026-01-01\nb 1 2026-01-02\n", coordinates=GEO), *DAYS, "--cartesian"]
    found = answer(*words, "--model", "poisson", "--time", "none", "--max-days", 3)
    assert "--max-days changes nothing with --time none." in found["caveats"]
    found = answer(*words, "--max-days", 3, "--max-time-share", 0.2)
    assert found["caveats"][0] == "--max-time-share changes nothing with --max-days."
    assert not any("changes nothing" in caveat for caveat in answer(*words, "--max-time-share", 0.2)["caveats"])


def test_of_two_pairs_of_coordinates_cartesian_says_which(files: Files) -> None:
    places = "place,lat,lon,x,y\na,40,100,0,0\nb,40.001,100,900,0\nc,41,100,1,0\n"
    cases = "place,date,count\na,2026-01-09,5\nb,2026-01-09,5\nc,2026-01-01,5\n"
    words = ["scan", *files(cases=cases, coordinates=places), *DAYS, "--max-radius", 5, "--max-share", 0.9]
    assert answer(*words)["clusters"][0]["places"] == ["a", "b"]
    assert ["a", "b"] not in [one["places"] for one in answer(*words, "--cartesian")["clusters"]]


def test_degrees_taken_for_a_plane_are_told(files: Files) -> None:
    cases = "place,date,count\na,2026-01-09,5\nb,2026-01-09,5\nc,2026-01-01,5\n"
    degrees = files(cases=cases, coordinates="place,lat,lon\na,40,100\nb,40.001,100\nc,41,100\n")
    told = "Degrees were taken for coordinates on a plane"
    found = answer("scan", *degrees, *DAYS, "--cartesian", "--max-radius", 0.5, "--max-share", 0.9)
    assert found["caveats"][0].startswith(told)
    assert found["clusters"][0]["radius"] == pytest.approx(0.001)
    assert not any(told in one for one in answer("scan", *degrees, *DAYS)["caveats"])
    plane = files(cases=cases, coordinates="place,x,y\na,40,100\nb,40.001,100\nc,41,100\n")
    assert not any(told in one for one in answer("scan", *plane, *DAYS, "--cartesian")["caveats"])


def test_rows_of_the_population_that_are_added_up_are_told(files: Files) -> None:
    """A number given in parts counts as their sum; a year stands for its 1 July."""
    cases = "place,date,count\na,2026-01-09,5\nb,2026-01-08,5\nc,2026-01-01,5\n"
    header = "place,date,population\n"
    whole = files(cases=cases, coordinates=CSV_GEO, population=header + "a,2026,30\nb,2026,20\nc,2026,9\n")
    words = (*DAYS, "--model", "poisson", "--replicates", 9)
    once = answer("scan", *whole, *words)
    assert not any("added up" in caveat for caveat in once["caveats"])
    parts = header + "a,2026,10\na,2026,10\nb,2026,20\na,2026-07-01,10\nc,2026,9\n"
    twice = answer("scan", *files(cases=cases, coordinates=CSV_GEO, population=parts), *words)
    assert twice["caveats"][0].startswith("2 rows of the population repeat the place, date and covariates")
    assert [one["llr"] for one in twice["clusters"]] == pytest.approx([one["llr"] for one in once["clusters"]])


def test_a_nameless_column_of_cases_is_no_covariate(files: Files) -> None:
    words = files(cases="place,date,count,\na,2026-01-09,5,\n", coordinates=CSV_GEO)
    told = refusal("scan", *words, *DAYS)
    assert (told["error"], told["line"]) == ("Column 4 of the header has no name.", 1)


def test_csv_with_covariates_by_name_and_rows_of_one_case(files: Files) -> None:
    """The columns stand in another order in each file; a list of single cases needs no count."""
    cases = "\nplace,sex,age,date\n" + "a,f,old,2026-01-09\n" * 3 + "b,m,young,2026-01-02\nc,f,young,2026-01-03\n"
    people = "age,place,sex,population,date\n" + "".join(
        f"{age},{place},{sex},{size},2026\n"
        for place, size in (("a", 10), ("b", 20), ("c", 20)) for age in ("old", "young") for sex in "fm"
    )  # fmt: skip
    words = ["scan", *files(cases=cases, coordinates=CSV_GEO, population=people), *DAYS, "--model", "poisson"]
    (found,) = answer(*words, "--time", "none", "--replicates", 9)["clusters"]
    assert (found["places"], found["expected"]) == (["a"], pytest.approx(3 * 10 / 50 + 2 * 10 / 50))


def test_without_times_the_third_column_may_be_a_covariate(files: Files) -> None:
    people = "a 2026 10 old\nb 2026 20 old\nc 2026 20 old\nd 2026 5 old\n"
    words = ["--coordinates", *files(coordinates=GEO)[1:], *files(population=people), *DAYS, "--model", "poisson"]
    for cases in ("a 3 old\nb 1 old\n", "a 3 2026 old\nb 1 2026 old\n", "a 3 2026-01-02 old\nb 1 2026-01-09 old\n"):
        found = answer("scan", *files(cases=cases), *words, "--time", "none", "--cartesian", "--replicates", 9)
        assert found["clusters"][0]["expected"] == pytest.approx(4 * 10 / 55)
    blanks = files(cases='"a" 3 2026/1/2 old\n"b" 1 2026/1/3 old\n')
    assert answer("scan", *blanks, *words, "--time", "none", "--cartesian")["clusters"][0]["expected"] == pytest.approx(
        4 * 10 / 55
    )
    bare = files(cases="a 3\nb 1\n", population=people.replace(" old", ""))
    found = answer("scan", *bare, *words[:2], *DAYS, "--model", "poisson", "--time", "none", "--cartesian")
    assert found["clusters"][0]["observed"] == 3
    blank = files(cases="\n\n")
    assert "no rows" in refusal("scan", *blank, *words, "--time", "none")["error"]


@pytest.mark.parametrize(
    ("cases", "coordinates", "caveat"),
    [
        ("a 0 2026-01-01\n", GEO, "There are no cases."),
        ("a 5 2026-01-01\na 4 2026-01-03\n", GEO, "All cases are in one place"),
        ("a 5 2026-01-01\n", "a 1 2\n", "There is one place only"),
        ("a 1 2026-01-01\nb 1 2026-01-10\n", GEO, "No window with 2 cases"),
    ],
)
def test_nothing_found_is_explained(files: Files, cases: str, coordinates: str, caveat: str) -> None:
    words = ["scan", *files(cases=cases, coordinates=coordinates), *DAYS, "--cartesian", "--replicates", 9]
    found = answer(*words)
    assert (found["clusters"], [one[: len(caveat)] for one in found["caveats"]]) == ([], [caveat])
    assert caveat in report(*words)


@pytest.mark.parametrize(
    ("texts", "more", "file", "line", "what"),
    [
        ({"cases": "a 1\n"}, (), "cases", 1, "has no date"),
        ({"cases": "a 1 2026-01-01\nb 1\n"}, (), "cases", 2, "2 cells"),
        ({"cases": "a 1 2026-01-01\nz 1 2026-01-01\n"}, (), "cases", 2, "“z” has no coordinates"),
        ({"cases": "a -1 2026-01-01\n"}, (), "cases", 1, "less than 0"),
        ({"cases": "a nan 2026-01-01\n"}, (), "cases", 1, "not a finite number"),
        ({"cases": "a 1.5 2026-01-01\n"}, (), "cases", 1, "not a whole number"),
        ({"cases": "a 1 2026-01-01\na 1 2026-02-01\n"}, (), "cases", 2, "outside the period"),
        ({"cases": "a 1 2026-01\n"}, (), "cases", 1, "not exact enough"),
        ({"cases": "place,count\na,1\n"}, (), "cases", 1, "no column date"),
        ({"cases": "a 900000000 2026-01-01\n"}, (), "cases", None, "more than 100,000,000"),
        ({"coordinates": "a 0 0\nb nan 1\n"}, (), "coordinates", 2, "not a finite number"),
        ({"coordinates": "a 0 0\na 0 1\n"}, (), "coordinates", 2, "other coordinates"),
        ({"coordinates": "a 91 0\n"}, (), "coordinates", 1, "more than 90"),
        ({"coordinates": "place,x\na,1\n"}, (), "coordinates", 1, "no column lat"),
        ({"population": "z 2026 5\n"}, (), "population", 1, "“z” has no coordinates"),
        ({"population": "a 2026 -5\n"}, (), "population", 1, "less than 0"),
        ({"population": "a 2026 0\nb 2026 0\n"}, (), "population", None, "zero everywhere"),
        ({"population": "b 2026 7\n"}, (), "cases", 1, "no people"),
        ({"population": "a 2026 7 old\n"}, (), "population", 1, "covariates are covariate 1;"),
        ({"population": "a 2026 7 old\n", "cases": "a 1 2026-01-01 young\n"}, (), "cases", 1, "Nobody is “young”"),
        (
            {"population": "a 2026 9 old\nb 2026 0 young\n", "cases": "a 1 2026-01-01 young\n"},
            (),
            "cases",
            1,
            "covariates",
        ),
        ({}, ("--max-days", "99999999999999999999"), None, None, "--max-days"),
        ({}, ("--min-cases", "99999999999999999999"), None, None, "--min-cases"),
        ({}, ("--end", "9999-12-31"), None, None, "last day of the calendar"),
        ({}, ("--end", "2025-12-31"), None, None, "is before --start"),
        ({}, ("--start", "soon"), None, None, "--start: “soon” is not a date"),
        ({}, ("--time", "none", "--model", "permutation"), None, None, "compares times"),
        ({}, ("--max-time-share", "0.01"), None, None, "less than one of them"),
        ({}, ("--max-time-share", "0"), None, None, "'--max-time-share'"),
        ({}, ("--max-share", "0"), None, None, "'--max-share'"),
        ({}, ("--max-share", "nan"), None, None, "'--max-share'"),
        (
            {},
            ("--unit", "month", "--end", "2026-03-31", "--max-days", "28"),
            None,
            None,
            "--max-days: The last month of the period is longer",
        ),
        ({}, ("--max-days", "0"), None, None, "--max-days"),
        ({}, ("--max-radius", "-1"), None, None, "--max-radius"),
        ({}, ("--unit", "week"), None, None, "week"),
    ],
)
def test_what_bad_input_gets(
    files: Files, texts: dict[str, str], more: tuple[str, ...], file: str | None, line: int | None, what: str
) -> None:
    words = files(**{"cases": "a 1 2026-01-01\n", "coordinates": GEO, "population": "a 2026 9\n", **texts})
    told = refusal(
        "scan",
        *words,
        *DAYS,
        "--model",
        "poisson",
        *more,
    )
    assert what in told["error"]
    assert (told["file"] is None) == (file is None)
    if file:
        assert (Path(str(told["file"])).stem, told["line"]) == (file, line)
        assert told["fix"]


def test_as_a_program_of_its_own_without_django(files: Files) -> None:
    cases = "a 1 2026-01-01\nb 1 2026-01-02\nc 3 2026-01-10\nd 3 2026-01-05\n"
    done = program("scan", *files(cases=cases, coordinates=CSV_GEO), *DAYS, "--replicates", 19, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["clusters"][0]["places"] == ["c"]
    done = program("scan", *files(cases="a 1 1\n", coordinates=GEO), *DAYS)
    assert (done.returncode, done.stdout) == (2, "")
    assert set(json.loads(done.stderr)) == {"error", "file", "line", "fix"}
