"""`blockwise cover`: the oracles through the command line, all kinds of file, and what bad input gets."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from blockwise.analysis.distance import great_circle_km
from tests.cli.analyst import answer, program, refusal, report
from tests.oracles import oracle

Files = Callable[..., list[object]]
ROW = "x,y,weight,demand\n0,0,5,a\n100,0,1,b\n1000,0,4,c\n"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def write(**texts: str) -> list[object]:
        words: list[object] = []
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text)
            words += [f"--{name}", tmp_path / f"{name}.csv"]
        return words

    return write


@pytest.mark.parametrize(("file", "facilities", "best"), [("SJC324", 3, 11604), ("SJC402", 2, 11339)])
def test_san_jose(file: str, facilities: int, best: int) -> None:
    words = ["--demand", oracle(f"mclp/{file}.txt"), "--objective", "mclp", "--facilities", facilities, "--radius", 800]
    found = answer("cover", *words)
    assert (found["objective"], found["covered"], found["bound"], found["gap"]) == (best, best, best, 0)
    assert len(found["sites"]) == facilities
    assert "Proven to be the best." in report("cover", *words)


def test_the_or_library_says_how_many() -> None:
    found = answer("cover", "--demand", oracle("pmedian/pmed6.txt"), "--objective", "pmedian")
    assert (found["objective"], found["gap"], len(found["sites"]), found["covered"]) == (7824, 0, 5, None)
    fewer = answer("cover", "--demand", oracle("pmedian/pmed1.txt"), "--objective", "pmedian", "--facilities", 4)
    assert fewer["objective"] > 5819


def test_a_benchmark_brings_its_own_sites(files: Files, tmp_path: Path) -> None:
    (tmp_path / "net.txt").write_text("3 2 1\n1 2 5\n2 3 9\n")
    (tmp_path / "sjc.txt").write_text("3 9999 p S\n0 0 5\n100 0 1\n1000 0 4\n")
    net, sjc = (["--demand", tmp_path / name, "--facilities", 1] for name in ("net.txt", "sjc.txt"))
    median, most = ["--objective", "pmedian"], ["--objective", "mclp", "--radius", 100]
    assert answer("cover", *net, *median, "--sites", net[1])["sites"] == [2]
    assert answer("cover", *sjc, *most, "--sites", sjc[1])["covered"] == 6
    assert answer("cover", *sjc, *most, *files(sites="x,y,name\n950,0,east\n"))["sites"] == ["east"]
    assert "own sites" in refusal("cover", *net, *median, *files(sites="x,y\n0,0\n"))["error"]
    (tmp_path / "net.txt").write_text("3 2 9\n1 2 5\n2 3 9\n")
    told = refusal("cover", *net[:2], *median)
    assert (told["file"], "9 facilities do not fit on 3 sites" in told["error"]) == (str(net[1]), True)
    assert refusal("cover", *net[:2], *median, "--facilities", 8)["error"].startswith("--facilities: 8 facilities")
    times = files(times="demand,site,cost\n1,w,5\n")
    assert "own sites" in refusal("cover", *net, *median, *times)["error"]
    assert "no names" in refusal("cover", *sjc, *most, *times)["error"]


def test_an_edge_given_twice_counts_as_given_last(tmp_path: Path) -> None:
    (tmp_path / "net.txt").write_text(" 3 3 1\n 1 2 5\n 2 3 9\n 2 3 1\n")
    found = answer("cover", "--demand", tmp_path / "net.txt", "--objective", "pmedian", "--radius", 1)
    assert (found["objective"], found["sites"], found["covered"], found["mean"]) == (6, [2], 2, 2)


def test_san_francisco_by_a_table_of_costs(files: Files) -> None:
    folder = oracle("spopt_sf")
    with (folder / "SF_demand_205_centroid_uniform_weight.csv").open() as file:
        people = "".join(f"{row['NAME']},{row['POP2000']}\n" for row in csv.DictReader(file))
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open() as file:
        costs = "".join(f"{row['DestinationName']},{row['name']},{row['distance']}\n" for row in csv.DictReader(file))
    words = files(demand=f"demand,weight\n{people}", times=f"demand,site,cost\n{costs}")
    found = answer("cover", *words, "--objective", "pmedian", "--facilities", 4)
    assert found["mean"] == pytest.approx(2982.1268579890657, rel=1e-12)
    assert all(str(site).startswith("Store_") for site in found["sites"])
    most = answer("cover", *words, "--objective", "mclp", "--facilities", 4, "--radius", 5000)
    assert (most["covered"], 100 * most["covered_n"] / most["n"]) == (875247, pytest.approx(89.75609756097561))
    fewest = answer("cover", *words, "--objective", "lscp", "--radius", 5000)
    assert (fewest["objective"], len(fewest["sites"])) == (8, 8)
    some = "site\n" + "".join(f"Store_{number}\n" for number in (1, 2, 3, 7, 11, 12))
    assert set(answer("cover", *words, *files(sites=some), "--objective", "pmedian", "--facilities", 5)["sites"]) < set(
        some.split()[1:]
    )


def test_each_objective_on_a_street_of_three(files: Files) -> None:
    words = files(demand=ROW, sites="x,y,name\n50,0,west\n1000,50,east\n500,0,middle\n")
    most = answer("cover", *words, "--objective", "mclp", "--facilities", 1, "--radius", 50)
    assert (most["objective"], most["sites"]) == (6, ["west"])
    fewest = answer("cover", *words, "--objective", "lscp", "--radius", 50)
    assert (fewest["objective"], sorted(fewest["sites"]), fewest["covered"]) == (2, ["east", "west"], 10)
    assert fewest["caveats"] == []
    fewest = answer("cover", *words, "--objective", "lscp", "--radius", 50, "--facilities", 1)
    assert (fewest["objective"], fewest["caveats"]) == (2, ["--facilities changes nothing with lscp."])
    expected = answer("cover", *words, "--objective", "mexclp", "--facilities", 3, "--radius", 50, "--busy", 0.5)
    assert (expected["objective"], expected["sites"]) == (6 * 0.75 + 4 * 0.5, ["west", "west", "east"])
    median = answer("cover", *words, "--objective", "pmedian", "--facilities", 1)
    assert (median["objective"], median["sites"]) == (5 * 500 + 400 + 4 * 500, ["middle"]) or median["objective"] < 4900
    backup = answer("cover", *words, "--objective", "backup", "--facilities", 3, "--radius", 500)
    assert (backup["objective"], backup["backup"], backup["covered"]) == (10, 10, 10)
    own = answer("cover", *words[:2], "--objective", "mclp", "--facilities", 1, "--radius", 100)
    assert (own["covered"], own["sites"]) == (6, ["a"])
    unnamed = files(demand="x,y\n0,0\n10,0\n20,0\n")
    assert answer("cover", *unnamed, "--objective", "pmedian", "--facilities", 1)["sites"] == [2]


def test_degrees_are_metres_on_the_sphere(files: Files) -> None:
    draw = np.random.default_rng(1)
    lon, lat, weight = draw.uniform(116.3, 116.5, 30), draw.uniform(39.8, 40.0, 30), draw.integers(1, 9, 30)
    text = "".join(f"{x!r},{y!r},{w}\n" for x, y, w in zip(lon.tolist(), lat.tolist(), weight.tolist(), strict=True))
    words = files(demand=f"lon,lat,weight\n{text}")
    metres = 1e3 * great_circle_km(lon[:, None], lat[:, None], lon, lat)
    found = answer("cover", *words, "--objective", "pmedian", "--facilities", 2, "--radius", 5000)
    totals = {pair: float(weight @ metres[:, pair].min(axis=1)) for pair in combinations(range(30), 2)}
    assert found["objective"] == pytest.approx(min(totals.values()))
    chosen = [site - 1 for site in found["sites"]]
    assert found["covered"] == weight[metres[:, chosen].min(axis=1) <= 5000].sum()
    most = answer("cover", *words, "--objective", "mclp", "--facilities", 2, "--radius", 5000)
    best = max(int(weight[metres[:, pair].min(axis=1) <= 5000].sum()) for pair in totals)
    assert most["covered"] == best
    whole = answer("cover", *words, "--objective", "lscp", "--radius", 1e9)
    assert whole["objective"] == 1


@pytest.mark.parametrize(
    ("texts", "more", "file", "line", "what"),
    [
        ({"demand": "x,y,weight\n1,nan,2\n"}, (), "demand", 2, "not a finite number"),
        ({"demand": "x,y,weight\n1,1,-2\n"}, (), "demand", 2, "less than 0"),
        ({"demand": "x,y,weight\n1,1\n"}, (), "demand", 2, "2 cells"),
        ({"demand": "x,weight\n1,1\n"}, (), "demand", 1, "no columns x and y"),
        ({"demand": "x,y\n"}, (), "demand", None, "no rows"),
        ({"demand": "lon,lat\n200,1\n"}, (), "demand", 2, "more than 180"),
        ({"demand": "x,y,id\n1,1,a\n2,2,a\n"}, (), "demand", 3, "there twice"),
        ({"demand": "x,y,weight\n1,1,0\n"}, (), "demand", None, "every weight is 0"),
        ({"sites": "lon,lat\n1,1\n"}, (), "sites", 1, "in degrees and the sites"),
        ({"times": "demand,site,cost\nq,w,5\n"}, (), "times", 2, "demand “q” is in no row"),
        ({"times": "demand,site,cost\na,w,5\na,w,6\n"}, (), "times", 3, "there twice"),
        ({"times": "demand,site,cost\na,w,5\n", "sites": "site\nw\nv\n"}, (), "sites", 3, "leads to the site “v”"),
        ({"times": "demand,site,cost\na,w,-5\n"}, (), "times", 2, "less than 0"),
        ({"times": "demand,site,cost\na,w,5\n"}, ("--objective", "pmedian"), "demand", 3, "demand b cannot be served"),
        ({}, ("--objective", "lscp", "--radius", 1, "far"), "demand", 2, "no site lies within 1"),
        ({}, ("--facilities", 9), None, None, "9 facilities do not fit on 3 sites"),
        ({}, ("--facilities", 0), None, None, "--facilities"),
        ({}, ("--objective", "mexclp"), None, None, "--busy"),
        ({}, ("--objective", "mexclp", "--busy", 0.5, "--facilities", 10**12), None, None, "at most 10,000"),
        ({}, ("--objective", "mexclp", "--busy", 1), None, None, "below 1"),
        ({}, ("--objective", "mexclp", "--busy", "nan"), None, None, "'--busy': nan is not from 0"),
        ({}, ("--busy", 0.5), None, None, "--busy"),
        ({}, ("--radius", -1), None, None, "--radius"),
        (
            {"demand": "4 3 1\n1 2 5\n2 3 5\n"},
            ("--objective", "pmedian"),
            "demand",
            None,
            "announces 3 edges; there are 2",
        ),
        ({"demand": "4 1 1\n1 5 5\n"}, ("--objective", "pmedian"), "demand", 2, "nodes are 1 to 4"),
        ({"demand": "4 1 1\n1 5\n"}, ("--objective", "pmedian"), "demand", 2, "not two nodes"),
        ({"demand": "4 1 1\n1 1.5 2\n"}, ("--objective", "pmedian"), "demand", 2, "not a whole number"),
        ({"demand": "9999999 1 1\n1 2 2\n"}, ("--objective", "pmedian"), "demand", 1, "nodes are not 1 to"),
        ({"demand": "4 1 1\n1 2 3\n"}, ("--objective", "pmedian"), "demand", None, "1 sites cannot serve every demand"),
        ({"demand": "2 9 p S\n1 2 3\n"}, (), "demand", None, "announces 2 demands; there are 1"),
        ({"demand": "0 9 p S\n"}, (), "demand", None, "announces 0 demands"),
        ({"demand": "1 9 p S\n1 2e300 3\n"}, (), "demand", 2, "more than 1e+09"),
        ({"demand": "1 9 p S\n1 2 -3\n"}, (), "demand", 2, "weight of 0 or more"),
    ],
)
def test_what_bad_input_gets(
    files: Files, texts: dict[str, str], more: tuple[object, ...], file: str | None, line: int | None, what: str
) -> None:
    far = {"sites": "x,y\n5000,5000\n"} if "far" in more else {}
    words = files(**{"demand": ROW, **far, **texts})
    options = {"--objective": "mclp", "--facilities": 1, "--radius": 100}
    given = [one for one in more if one != "far"]
    options |= dict(zip(given[::2], given[1::2], strict=True))  # type: ignore[arg-type]  # pairs of a name and a value
    told = refusal("cover", *words, *(word for pair in options.items() for word in pair))
    assert what in told["error"]
    assert (told["file"] is None) == (file is None)
    if file:
        assert (Path(str(told["file"])).stem, told["line"]) == (file, line)


def test_what_is_needed_is_asked_for(files: Files) -> None:
    words = files(demand=ROW)
    assert "--radius: mclp needs" in refusal("cover", *words, "--objective", "mclp", "--facilities", 1)["error"]
    assert "--facilities: pmedian needs" in refusal("cover", *words, "--objective", "pmedian")["error"]


def test_too_many_pairs_are_refused_before_they_are_made(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockwise.exchange.siting.MOST_PAIRS", 8)
    words = files(demand=ROW)
    told = refusal("cover", *words, "--objective", "pmedian", "--facilities", 1)
    assert "9 pairs of a demand and a site are more than" in told["error"]
    assert told["fix"].startswith("Give fewer sites")
    assert "more than" in refusal("cover", *words, "--objective", "lscp", "--radius", 9000)["error"]


def test_as_a_program_of_its_own_without_django(files: Files) -> None:
    done = program("cover", *files(demand=ROW), "--objective", "pmedian", "--facilities", 1, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["objective"], found["gap"]) == (math.fsum([100, 4000]), 0)
