"""`blockwise queue`: the book's example through the command line, and what bad input gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.analyst import answer, program, refusal, report
from tests.oracles import oracle

THREE = "atom,rate,unit_order\nA,0.5,1 2 3\nB,0.25,1;3;2\nC,0.35,2-1-3\nD,0.40,3 > 1 > 2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(THREE)
    return path


def test_the_book(file: Path) -> None:
    published = json.loads((oracle("hypercube") / "expected.json").read_text())["published"]
    found = answer("queue", "--rates", file, "--units", 3, "--mu", 1, "--capacity", "infinite", "--method", "exact")
    assert found["workloads"] == pytest.approx(published["exact_workloads"], abs=5e-5)
    assert (round(found["p_wait"], 6), round(found["erlang_b"], 6)) == (0.236842, 0.134328)
    assert found["erlang_c"] == found["p_wait"]
    near = answer("queue", "--rates", file, "--units", 3, "--method", "approximate")
    assert near["workloads"] == pytest.approx(published["approx_workloads"], abs=1e-4)
    assert found["caveats"] == near["caveats"] == []
    lossy = answer("queue", "--rates", file, "--units", 3, "--capacity", "zero")
    assert (lossy["p_wait"], round(lossy["p_lost"], 6)) == (0, 0.134328)
    assert sum(lossy["workloads"]) == pytest.approx(1.5 * (1 - lossy["erlang_b"]))
    assert "Calls that wait: 0.236842" in report("queue", "--rates", file, "--units", 3)
    assert "Calls lost: 0.134328" in report("queue", "--rates", file, "--units", 3, "--capacity", "zero")


def test_what_the_approximation_held_at_1_is_told(file: Path) -> None:
    file.write_text("atom,rate,unit_order\nA,15," + " ".join(map(str, range(1, 17))) + "\n")
    words = ("queue", "--rates", file, "--units", 16, "--method", "approximate")
    found = answer(*words)
    assert sum(found["workloads"]) == pytest.approx(15, rel=1e-12)
    assert "gives one unit, which then is at 1, more calls" in found["caveats"][0]
    assert "Note: The approximation gives one unit" in report(*words)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("atom,rate,unit_order\nA,1,1 2\n", 2, "unit_order is “1 2”"),
        ("atom,rate,unit_order\nA,1,1 2 3\nB,1,1 2 2\n", 3, "unit_order is “1 2 2”"),
        ("atom,rate,unit_order\nA,1,one two three\n", 2, "unit_order"),
        ("atom,rate,unit_order\nA,-1,1 2 3\n", 2, "-1"),
        ("atom,rate,unit_order\nA,nan,1 2 3\n", 2, "nan"),
        ("atom,rate\nA,1\n", 1, "no column unit_order"),
        ("atom,rate,unit_order\n", None, "no rows"),
        ("atom,rate,unit_order\nA,0,1 2 3\n", None, "Nobody calls"),
        ("atom,rate,unit_order\nA,3,1 2 3\n", None, "for ever"),
    ],
)
def test_bad_input_is_told_with_its_line(file: Path, text: str, line: int | None, what: str) -> None:
    file.write_text(text)
    told = refusal("queue", "--rates", file, "--units", 3)
    assert told["line"] == line
    assert what in told["error"]


def test_options_that_cannot_be_are_named(file: Path) -> None:
    for mu in (0, -1, "nan", "inf"):
        told = refusal("queue", "--rates", file, "--units", 3, "--mu", mu)
        assert "'--mu'" in told["error"]
        assert "is not a finite number above 0." in told["error"]
    file.write_text("atom,rate,unit_order\nA,1," + " ".join(map(str, range(1, 17))) + "\n")
    told = refusal("queue", "--rates", file, "--units", 16)
    assert told["error"] == "--units: The exact model takes at most 15 units."
    assert "--method approximate" in told["fix"]


def test_as_a_program_of_its_own(file: Path) -> None:
    done = program("queue", "--rates", file, "--units", 3, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["workloads"]) == 3
    bad = program("queue", "--rates", file, "--units", 16, "--json")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert json.loads(bad.stderr)["file"] == str(file)
