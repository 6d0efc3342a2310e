"""From a few answers to a folder that is sound, loads, takes calls and recommends; nothing is left of a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
import yaml
from shapely.geometry import mapping

from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.clock import now
from blockwise.exchange.begin.answers import read_answers
from blockwise.exchange.begin.build import Begun, begin
from blockwise.exchange.folder import sound_folder
from blockwise.exchange.load import load_folder
from blockwise.exchange.osm.extract import read_roads
from blockwise.exchange.osm.folder import renew
from blockwise.problems import Conflict, Invalid
from blockwise.response.recommend import recommend
from blockwise.rooms import Role
from blockwise.units.models import Unit
from tests.exchange.osm.sample import write
from tests.kinds import store_kinds
from tests.people import person

SQUARE = (9.999, 49.999, 10.011, 50.011)
STREET = {"highway": "residential", "name": "Main Street"}
WAYS: list[Any] = [(1, [1, 2, 3, 4, 1], STREET), (2, [1, 3], {**STREET, "name": "Cross Road"}), (3, [2, 6], STREET)]
DOORS = {5: {"addr:street": "Main Street", "addr:housenumber": "7"}}


def silent(_step: str) -> None:
    """No progress is told."""


def geojson(path: Path, parts: list[tuple[str, str, shapely.Geometry]]) -> None:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": mapping(shape)}
        for code, name, shape in parts
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def answers(tmp_path: Path, **changed: Any) -> Path:
    west, south, east, north = SQUARE
    middle = (west + east) / 2
    halves = [
        ("X1", "West", shapely.box(west, south, middle, north)),
        ("X2", "East", shapely.box(middle, south, east, north)),
    ]
    geojson(tmp_path / "parts.geojson", halves)
    write(tmp_path / "town.osm", WAYS, DOORS)
    given: dict[str, Any] = {
        "code": "X", "name": {"en": "Harbour Town"}, "timezone": "Europe/Berlin", "languages": ["en"],
        "calendar": "plain", "population": 4000, "extract": "town.osm",
        "levels": [
            {"key": "city", "en": "city"},
            {"key": "quarter", "en": "quarter", "file": "parts.geojson", "code": "code", "name": "name"},
            {"key": "cell", "en": "cell", "people": 1000},
        ],
    }  # fmt: skip
    path = tmp_path / "answers.yaml"
    whole = {key: value for key, value in {**given, **changed}.items() if value is not None}
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return path


def made(tmp_path: Path, **changed: Any) -> tuple[Path, Begun]:
    folder = tmp_path / "city"
    return folder, begin(folder, read_answers(answers(tmp_path, **changed)), silent)


def test_the_folder_is_sound_and_says_what_is_thin(tmp_path: Path) -> None:
    folder, begun = made(tmp_path)
    city, warnings = sound_folder(folder)
    assert [problem.what for problem in warnings] == []
    assert (begun.counts["quarter"], len(city.units)) == (2, 16)
    assert city.city.attribution.startswith("© OpenStreetMap")
    assert any("examples" in one for one in begun.thin)
    assert any("assumed by class" in one for one in begun.thin)
    assert sum(block.population for block in city.blocks if block.level == "cell") == 4000
    page = (folder / "preview.html").read_text(encoding="utf-8")
    assert "Harbour Town" in page
    assert "http" not in page.replace("https://www.w3.org", "")  # it needs nothing from elsewhere


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    folder, _begun = made(tmp_path)
    again = tmp_path / "again"
    begin(again, read_answers(tmp_path / "answers.yaml"), silent)
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_without_an_extract_the_roads_stand_in_and_are_said_to(tmp_path: Path) -> None:
    folder, begun = made(tmp_path, extract=None)
    sound_folder(folder)
    assert any("STAND-IN" in one for one in begun.thin)
    assert set(pq.read_table(folder / "roads.parquet")["class"].to_pylist()) == {"stand_in"}


def test_of_a_failure_nothing_is_left(tmp_path: Path) -> None:
    path = answers(tmp_path)
    (tmp_path / "town.osm").write_text("<osm", encoding="utf-8")
    before = set(tmp_path.iterdir())
    with pytest.raises(Invalid):
        begin(tmp_path / "city", read_answers(path), silent)
    assert set(tmp_path.iterdir()) == before


def test_overlaps_are_drawn_for_the_operator(tmp_path: Path) -> None:
    path = answers(tmp_path)
    west, south, east, north = SQUARE
    both = [
        ("X1", "West", shapely.box(west, south, east - 0.002, north)),
        ("X2", "East", shapely.box(west + 0.002, south, east, north)),
    ]
    geojson(tmp_path / "parts.geojson", both)
    with pytest.raises(Invalid, match="overlap"):
        begin(tmp_path / "city", read_answers(path), silent)
    assert "<svg" in (tmp_path / "city-overlaps.html").read_text(encoding="utf-8")
    assert not (tmp_path / "city").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    folder, _begun = made(tmp_path)
    before = (folder / "city.yaml").read_bytes()
    with pytest.raises(Conflict):
        begin(folder, read_answers(tmp_path / "answers.yaml"), silent)
    assert (folder / "city.yaml").read_bytes() == before


STAFF = "login;called;does\nann;Ann;dispatcher\nbob;Bob;administrator\nbob;Bob;oversight\nsum;;3\n"
MAP = """table: people
skip: {login: [sum]}
columns:
  login: login
  name_en: called
  role: {column: does, words: {"*": dispatcher, administrator: administrator, oversight: oversight}}
  block: {value: X}
"""


def test_ones_own_tables_stand_in_the_place_of_examples(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text(STAFF, encoding="utf-8")
    (tmp_path / "staff.yaml").write_text(MAP, encoding="utf-8")
    folder, begun = made(tmp_path, tables=[{"file": "staff.csv", "map": "staff.yaml"}])
    city, _warnings = sound_folder(folder)
    assert [(one.login, one.role) for one in city.people] == [
        ("ann", "dispatcher"), ("bob", "administrator"), ("bob", "oversight"),
    ]  # fmt: skip
    assert any(one.startswith("staff.csv: ") for one in begun.told)
    assert [one for one in begun.thin if "examples" in one] == [
        "stations, units, roster are examples: put your own in their place"
    ]


def test_of_forces_that_name_each_other_all_are_given_or_none(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("code,service\n011,police\n", encoding="utf-8")
    same = "type: {value: car}, capabilities: {value: patrol}, station: {value: S1}, crew: {value: '2'}"
    plan = f"table: units\ncolumns: {{code: code, service: service, {same}}}\n"
    (tmp_path / "units.yaml").write_text(plan, encoding="utf-8")
    with pytest.raises(Invalid, match="stations, roster"):
        made(tmp_path, tables=[{"file": "units.csv", "map": "units.yaml"}])
    assert not (tmp_path / "city").exists()


def test_what_city_check_would_refuse_is_refused_at_once(tmp_path: Path) -> None:
    path = answers(tmp_path)
    west, south, _east, north = SQUARE
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    geojson(tmp_path / "subs.geojson", [("X11", "Sub", shapely.box(west, south, west + 0.004, north))])
    given["levels"].insert(2, {"key": "sub", "en": "sub", "file": "subs.geojson", "code": "code", "name": "name"})
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    with pytest.raises(Invalid):
        begin(tmp_path / "city", read_answers(path), silent)
    assert not (tmp_path / "city").exists()


def test_a_newer_extract_leaves_what_is_the_city_s_own(tmp_path: Path) -> None:
    folder, _begun = made(tmp_path)
    with (folder / "addresses.csv").open("a", encoding="utf-8") as file:
        file.write("MINE1,Main Street,99,99 Main Street,,10.001,50.001,premises\n")
    text = (folder / "city.yaml").read_text(encoding="utf-8")
    cut = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("attribution"))
    (folder / "city.yaml").write_text(cut.rstrip("\n"), encoding="utf-8")
    report = renew(tmp_path / "town.osm", folder, silent)
    city, _warnings = sound_folder(folder)
    assert {row.code for row in city.addresses} == {"N5", "MINE1"}
    assert (report.counts["addresses"], city.city.attribution[:1]) == (1, "©")


def test_a_city_too_small_for_a_stand_in_says_so(tmp_path: Path) -> None:
    path = answers(tmp_path, extract=None)
    geojson(tmp_path / "parts.geojson", [("X1", "Dot", shapely.box(10, 50, 10.0001, 50.0001))])
    with pytest.raises(Invalid, match="too small"):
        begin(tmp_path / "city", read_answers(path), silent)


@pytest.mark.django_db
def test_it_loads_takes_a_call_and_recommends_a_unit(tmp_path: Path) -> None:
    folder, _begun = made(tmp_path)
    load_folder(folder, purpose="live")
    store_kinds_of_today()
    actor = actor_for(person("desk", (Role.DISPATCHER, "X")))
    place = {"lon": 10.0051, "lat": 50.0049, "text": "7 Main Street", "kind": "street"}
    assert_recommended(actor, place)


def store_kinds_of_today() -> None:
    from blockwise.cases.models import KindText

    if not KindText.objects.filter(current=True).exists():
        store_kinds()


def assert_recommended(actor: Actor, place: dict[str, Any]) -> None:
    Unit.objects.update(status_at=now())
    opened = engine.open_case("call", {"type": "medical.emergency", "place": place, "channel": "phone"}, actor)
    found = recommend(Case.objects.get(pk=opened.case))
    assert found.send, found
    assert "medical" in found.send[0].unit.capabilities


@pytest.mark.slow
@pytest.mark.parametrize(("city", "extract"), [("Helsinki", "Helsinki.osm.pbf"), ("Monaco", "monaco.osm.gz")])
def test_real_extracts_become_sound_folders(shared: Path, tmp_path: Path, city: str, extract: str) -> None:
    source = shared / "data" / "osm" / extract
    read = read_roads(source, silent)
    hull = shapely.buffer(
        shapely.concave_hull(shapely.multipoints(np.column_stack((read.lon, read.lat))), 0.15), 0.0005
    )
    path = answers(tmp_path, population=20_000, extract=None)
    geojson(tmp_path / "parts.geojson", [("X1", city, hull)])
    given = yaml.safe_load(path.read_text(encoding="utf-8")) | {"extract": str(source)}
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    begun = begin(tmp_path / city, read_answers(path), silent)
    folder, warnings = sound_folder(tmp_path / city)
    assert [problem.what for problem in warnings] == []
    assert len(folder.roads.edge) == begun.counts["edges"] > 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outlines", "parts", "people", "tolerance"),
    [("shenzhen_baoan_10_streets", 10, 3_000_000, 30), ("dongguan_33_towns", 33, 1_000_000, 400)],
)
def test_real_outlines_become_sound_folders(
    shared: Path, tmp_path: Path, outlines: str, parts: int, people: int, tolerance: int
) -> None:
    source = shared / "data" / "cn_boundaries" / f"{outlines}_wgs84_with_codes.geojson"
    code = "440306" if parts == 10 else "441900"
    path = answers(tmp_path, code=code, population=people, extract=None, tolerance_m=tolerance)
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    given["levels"][1]["file"] = str(source)
    given["levels"][2]["people"] = 5000
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    begun = begin(tmp_path / "made", read_answers(path), silent)
    folder, warnings = sound_folder(tmp_path / "made")
    assert [problem.what for problem in warnings] == []
    assert begun.counts["quarter"] == parts
    assert sum(block.population for block in folder.blocks if block.level == "cell") == pytest.approx(people, rel=1e-3)
