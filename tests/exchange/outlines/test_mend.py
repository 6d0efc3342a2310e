"""Narrow overlaps and gaps are closed and told; wide ones are refused, with where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.exchange.outlines.blocks import Block, Columns, TooWide, level_of, root_of
from blockwise.exchange.outlines.mend import fitted
from blockwise.exchange.outlines.shapes import Shapes, read_shapes
from blockwise.problems import Invalid

M = 1 / 111_195  # degrees of a metre, at the equator
CITY = Block("44", "", "", "city", None, 0, shapely.box(-1, -1, 2, 2))


def beside(gap_m: float) -> list[shapely.Geometry]:
    """Two squares of 1 km with a gap between them, or an overlap where it is below 0."""
    side = 1000 * M
    return [shapely.box(0, 0, side, side), shapely.box(side + gap_m * M, 0, 2 * side + gap_m * M, side)]


def test_what_fits_stays_as_it_is() -> None:
    found = fitted(beside(0))
    assert (found.narrow, found.wide, found.rings, found.slivers) == ([], [], [], 0)
    assert [shape.area for shape in found.geometry] == pytest.approx([shape.area for shape in beside(0)], rel=1e-5)


def test_a_narrow_overlap_is_closed() -> None:
    found = fitted(beside(-5))
    assert (len(found.narrow), found.wide) == (1, [])
    assert found.narrow[0].area_m2 == pytest.approx(5000, rel=0.01)
    assert shapely.intersection(*found.geometry).area * 1e10 < 1


def test_a_wide_overlap_is_refused_and_says_which_tolerance_would_do() -> None:
    shapes = Shapes(({"code": "4401", "name": "甲"}, {"code": "4402", "name": "乙"}), tuple(beside(-300)), "", "")
    with pytest.raises(TooWide) as problem:
        level_of(shapes, Columns(), "part", [CITY], "a.geojson", 30.0)
    assert "甲" in str(problem.value.what)
    assert "乙" in str(problem.value.what)
    made = level_of(shapes, Columns(), "part", [CITY], "a.geojson", problem.value.widest_m + 1)
    assert "1 overlaps" in made.told[1]


def test_a_gap_inside_is_closed_where_narrow_and_kept_where_wide() -> None:
    side = 1000 * M
    for width, holes in ((4, 0), (400, 1)):
        hole = shapely.box(side / 2, side / 2, side / 2 + width * M, side / 2 + width * M)
        left = shapely.difference(shapely.box(0, 0, side, side), hole)
        found = fitted([left, shapely.box(side, 0, 2 * side, side)])
        assert len(found.geometry[0].interiors) == len(found.holes) == holes
        assert found.wide == []


def test_what_lies_wholly_in_another_is_refused_by_its_name() -> None:
    side = 1000 * M
    kiosk = shapely.box(side / 2, side / 2, side / 2 + 16 * M, side / 2 + 16 * M)
    shapes = Shapes(({"code": "4401", "name": "甲"}, {"code": "4402", "name": "亭"}), (beside(0)[0], kiosk), "", "")
    with pytest.raises(Invalid, match="亭"):
        level_of(shapes, Columns(), "part", [CITY], "a.geojson", 30.0)


def test_a_broken_ring_is_mended_and_a_line_is_no_outline() -> None:
    bow = shapely.polygons([(0, 0), (0.01, 0.01), (0.01, 0), (0, 0.01), (0, 0)])
    assert fitted([bow]).rings == [0]
    with pytest.raises(ValueError, match="outline 1"):
        fitted([shapely.linestrings([(0, 0), (1, 1)])])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=3, max_size=3))
def test_whatever_the_slips_the_parts_tile_what_they_make(gaps: list[float]) -> None:
    side, at, shapes = 1000 * M, 0.0, []
    for gap in gaps:
        shapes.append(shapely.box(at, 0, at + side, side))
        at += side + gap * M
    found = fitted(shapes)
    assert found.wide == []
    whole = shapely.union_all(found.geometry)
    assert sum(shape.area for shape in found.geometry) == pytest.approx(whole.area, rel=1e-6)


def test_codes_that_do_not_begin_with_their_parents_are_made_anew() -> None:
    rows = ({"code": "A1", "name": "甲", "people": "1,200"}, {"code": "A2", "name": "乙", "people": ""})
    made = level_of(
        Shapes(rows, tuple(beside(0)), "", ""), Columns(population="people"), "part", [CITY], "a.geojson", 30.0
    )
    assert [(block.code, block.population) for block in made.blocks] == [("4401", 1200), ("4402", 0)]
    assert "2 codes" in made.told[1]


def test_real_towns_need_a_word_and_then_tile(shared: Path) -> None:
    shapes = read_shapes(shared / "data" / "cn_boundaries" / "dongguan_33_towns_wgs84_with_codes.geojson")
    city = Block("441900", "", "", "city", None, 0, shapely.box(113, 22, 115, 24))
    with pytest.raises(TooWide) as problem:
        level_of(shapes, Columns(), "town", [city], "dongguan", 30.0)
    assert len(problem.value.misfits) == 4
    made = level_of(shapes, Columns(), "town", [city], "dongguan", 400.0)
    assert len(made.blocks) == 33
    assert {len(block.code) for block in made.blocks} == {9}
    root = root_of("441900", "东莞市", "Dongguan", "city", made.blocks)
    assert sum(block.geometry.area for block in made.blocks) == pytest.approx(root.geometry.area, rel=1e-6)
