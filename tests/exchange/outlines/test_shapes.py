"""Outlines in the formats of surveyors, planners and portals; what is not what it says is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import shapely

from blockwise.exchange.outlines.shapes import read_shapes
from blockwise.places.coordinates import from_wgs84
from blockwise.problems import Invalid

SQUARE = "POLYGON ((113.9 22.5, 114 22.5, 114 22.6, 113.9 22.6, 113.9 22.5))"


def test_the_numbers_of_real_files(shared: Path) -> None:
    files = shared / "data" / "operator_files"
    expected = json.loads((files / "expected.json").read_text(encoding="utf-8"))
    found = read_shapes(files / "baoan_subdistricts.gpkg")
    assert found.crs == "EPSG:4490"
    assert {row["code"]: row["name"] for row in found.rows} == expected["baoan_subdistricts.gpkg"]["codes"]
    bounds = shapely.total_bounds(list(found.geometry)).tolist()
    assert bounds == pytest.approx(expected["baoan_subdistricts.gpkg"]["bounds_wgs84"], abs=1e-5)
    points = read_shapes(files / "stations_cgcs2000_gbk.zip")
    for row, point, wanted in zip(
        points.rows, points.geometry, expected["stations_cgcs2000_gbk.zip"]["stations"], strict=True
    ):
        assert (row["code"], row["name"]) == (wanted["code"], wanted["name"])
        assert (point.x, point.y) == pytest.approx((wanted["longitude"], wanted["latitude"]), abs=1e-5)


def test_what_says_no_coordinate_system_is_asked_for_it(shared: Path) -> None:
    path = shared / "data" / "operator_files" / "stations_without_prj_cpg.zip"
    with pytest.raises(Invalid, match="coordinate system"):
        read_shapes(path)
    told = read_shapes(path, "EPSG:4547")
    assert (told.rows[0]["name"], told.encoding) == ("新安街道执勤点", "GB18030")


def test_gcj02_is_moved_to_where_it_is(shared: Path) -> None:
    outlines = shared / "data" / "cn_boundaries"
    district = read_shapes(outlines / "datav_440300_shenzhen_districts_gcj02.json", "gcj02")
    whole = next(shape for row, shape in zip(district.rows, district.geometry, strict=True) if row["name"] == "宝安区")
    parts = read_shapes(outlines / "shenzhen_baoan_10_streets_wgs84.geojson")
    inside = [shapely.intersection(shapely.make_valid(part), whole).area / part.area for part in parts.geometry]
    assert min(inside) > 0.9


def csv_file(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_with_wkt(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path / "a.csv", f'名称,WKT\n新安街道,"{SQUARE}"\n', encoding)
    found = read_shapes(path, "EPSG:4326")
    assert (found.rows, found.geometry[0].area) == (({"名称": "新安街道"},), pytest.approx(0.01))


def test_each_system_by_its_name(tmp_path: Path) -> None:
    lon, lat = (float(value) for value in from_wgs84(114.0, 22.5, "bd09"))
    path = csv_file(tmp_path / "a.csv", f'name,wkt\nx,"POINT ({lon} {lat})"\n')
    found = read_shapes(path, "bd09").geometry[0]
    assert (found.x, found.y) == pytest.approx((114.0, 22.5), abs=1e-6)


def test_other_separators_old_line_ends_and_rows_without_a_shape(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", f'name;wkt\rx;"{SQUARE}"\rlost;\r')
    found = read_shapes(path, "EPSG:4326")
    assert ([row["name"] for row in found.rows], found.lost) == (["x"], 1)
    path = tmp_path / "a.geojson"
    lost = {"type": "Feature", "properties": {"name": "lost"}, "geometry": None}
    there = {**lost, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [lost, there]}), encoding="utf-8")
    assert read_shapes(path).lost == 1


def test_a_zip_as_people_make_them(shared: Path, tmp_path: Path) -> None:
    source = zipfile.ZipFile(shared / "data" / "operator_files" / "stations_cgcs2000_gbk.zip")
    path = tmp_path / "my stations.zip"
    with source, zipfile.ZipFile(path, "w") as archive:
        for name in source.namelist():
            archive.writestr(f"stations 2025/{name}", source.read(name))
            archive.writestr(f"__MACOSX/stations 2025/._{name}", b"\0" * 10)
    assert len(read_shapes(path).rows) == 10


KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>甲</name><Polygon>
<outerBoundaryIs><LinearRing><coordinates>0,0 1,0 1,1 0,0</coordinates></LinearRing></outerBoundaryIs></Polygon>
</Placemark></Document></kml>"""


def test_kml(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(KML, encoding="utf-8")
    found = read_shapes(path)
    assert (found.rows[0]["Name"], found.geometry[0].area) == ("甲", pytest.approx(0.5))


def test_an_archive_that_unpacks_to_more_than_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * 3_000_000)
    monkeypatch.setattr("blockwise.exchange.outlines.shapes.LARGEST", 1_000_000)
    with pytest.raises(Invalid, match="Unpacked"):
        read_shapes(path)


@pytest.mark.parametrize(
    ("name", "content", "crs"),
    [
        ("a.shp", b"\0" * 100, ""),
        ("a.geojson", b"PK\x03\x04", ""),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', ""),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', ""),
        ("a.gpkg", b"SQLite format 3\x00 and no more", ""),
        ("a.zip", b"PK\x03\x04 cut off", ""),
        ("a.kml", b"<?xml version='1.0'?><OGRVRTDataSource/>", ""),
        ("a.csv", b"name,area\nx,1\n", "EPSG:4326"),
        ("a.csv", b"name,wkt\nx,SQUARE\n", "EPSG:4326"),
        ("a.csv", b"name,wkt\nx,POINT (1 2)\n", ""),
        ("a.csv", b"name,wkt\nx,POINT (1 2)\n", "EPSG:99999"),
        ("a.csv", b"name,wkt\nx,POINT (1 2)\n", "the usual one"),
        ("a.csv", b"name,wkt\nx,POINT (22.5 113.9)\n", "EPSG:4326"),
        ("a.csv", b"name,wkt\nx,POINT (500000 2500000)\n", "EPSG:4326"),
        ("a.csv", b"\xff\xff\xff", "EPSG:4326"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_way_out(tmp_path: Path, name: str, content: bytes, crs: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as problem:
        read_shapes(path, crs)
    assert problem.value.fix
    assert str(path) in str(problem.value.where)
