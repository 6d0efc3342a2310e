"""A generated city: the same for its seed, whole, and shaped as it was asked to be."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.folder import check_folder
from blockwise.exchange.newcity import Size, new_city
from blockwise.problems import Conflict
from blockwise.rooms import GRANTED
from tests.exchange.city_files import CityFiles, digest, free_sides

SEED = 7
SHAPE: dict[Size, dict[str, int]] = {
    "small": {"district": 1, "subdistrict": 2, "community": 12, "cell": 400},
    "district": {"district": 1, "subdistrict": 10, "community": 124, "cell": 4833},
}
GROUPS: dict[Size, tuple[int, int]] = {"small": (34, 4), "district": (397, 23)}
FORCES: dict[Size, tuple[int, int]] = {"small": (24, 60), "district": (120, 300)}
NODES: dict[Size, tuple[int, int]] = {"small": (3_000, 5_000), "district": (20_000, 40_000)}
PEOPLE: dict[Size, int] = {"small": 248_000, "district": 3_000_000}
AREA: dict[Size, float] = {"small": 33.0, "district": 400.0}
ADDRESSES: dict[Size, int] = {"small": 10_000, "district": 120_000}
CODE = re.compile(r"[0-9A-Z]{1,24}")
RADIUS = 6_371_008.8


@pytest.fixture(scope="module", params=["small", pytest.param("district", marks=pytest.mark.slow)])
def size(request: pytest.FixtureRequest) -> Size:
    chosen: Size = request.param
    return chosen


@pytest.fixture(scope="module")
def city(size: Size, tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    folder = tmp_path_factory.mktemp("cities") / size
    new_city(folder, SEED, size)
    return CityFiles(folder)


def test_same_seed_same_bytes(city: CityFiles, size: Size, tmp_path: Path) -> None:
    new_city(tmp_path / "again", SEED, size)
    assert digest(tmp_path / "again") == digest(city.folder)


def test_another_seed_another_city(city: CityFiles, size: Size, tmp_path: Path) -> None:
    new_city(tmp_path / "other", SEED + 1, size)
    ours, theirs = digest(city.folder), digest(tmp_path / "other")
    same = {name for name in ours if ours[name] == theirs[name]}
    assert {"city.yaml", "statuses.csv", "calendar.csv"} <= same
    assert {"blocks.geojson", "roads.parquet", "addresses.csv", "calls.parquet", "truth.json"}.isdisjoint(same)


def test_check_finds_nothing(city: CityFiles) -> None:
    assert [str(problem) for problem in check_folder(city.folder)] == []


def test_counts(city: CityFiles, size: Size) -> None:
    assert Counter(block["level"] for block in city.blocks.values()) == SHAPE[size]
    beats, zones = city.table("beats"), city.table("zones")
    assert (len({row["code"] for row in beats}), len({row["code"] for row in zones})) == GROUPS[size]
    assert (len(city.table("stations")), len(city.table("units"))) == FORCES[size]
    assert abs(len(city.table("addresses")) / ADDRESSES[size] - 1) < 0.05
    low, high = NODES[size]
    assert low <= len(np.unique(np.concatenate([city.roads["from_node"], city.roads["to_node"]]))) <= high


def test_summary_and_truth_say_what_was_written(city: CityFiles, size: Size, tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    summary = new_city(tmp_path / "city", SEED, size, lambda name, share: steps.append((name, share)))
    counts = dict(summary.counts)
    assert counts == city.truth["counts"]
    assert counts["calls"] == len(city.calls)
    assert counts["addresses"] == len(city.table("addresses"))
    assert counts["people"] == len(city.table("people"))
    assert counts["road_edges"] == len(city.roads["edge"])
    assert (city.truth["seed"], city.truth["size"]) == (SEED, size)
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    assert (steps[0][1], steps[-1][1]) == (0.0, 1.0)


def test_codes_are_prefixes(city: CityFiles) -> None:
    widths = {"district": 6, "subdistrict": 9, "community": 12, "cell": 16}
    for code, block in city.blocks.items():
        assert CODE.fullmatch(code)
        assert len(code) == widths[block["level"]]
        assert block["parent"] is None or code.startswith(block["parent"])
        assert block["parent"] is None or block["parent"] in city.blocks
    assert next(iter(city.blocks)) == "990306"


def test_residents_add_up(city: CityFiles, size: Size) -> None:
    assert city.blocks["990306"]["population"] == PEOPLE[size]
    for parent, children in city.children().items():
        assert city.blocks[parent]["population"] == sum(city.blocks[c]["population"] for c in children)
    few = [code for code in city.level("cell") if city.blocks[code]["population"] < 100]
    assert 0.02 < len(few) / len(city.level("cell")) < 0.2


def test_the_core_is_denser_than_the_rim(city: CityFiles) -> None:
    totals = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for code in city.level("cell"):
        block = city.blocks[code]
        totals[block["core"]][0] += block["population"]
        totals[block["core"]][1] += shapely.Polygon(block["rings"][0]).area
    assert totals[True][0] / totals[True][1] > 2 * totals[False][0] / totals[False][1]


def test_children_share_every_side(city: CityFiles) -> None:
    """Struck against each other, the children's sides leave the parent's, corner for corner."""
    for parent, children in city.children().items():
        sides = [side for child in children for side in city.sides(child)]
        assert free_sides(sides) == Counter(city.sides(parent)), parent


def test_children_fill_their_parent_without_overlap(city: CityFiles) -> None:
    shapes = {code: shapely.Polygon(block["rings"][0]) for code, block in city.blocks.items()}
    assert all(shape.is_valid and shape.exterior.is_ccw for shape in shapes.values())
    for parent, children in city.children().items():
        assert sum(shapes[c].area for c in children) == pytest.approx(shapes[parent].area, abs=1e-9)
        union = shapely.union_all([shapes[c] for c in children])
        assert union.symmetric_difference(shapes[parent]).area < 1e-9
    cells = np.array([shapes[code] for code in city.level("cell")])
    one, two = shapely.STRtree(cells).query(cells, predicate="intersects")
    shared = shapely.area(shapely.intersection(cells[one[one < two]], cells[two[one < two]]))
    assert shared.max() < 1e-9


def test_area(city: CityFiles, size: Size) -> None:
    ring = np.radians(np.array(city.blocks["990306"]["rings"][0]))
    x, y = ring[:, 0] * np.cos(ring[:, 1].mean()) * RADIUS, ring[:, 1] * RADIUS
    assert shapely.Polygon(np.column_stack([x, y])).area / 1e6 == pytest.approx(AREA[size], rel=0.08)


@pytest.mark.parametrize("name", ["beats", "zones"])
def test_groupings_hold_each_cell_once_and_hang_together(city: CityFiles, name: str) -> None:
    rows = city.table(name)
    assert Counter(row["cell"] for row in rows) == Counter(city.level("cell"))
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row["code"], []).append(row["cell"])
    for cells in groups.values():
        assert len({cell[: 12 if name == "beats" else 9] for cell in cells}) == 1
        union = shapely.union_all([shapely.Polygon(city.blocks[cell]["rings"][0]) for cell in cells])
        assert union.geom_type == "Polygon"


def test_roads_are_one_network(city: CityFiles) -> None:
    roads = city.roads
    nodes, ends = np.unique(np.column_stack([roads["from_node"], roads["to_node"]]), return_inverse=True)
    start, stop = ends.reshape(-1, 2).T
    back = ~roads["oneway"]
    rows, columns = np.concatenate([start, stop[back]]), np.concatenate([stop, start[back]])
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(nodes), len(nodes)))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    assert 0.03 < roads["oneway"].mean() < 0.25
    assert len(np.unique(roads["edge"])) == len(roads["edge"])


def test_road_nodes_lie_in_one_place_and_lengths_fit(city: CityFiles) -> None:
    roads = city.roads
    places: dict[int, tuple[float, float]] = {}
    for side in ("from", "to"):
        for node, *place in zip(roads[f"{side}_node"], roads[f"{side}_lon"], roads[f"{side}_lat"], strict=True):
            assert places.setdefault(int(node), (place[0], place[1])) == (place[0], place[1])
    lon, lat = (np.radians((roads[f"from_{c}"], roads[f"to_{c}"])) for c in ("lon", "lat"))
    flat = RADIUS * np.hypot((lon[1] - lon[0]) * np.cos(lat.mean(axis=0)), lat[1] - lat[0])
    assert np.abs(flat - roads["length_m"]).max() < 0.02


def test_roads_have_classes_and_slow_down(city: CityFiles) -> None:
    roads = city.roads
    assert (roads["speed_peak_kmh"] < roads["speed_day_kmh"]).all()
    assert (roads["speed_day_kmh"] < roads["speed_night_kmh"]).all()
    assert roads["speed_peak_kmh"].min() > 5
    mean = {kind: roads["speed_night_kmh"][roads["class"] == kind].mean() for kind in set(roads["class"])}
    assert sorted(mean, key=mean.__getitem__) == ["local", "collector", "arterial", "expressway"]
    km = {kind: roads["length_m"][roads["class"] == kind].sum() for kind in mean}
    assert sorted(km, key=km.__getitem__) == ["expressway", "arterial", "collector", "local"]


def test_street_names_are_one_to_one(city: CityFiles) -> None:
    pairs = set(zip(city.roads["name"], city.roads["name_en"], strict=True))
    assert len(pairs) == len({zh for zh, _ in pairs}) == len({en for _, en in pairs})


def test_addresses_lie_in_the_cell_they_name(city: CityFiles) -> None:
    rows = city.table("addresses")
    shapes = [shapely.Polygon(city.blocks[row["code"][:16]]["rings"][0]) for row in rows]
    points = np.array([(float(row["lon"]), float(row["lat"])) for row in rows])
    assert shapely.contains_xy(np.array(shapes), points[:, 0], points[:, 1]).all()
    assert {row["street"] for row in rows} <= set(city.roads["name"])
    assert len({row["code"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    assert {row["use"] for row in rows} == {"dwelling", "premises", "public"}
    assert all(row["text"].endswith(f"{row['street']}{row['number']}号") for row in rows)


def test_door_numbers_rise_along_the_street(city: CityFiles) -> None:
    """On every street with many odd doors, the number follows the way along it."""
    doors: dict[str, list[tuple[int, float, float]]] = {}
    for row in city.table("addresses"):
        if row["number"].isdigit() and int(row["number"]) % 2:
            door = (int(row["number"]), float(row["lon"]) * 0.765, float(row["lat"]))
            doors.setdefault(row["street"], []).append(door)
    fits = []
    for rows in doors.values():
        if len(rows) >= 15:
            number, points = np.array(rows)[:, 0], np.array(rows)[:, 1:]
            points = points - points.mean(axis=0)
            along = points @ np.linalg.svd(points, full_matrices=False)[2][0]
            fits.append(abs(np.corrcoef(np.argsort(np.argsort(number)), np.argsort(np.argsort(along)))[0, 1]))
    assert len(fits) > 20
    assert np.median(fits) > 0.99
    assert min(fits) > 0.8


def test_references_resolve(city: CityFiles) -> None:
    stations = {row["code"]: row for row in city.table("stations")}
    units = {row["code"]: row for row in city.table("units")}
    zones = {row["code"] for row in city.table("zones")}
    assert all(CODE.fullmatch(code) for code in [*stations, *units, *zones])
    assert {row["station"] for row in units.values()} <= set(stations)
    assert {row["zone"] for row in units.values()} - {""} <= zones
    assert {row["unit"] for row in city.table("roster")} == set(units)
    assert {row["service"] for row in stations.values()} == {"police", "fire", "ems", "post"}
    assert all(row["zone"] for row in units.values() if "patrol" in row["capabilities"])
    root = shapely.Polygon(city.blocks["990306"]["rings"][0])
    assert all(root.contains(shapely.Point(float(s["lon"]), float(s["lat"]))) for s in stations.values())


def test_people_answer_for_every_community(city: CityFiles) -> None:
    people = {row["login"]: row for row in city.table("people")}
    units = {row["code"] for row in city.table("units")}
    for code in city.level("community") + city.level("subdistrict"):
        leader = people[f"leader-{code}"]
        assert (leader["role"], leader["block"]) == ("block_leader", code)
    roles = {"taker": "call_taker", "dispatcher": "dispatcher", "analyst": "analyst", "oversight": "oversight"}
    for login, role in (roles | {"admin": "administrator"}).items():
        assert (people[login]["role"], people[login]["block"]) == (role, "990306")
    crews = {login: row for login, row in people.items() if row["role"] == "crew"}
    assert len(crews) >= 9
    assert all(row["unit"] in units and login == f"crew-{row['unit'].lower()}" for login, row in crews.items())
    assert len({row["name"] for row in people.values()}) == len(people)
    assert {row["role"] for row in people.values()} == {role.value for role in GRANTED}
    assert people["officer"]["department"] == "housing"


def on_duty(city: CityFiles, day: str, clock: str) -> set[str]:
    """Units on a shift at a time of day, by the roster's words."""
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    before = week[week.index(day) - 1]
    found = set()
    for row in city.table("roster"):
        days = row["days"].split()
        late = row["to"] <= row["from"]
        tonight = day in days and row["from"] <= clock and (late or clock < row["to"])
        if tonight or (late and before in days and clock < row["to"]):
            found.add(row["unit"])
    return found


@pytest.mark.parametrize(("day", "clock"), [("mon", "03:00"), ("wed", "10:00"), ("sat", "23:30"), ("sun", "07:59")])
def test_every_service_is_always_on_duty(city: CityFiles, day: str, clock: str) -> None:
    units = {row["code"]: row for row in city.table("units")}
    on = Counter(units[code]["service"] for code in on_duty(city, day, clock))
    assert min(on["police"], on["fire"], on["ems"]) >= 3
    assert len(on_duty(city, day, clock)) < len(units)


@pytest.mark.parametrize("seed", [0, 41, 43, 51, 100, 2**40])
@pytest.mark.slow
def test_any_seed_gives_a_sound_city(seed: int, tmp_path: Path) -> None:
    summary = new_city(tmp_path, seed, "small")
    assert [str(problem) for problem in check_folder(tmp_path)] == []
    assert summary.counts["cells"] == 400


def test_what_is_there_already_is_not_written_over(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    edited = tmp_path / "edited"
    edited.mkdir()
    (edited / "city.yaml").write_text("mine too")
    for target in (taken, edited):
        with pytest.raises(Conflict, match="something there already"):
            new_city(target, SEED, "small")
    assert taken.read_text() == "mine"
    assert [path.read_text() for path in edited.iterdir()] == ["mine too"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    new_city(tmp_path, SEED, "small")
    assert (tmp_path / "truth.json").is_file()
