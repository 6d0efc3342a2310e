"""`blockwise repeats`: the oracle through the command line, and what bad input gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.test_repeats import CHICAGO, printed
from tests.cli.analyst import answer, program, refusal, report
from tests.oracles import oracle

BANDS = ("--distances", "0,1,100,200,300", "--days", "0,7,14,21")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "incidents.csv"


def test_chicago(file: Path) -> None:
    file.write_text("x,y,date\n" + oracle(CHICAGO).read_text())
    found = answer("repeats", "--incidents", file, *BANDS, "--metric", "manhattan", "--replicates", 99, "--seed", 1)
    cells = found["cells"]
    assert [cell["observed"] for cell in cells] == printed("Observed frequencies distribution").ravel().tolist()
    assert (cells[0]["distance"], cells[0]["days"]) == ([0, 1], [0, 7])
    assert (cells[-1]["distance"], cells[-1]["days"]) == ([300, None], [21, None])
    assert cells[0]["ratio"] == pytest.approx(cells[0]["observed"] / cells[0]["expected"])
    assert (cells[0]["p"], found["n"], found["caveats"]) == (0.01, 970, [])
    again = answer("repeats", "--incidents", file, *BANDS, "--metric", "manhattan", "--replicates", 99, "--seed", 1)
    assert again == found
    shown = report("repeats", "--incidents", file, *BANDS, "--replicates", 9)
    assert "[100, 200)" in shown
    assert "from 300" in shown
    assert "970 incidents" in shown


def test_what_shuffling_cannot_tell_is_said(file: Path) -> None:
    file.write_text("x,y,date\n0,0,2026-01-01\n5,5,2026-01-01\n0,0,2026/1/1\n")
    found = answer("repeats", "--incidents", file, *BANDS, "--metric", "euclidean", "--replicates", 9)
    assert "one day or one place" in found["caveats"][0]
    assert {cell["p"] for cell in found["cells"]} == {1}
    assert found["cells"][1]["ratio"] is None
    assert "Note: All incidents share" in report("repeats", "--incidents", file, *BANDS, "--replicates", 9)


def test_pairs_in_no_band_are_told(file: Path) -> None:
    """On a line at 0, 50, 150 and 400 m, on days 0, 3, 10 and 30."""
    file.write_text("x,y,date\n0,0,2026-01-01\n50,0,2026-01-04\n150,0,2026-01-11\n400,0,2026-01-31\n")
    words = ("repeats", "--incidents", file, "--replicates", 9)
    found = answer(*words, "--distances", "120,300", "--days", "4,14")
    assert sum(cell["observed"] for cell in found["cells"]) == 4
    assert found["caveats"] == [
        "Of 6 pairs, 2 lie below the first edges and are in no band (2 less than 120 m and 1 less than 4 days "
        "apart). Begin with 0 to count them. 3 pairs lie past the last edges: the open bands have them."
    ]
    assert "Note: Of 6 pairs, 2 lie below" in report(*words, "--distances", "120,300", "--days", "4,14")
    only_near = answer(*words, "--distances", "120,300", "--days", "0,14")["caveats"][0]
    assert "in no band (2 less than 120 m apart). Begin" in only_near
    assert answer(*words, "--distances", "50,300", "--days", "3,14")["caveats"] == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("x,y,date\n1,2\n", 2, "2 cells"),
        ("x,y,date\n1,nan,2026-01-01\n", 2, "not a finite number"),
        ("x,y,date\n1,2e9,2026-01-01\n", 2, "more than 1e+09"),
        ("x,y,date\n1,2,2026-13-01\n", 2, "not a day of the calendar"),
        ("x,y,date\n1,2,2026-01-01\n1,2,2026-01\n", 3, "names no day"),
        ("x,y,date\n1,2,2026-01-01\n", 2, "one incident only"),
        ("x,y,date\n", None, "no rows"),
        ("x,y,when\n1,2,2026-01-01\n", 1, "no column date"),
    ],
)
def test_bad_incidents(file: Path, text: str, line: int | None, what: str) -> None:
    file.write_text(text)
    told = refusal("repeats", "--incidents", file, *BANDS)
    assert (what in told["error"], told["file"], told["line"], bool(told["fix"])) == (True, str(file), line, True), told


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--distances", "0,near", "--days", "0,7"), "--distances"),
        (("--distances", "0,100", "--days", "7"), "Days"),
        (("--distances", "100,0", "--days", "0,7"), "Distances"),
        ((*BANDS, "--metric", "road"), "--metric"),
        ((*BANDS, "--replicates", "0"), "--replicates"),
        (("--days", "0,7"), "--distances"),
    ],
)
def test_bad_options(file: Path, words: tuple[str, ...], what: str) -> None:
    file.write_text("x,y,date\n1,2,2026-01-01\n1,2,2026-01-01\n")
    assert what in refusal("repeats", "--incidents", file, *words)["error"]


def test_a_program_of_its_own_needs_no_django(file: Path) -> None:
    file.write_text("x,y,date\n1,2,2026-01-01\n1,2,2026-01-01\n")
    done = program("repeats", "--incidents", file, *BANDS, "--replicates", 9, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["cells"][0]["observed"] == 1
