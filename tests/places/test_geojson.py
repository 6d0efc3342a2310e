"""Blocks and roads as they are sent to maps."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import shapely

from blockwise.exchange.folder import CityFolder
from blockwise.places import actions
from blockwise.places.geojson import Document, blocks_geojson, roads_geojson
from blockwise.problems import Invalid
from tests.exchange.tiny_city import node_point


def features(document: Document) -> list[dict[str, Any]]:
    collection = json.loads(document.body)
    assert collection["type"] == "FeatureCollection"
    found: list[dict[str, Any]] = collection["features"]
    return found


def codes(level: str | None, prefix: str = "") -> list[str]:
    return [feature["id"] for feature in features(blocks_geojson(level, prefix))]


def test_blocks_of_a_level_and_a_subtree(town: CityFolder) -> None:
    assert codes(None) == ["TA", "TB"]
    assert codes("city") == ["T"]
    assert codes("cell") == [f"T{c}{n}" for c in "AB" for n in range(1, 5)]
    assert codes("cell", "TB") == ["TB1", "TB2", "TB3", "TB4"]
    assert codes("cell", "X") == []


def test_a_block_is_drawn_with_what_is_known_of_it(town: CityFolder) -> None:
    (feature,) = features(blocks_geojson("cell", "TA1"))
    assert feature["properties"] == {
        "code": "TA1", "name": "A区1号网格", "name_en": "Cell A1", "level": "cell", "parent": "TA",
        "population": 1000, "core": True, "beat": "BTA", "zone": "ZA", "label": [113.905, 22.555],
    }  # fmt: skip
    assert shapely.geometry.shape(feature["geometry"]).equals(shapely.box(113.9, 22.55, 113.91, 22.56))


def test_an_unknown_level_is_refused(town: CityFolder) -> None:
    with pytest.raises(Invalid, match=re.escape("Give one of: city, community, cell.")):
        blocks_geojson("street")


def test_thinned_outlines_still_fit_together(town: CityFolder) -> None:
    """A border with a vertex every metre and a half, wavy by centimetres, drawn once for both neighbours."""
    wavy = [(113.91 + (k % 2) * 2e-7, 22.55 + k * 1.25e-5) for k in range(1, 800)]
    west = shapely.Polygon([(113.90, 22.55), (113.91, 22.55), *wavy, (113.91, 22.56), (113.90, 22.56)])
    east = shapely.Polygon([(113.92, 22.55), (113.92, 22.56), (113.91, 22.56), *wavy[::-1], (113.91, 22.55)])
    shapes = {"TA1": west, "TA2": east}
    blocks = tuple(replace(b, geometry=shapes.get(b.code, b.geometry)) for b in town.blocks)
    actions.load(replace(town, blocks=blocks), purpose="demo", record=lambda act, data: None)
    drawn = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in features(blocks_geojson("cell", "TA"))}
    assert shapely.coverage_is_valid([drawn[code] for code in sorted(drawn)])
    assert shapely.get_num_coordinates(drawn["TA1"]) < 20
    assert drawn["TA1"].symmetric_difference(west).area < west.area * 1e-3


def test_the_tag_changes_with_the_content_only(town: CityFolder) -> None:
    before = blocks_geojson("community")
    assert blocks_geojson("community") is before
    actions.load(replace(town, addresses=()), purpose="demo", record=lambda act, data: None)
    assert blocks_geojson("community").etag == before.etag
    renamed = tuple(replace(b, name="新" if b.code == "TA" else b.name) for b in town.blocks)
    actions.load(replace(town, addresses=(), blocks=renamed), purpose="demo", record=lambda act, data: None)
    assert blocks_geojson("community").etag != before.etag


def test_roads_are_one_feature_a_street(town: CityFolder) -> None:
    drawn = {feature["properties"]["name"]: feature for feature in features(roads_geojson())}
    assert len(drawn) == 12
    street = drawn["横1路"]
    assert street["properties"] == {"name": "横1路", "name_en": "Row 1 Road", "class": "street"}
    assert street["geometry"]["type"] == "MultiLineString"
    assert street["geometry"]["coordinates"] == [
        [[round(v, 5) for v in node_point(c, 1)], [round(v, 5) for v in node_point(c + 1, 1)]] for c in range(7)
    ]
