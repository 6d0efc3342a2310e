"""Conversion against published pairs, round trips everywhere in China, and a real outline."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.coordinates import (
    CHINA_BOX,
    Crs,
    Point,
    PointError,
    from_wgs84,
    in_china_box,
    parse_point,
    to_wgs84,
)

MILLIMETRE = 1e-3 / 111_320  # degrees
SHANGHAI = ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597))
SHENZHEN = ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766))
BEIJING = ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069))

# a kilometre inside the box, so that the shift itself never crosses its edge
west, south, east, north = CHINA_BOX
IN_CHINA = st.tuples(st.floats(west + 0.02, east - 0.02), st.floats(south + 0.02, north - 0.02))


@pytest.mark.parametrize("pair", [SHANGHAI, SHENZHEN, BEIJING])
def test_published_pairs_of_wgs84_and_gcj02(pair: Any) -> None:
    wgs, gcj = pair
    assert from_wgs84(*wgs, "gcj02") == (pytest.approx(gcj[0], abs=1e-12), pytest.approx(gcj[1], abs=1e-12))
    assert to_wgs84(*gcj, "gcj02") == (pytest.approx(wgs[0], abs=1e-12), pytest.approx(wgs[1], abs=1e-12))


@given(st.lists(IN_CHINA, min_size=1, max_size=50), st.sampled_from(["gcj02", "bd09"]))
def test_round_trip_is_exact_to_a_millimetre(points: list[tuple[float, float]], crs: Crs) -> None:
    lon, lat = np.array(points).T
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, crs), crs)
    assert np.abs(back_lon - lon).max() < MILLIMETRE
    assert np.abs(back_lat - lat).max() < MILLIMETRE


@given(IN_CHINA)
def test_the_shift_in_china_is_of_tens_to_a_few_thousand_metres(point: tuple[float, float]) -> None:
    lon, lat = from_wgs84(*point, "bd09")
    assert 1e-4 < math.hypot(float(lon) - point[0], float(lat) - point[1]) < 0.05


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
@pytest.mark.parametrize("point", [(-122.4194, 37.7749), (2.35, 48.85), (71.9, 39.0), (140.0, 36.0)])
def test_outside_china_all_systems_are_wgs84(crs: Crs, point: tuple[float, float]) -> None:
    assert from_wgs84(*point, crs) == point
    assert to_wgs84(*point, crs) == point


def test_one_array_may_hold_points_of_both_sides() -> None:
    lon, lat = from_wgs84([SHENZHEN[0][0], -122.4194], [SHENZHEN[0][1], 37.7749], "gcj02")
    assert lon.tolist() == pytest.approx([SHENZHEN[1][0], -122.4194], abs=1e-12)
    assert lat.tolist() == pytest.approx([SHENZHEN[1][1], 37.7749], abs=1e-12)
    assert in_china_box([SHENZHEN[0][0], -122.4194], [22.5, 37.8]).tolist() == [True, False]


def test_nan_stays_nan_and_shapes_are_kept() -> None:
    lon, lat = to_wgs84(np.full((2, 3), np.nan), np.full((2, 3), 30.0), "bd09")
    assert lon.shape == lat.shape == (2, 3)
    assert np.isnan(lon).all()


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown coordinate system 'epsg:4326'"):
        to_wgs84(0, 0, "epsg:4326")
    with pytest.raises(ValueError, match="use wgs84, gcj02 or bd09"):
        from_wgs84(0, 0, "")


def test_baoan_contains_its_sub_districts_only_after_conversion(shared: Path) -> None:
    folder = shared / "data" / "cn_boundaries"
    districts = json.loads((folder / "datav_440300_shenzhen_districts_gcj02.json").read_text())
    streets = json.loads((folder / "shenzhen_baoan_10_streets_wgs84.geojson").read_text())
    (baoan,) = [f for f in districts["features"] if f["properties"]["adcode"] == 440306]
    outline = shapely.make_valid(shapely.geometry.shape(baoan["geometry"]))
    parts = [shapely.make_valid(shapely.geometry.shape(f["geometry"])) for f in streets["features"]]
    converted = shapely.transform(outline, lambda xy: np.column_stack(to_wgs84(*xy.T, "gcj02")))

    assert len(parts) == 10
    assert _share_inside(converted, parts) > 0.99
    assert _share_inside(outline, parts) < 0.96


def _share_inside(outline: Any, parts: list[Any]) -> float:
    return float(sum(part.intersection(outline).area for part in parts) / sum(part.area for part in parts))


def test_a_point_is_kept_as_integers_of_a_ten_millionth_degree() -> None:
    point = parse_point("113.9123160", 22.543847)
    assert point == Point(lon_e7=1139123160, lat_e7=225438470)
    assert (point.lon, point.lat) == (113.912316, 22.543847)
    assert parse_point(-180, "90") == Point(-1800000000, 900000000)


@given(st.integers(-1800000000, 1800000000), st.integers(-900000000, 900000000))
def test_every_point_survives_degrees_and_back(lon_e7: int, lat_e7: int) -> None:
    point = Point(lon_e7, lat_e7)
    if (lon_e7, lat_e7) != (0, 0):
        assert parse_point(point.lon, point.lat) == point
        assert parse_point(f"{point.lon!r}", f" {point.lat!r} ") == point


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (float("nan"), 22.5, "not_a_number"),
        (113.9, float("-inf"), "not_a_number"),
        ("nan", "22.5", "not_a_number"),
        ("Infinity", "22.5", "not_a_number"),
        ("", "", "not_a_number"),
        (None, None, "not_a_number"),
        (True, False, "not_a_number"),
        ([113.9], 22.5, "not_a_number"),
        ("113.9\x00", "22.5", "not_a_number"),
        ("\ud800", "22.5", "not_a_number"),
        ("1_1", "22.5", "not_a_number"),
        ("１１３", "22.5", "not_a_number"),
        ("9" * 100_000, "22.5", "not_a_number"),
        (10**400, 22.5, "out_of_range"),
        ("1e99", "22.5", "out_of_range"),
        (180.1, 22.5, "out_of_range"),
        (113.9, -90.0001, "out_of_range"),
        (113.9, 200, "out_of_range"),
        (22.543847, 113.912316, "swapped"),
        ("37.7749", "-122.4194", "swapped"),
        (0, 0, "zero"),
        ("-0.0", "0.00000001", "zero"),
    ],
)
def test_hostile_points_are_refused_with_their_reason(lon: object, lat: object, code: str) -> None:
    with pytest.raises(PointError) as refused:
        parse_point(lon, lat)
    assert refused.value.code == code
    assert len(str(refused.value)) < 120
