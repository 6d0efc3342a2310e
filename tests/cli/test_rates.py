"""`blockwise rates` and `blockwise discover`: the oracles through the command line, and what bad input gets."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.rates.tables import column, rows
from tests.analysis.rates.test_fay_herriot import VARIANCE
from tests.cli.analyst import answer, program, refusal, report
from tests.oracles import oracle


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "areas.csv"


def written(file: Path, header: str, columns: list[list[object]]) -> Path:
    lines = [",".join(str(value) for value in row) for row in zip(*columns, strict=True)]
    file.write_text("\n".join([header, *lines]))
    return file


def sids(file: Path, *, expected: bool) -> tuple[Path, list[dict[str, str]]]:
    table = rows(oracle("eb_sids") / "sids_DCluster_expected.csv")
    names = ["name", "obs", "pop", *(["E"] if expected else [])]
    header = "area,count,population" + (",expected" if expected else "")
    return written(file, header, [[row[name] for row in table] for name in names]), table


def test_byar_and_exact(file: Path) -> None:
    written(file, "area,count,population", [["a", "b"], ["65.0", 1], [100, 1]])
    byar, exact = (
        answer("rates", "--areas", file, "--method", "byar"),
        answer("rates", "--areas", file, "--method", "exact"),
    )
    assert byar["areas"][0]["rate"] == 0.65
    assert (byar["areas"][0]["low"], byar["areas"][0]["high"]) == (
        pytest.approx(0.50163187710459454),
        pytest.approx(0.8284913854593984),
    )
    assert (exact["areas"][1]["low"], exact["areas"][1]["high"]) == (
        pytest.approx(0.025318, abs=5e-7),
        pytest.approx(5.571643, abs=5e-7),
    )
    assert byar["parameters"]["overall"] == pytest.approx(66 / 101)
    assert "under ten" in byar["caveats"][0]


@pytest.mark.parametrize(("confidence", "low", "high"), [(0.95, 5, 6), (0.998, 7, 8)])
def test_public_health_rates(file: Path, confidence: float, low: int, high: int) -> None:
    table = [row for row in rows(oracle("rates") / "testdata_Rate_testdata_Rate.csv") if row["value"]]
    for told, method in (("Byars", "byar"), ("Exact", "exact")):
        some = [row for row in table if row["method"] == told and row["multiplier"] == "100"]
        written(
            file,
            "area,count,population",
            [[row[name] for row in some] for name in ("Area", "Numerator", "Denominator")],
        )
        found = answer("rates", "--areas", file, "--method", method, "--confidence", confidence)["areas"]
        names = list(table[0])
        for mine, row in zip(found, some, strict=True):
            assert mine["low"] * 100 == pytest.approx(float(row[names[low - 1]]), rel=1e-12)
            assert mine["high"] * 100 == pytest.approx(float(row[names[high - 1]]), rel=1e-12)


def test_funnel_ratio_outputs(file: Path) -> None:
    table = rows(oracle("rates") / "testdata_funnel_ratio_outputs.csv")
    observed = column(table, "Observed_events").astype(int).tolist()
    for side, end in (("lower", "low"), ("upper", "high")):
        for confidence, name in ((0.95, "2s"), (0.998, "3s")):
            expected = [row[f"{side}_{name}_exp_events"] for row in table]
            areas = [f"a{one}" for one in observed]
            written(file, "area,count,population,expected", [areas, observed, [1] * len(areas), expected])
            found = answer("rates", "--areas", file, "--method", "funnel", "--confidence", confidence)
            limits = [area[end] * 100 for area in found["areas"]]
            np.testing.assert_allclose(limits, column(table, f"{side}_{name}_isr"), rtol=5e-5)
            assert found["parameters"] == {"overall": 1}


@pytest.mark.parametrize("method", ["byar", "exact", "marshall", "gamma-poisson", "funnel"])
def test_confidence_at_its_ends(file: Path, method: str) -> None:
    """Next to none leaves next to no interval, and the last number below 1 still has limits."""
    written(file, "area,count,population", [["a", "b", "c", "d"], [3, 41, 900, 0], [800, 5200, 9000, 310]])
    widths = []
    for confidence in ("1e-300", "0.95", "0.999999", "0.999999999999", "0.9999999999999999"):
        areas = answer("rates", "--areas", file, "--method", method, "--confidence", confidence)["areas"]
        assert all(0 <= area["low"] <= area["high"] * (1 + 1e-12) for area in areas)
        widths.append([area["high"] - area["low"] for area in areas])
    for narrow, wide in pairwise(widths):
        assert all(one < other for one, other in zip(narrow, wide, strict=True))
    assert "0.999999 confidence" in report("rates", "--areas", file, "--method", method, "--confidence", "0.999999")


def test_a_funnel_says_who_lies_outside(file: Path) -> None:
    written(file, "area,count,population", [["a", "b", "c"], [100, 200, 50], [1000, 1000, 1000]])
    found = answer("rates", "--areas", file, "--method", "funnel")
    assert [area["outside"] for area in found["areas"]] == [0, 1, -1]
    assert found["parameters"]["overall"] == pytest.approx(350 / 3000)


def test_marshall(file: Path) -> None:
    table = rows(oracle("eb_sids") / "sids2_input.csv")
    written(file, "area,count,population", [[row[name] for row in table] for name in ("NAME", "SID74", "BIR74")])
    found = answer("rates", "--areas", file, "--method", "marshall")
    assert [round(area["rate"], 7) for area in found["areas"][:5]] == [
        0.0016973,
        0.0017054,
        0.0017731,
        0.0020129,
        0.0035349,
    ]
    assert all(area["low"] < area["rate"] < area["high"] for area in found["areas"])


@pytest.mark.parametrize("expected", [True, False])
def test_gamma_poisson(file: Path, expected: bool) -> None:
    """Without expected counts, the overall rate gives them; the rate is then one of people, the ratio as before."""
    _, table = sids(file, expected=expected)
    found = answer("rates", "--areas", file, "--method", "gamma-poisson")
    parameters = found["parameters"]
    assert (parameters["nu"], parameters["alpha"]) == (
        pytest.approx(4.63074923, abs=5e-9),
        pytest.approx(4.39574094, abs=5e-9),
    )
    np.testing.assert_allclose([area["ratio"] for area in found["areas"]], column(table, "gamma_rr"), atol=5e-9)
    scale = 1 if expected else parameters["overall"]
    assert all(area["rate"] == pytest.approx(area["ratio"] * scale) for area in found["areas"])


@pytest.mark.parametrize("groups", [(2, 3, 4), (1, 2, 3, 4)])
@pytest.mark.parametrize("fit", ["reml", "ml", "fh"])
def test_fay_herriot(file: Path, fit: str, groups: tuple[int, ...]) -> None:
    """With a constant of the model's own, and with a full set of groups, which holds one."""
    table = rows(oracle("fay_herriot") / "milk.csv")
    known = [row for row in rows(oracle("fay_herriot") / "milk_fh_expected.csv") if row["method"] == fit.upper()]
    columns: list[list[object]] = [[row[name] for row in table] for name in ("SmallArea", "yi", "SD")]
    columns += [[int(row["MajorArea"] == str(group)) for row in table] for group in groups]
    written(file, "area,estimate,se," + ",".join(f"x{group}" for group in groups), columns)
    found = answer("rates", "--areas", file, "--method", "fay-herriot", "--fit", fit)
    assert found["parameters"]["variance"] == pytest.approx(VARIANCE[fit], abs=5e-11)
    np.testing.assert_allclose([area["rate"] for area in found["areas"]], column(known, "eblup"), atol=1e-12)
    np.testing.assert_allclose([area["mse"] for area in found["areas"]], column(known, "mse"), rtol=1e-11)
    assert ("constant" in found["parameters"]) == (len(groups) == 3)


def test_a_clamped_variance_is_told(file: Path) -> None:
    written(file, "area,count,population", [["a", "b"], [10, 20], [100, 200]])
    for method in ("marshall", "gamma-poisson"):
        found = answer("rates", "--areas", file, "--method", method)
        assert "clamped" in found["caveats"][0]
        assert [area["rate"] for area in found["areas"]] == [pytest.approx(0.1)] * 2
    assert found["parameters"] == {"nu": None, "alpha": None, "overall": pytest.approx(0.1)}
    written(file, "area,estimate,se", [["a", "b"], [1, 1.01], [5, 5]])
    assert "clamped" in answer("rates", "--areas", file, "--method", "fay-herriot")["caveats"][0]


def test_an_error_below_0_leaves_no_interval(file: Path) -> None:
    """With few areas of very different precision, the moment method's correction can exceed the error it corrects."""
    written(file, "area,estimate,se", [["a", "b", "c", "d", "e"], [0.25, 0.25, 3, 10, 1], [1, 3, 3, 25, 1]])
    found = answer("rates", "--areas", file, "--method", "fay-herriot", "--fit", "fh")
    without = [area for area in found["areas"] if area["mse"] < 0]
    assert without
    assert all(area["low"] is area["high"] is None for area in without)
    assert f"error of {len(without)} areas" in found["caveats"][-1]


def test_an_area_without_people_or_cases_has_no_rate(file: Path) -> None:
    written(file, "area,count,population", [["a", "park", "b"], [3, 0, 9], [100, 0, 100]])
    for method in ("byar", "exact", "marshall", "gamma-poisson", "funnel"):
        found = answer("rates", "--areas", file, "--method", method)
        assert found["areas"][1]["rate"] is found["areas"][1]["high"] is None
        assert found["areas"][0]["rate"] is not None
        assert "no population" in found["caveats"][-1]
    assert "park" in report("rates", "--areas", file, "--method", "exact")


def test_no_cases_are_told(file: Path) -> None:
    written(file, "area,count,population", [["a", "b"], [0, 0], [100, 50]])
    for method in ("byar", "exact", "marshall", "funnel"):
        found = answer("rates", "--areas", file, "--method", method)
        assert found["caveats"][-1] == "There are no cases."
        assert [area["rate"] for area in found["areas"]] == [0, 0]


@pytest.mark.parametrize(
    ("text", "method", "line", "what"),
    [
        ("area,count,population\na,1,1e-300\n", "byar", 2, "next to no population"),
        ("area,count,population\na,1,0\n", "byar", 2, "a has 1 cases and no population"),
        ("area,count,population,expected\na,1,5,1\nb,2,5,0\n", "byar", 3, "none expected"),
        ("area,count,population\na,0,0\n", "byar", 2, "No area has a population"),
        ("area,count,population\na,-1,5\n", "exact", 2, "less than 0"),
        ("area,count,population\na,1,-5\n", "exact", 2, "less than 0"),
        ("area,count,population\na,nan,5\n", "exact", 2, "not a finite number"),
        ("area,count,population\na,1.5,5\n", "exact", 2, "whole number"),
        ("area,count,population\na,1\n", "exact", 2, "2 cells"),
        ("area,count,population\na,1,5\nb,1,5\na,1,5\n", "exact", 4, "a stands in the file twice"),
        ("area,count\na,1\n", "exact", 1, "no column population"),
        ("area,population\na,1\n", "exact", 1, "no column count"),
        ("area,count,population\n", "exact", None, "no rows"),
        ("area,count,population\na,1,5\n", "marshall", None, "two areas"),
        ("area,count,population\na,0,5\nb,0,7\n", "gamma-poisson", None, "no cases"),
        ("area,estimate,se\na,1,0\n", "fay-herriot", 2, "standard error of 0"),
        ("area,estimate,se\na,1,-1\n", "fay-herriot", 2, "less than 0"),
        ("area,estimate,se,x1\na,1,1,red\n", "fay-herriot", 2, "not a number"),
        ("area,estimate,se\na,1,1\n", "fay-herriot", None, "more areas"),
        ("area,estimate,se,x1,x2\na,1,1,1,2\nb,1,1,2,4\nc,1,1,4,8\nd,1,1,5,10\n", "fay-herriot", None, "combination"),
    ],
)
def test_bad_areas(file: Path, text: str, method: str, line: int | None, what: str) -> None:
    file.write_text(text)
    told = refusal("rates", "--areas", file, "--method", method)
    assert what in told["error"]
    assert told["line"] == line
    assert line is None or (told["file"], bool(told["fix"])) == (str(file), True)


def test_bad_options(file: Path) -> None:
    file.write_text("area,count,population\na,1,5\n")
    for confidence in (0, 1, "nan", -0.5, 95):
        told = refusal("rates", "--areas", file, "--method", "exact", "--confidence", confidence)
        assert "'--confidence'" in told["error"]
        assert "is not above 0 and below 1." in told["error"]
    assert "--fit" in refusal("rates", "--areas", file, "--method", "exact", "--fit", "ml")["error"]
    assert "--method" in refusal("rates", "--areas", file)["error"]


def test_discoveries_with_and_without_a_header(file: Path) -> None:
    known = json.loads((oracle("bh_1995") / "bh.json").read_text())
    for head in ("", "test,p\n"):
        lines = [f"t{row},{p}" if head else str(p) for row, p in enumerate(known["p"])]
        file.write_text(head + "\n".join(lines), encoding="utf-8" if head else "utf-8-sig")
        found = answer("discover", "--p", file, "--alpha", 0.05)
        assert (found["rejected"], found["n"], found["threshold"]) == (4, 15, 0.0095)
        assert [test["rejected"] for test in found["tests"]] == [True] * 4 + [False] * 11
        adjusted = [test["adjusted"] for test in found["tests"]]
        np.testing.assert_allclose(adjusted, known["bh_adjusted_scipy"], atol=5e-9)
    assert "4 of 15 tests hold" in report("discover", "--p", file)


def test_a_share_of_false_discoveries_lies_above_0_and_up_to_1(file: Path) -> None:
    file.write_text("p\n0.1\n")
    for alpha in (0, 1.5, -1, "nan"):
        assert "'--alpha'" in refusal("discover", "--p", file, "--alpha", alpha)["error"]
    assert answer("discover", "--p", file, "--alpha", 1)["rejected"] == 1


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("p\n0.1\n1.1\n", 3, "more than 1"),
        ("0.1\n-0.1\n", 2, "less than 0"),
        ("0.1\nnan\n", 2, "not a finite number"),
        ("0.1 0.2\n", 1, "2 cells"),
        ("q\n0.1\n", 1, "no column p"),
        ("", None, "no rows"),
    ],
)
def test_bad_p(file: Path, text: str, line: int | None, what: str) -> None:
    file.write_text(text)
    told = refusal("discover", "--p", file)
    assert (what in told["error"], told["file"], told["line"]) == (True, str(file), line)


def test_a_program_of_its_own_needs_no_django(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("p\n0.01\n")
    done = program("discover", "--p", file, "--json")
    assert (done.returncode, done.stderr, json.loads(done.stdout)["rejected"]) == (0, "", 1)
    done = program("discover", "--p", tmp_path / "none.csv", "--json")
    assert (done.returncode, done.stdout, json.loads(done.stderr)["line"]) == (2, "", None)
    done = program("rates", "--areas", file, "--method", "exact")
    assert (done.returncode, json.loads(done.stderr)["line"]) == (2, 1)
