"""Points to blocks: against plain geometry, on borders, in seams, outside."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.index import NOWHERE, BlockIndex

# a city of 4 x 4 unit cells "R<column><row>" under two halves "R0", "R1"... and a park that has no cells
CELLS = {f"R{c // 2}{c}{r}": shapely.box(c, r, c + 1, r + 1) for c in range(4) for r in range(4)}
HALVES = {"R0": shapely.box(0, 0, 2, 4), "R1": shapely.box(2, 0, 4, 4), "R2": shapely.box(4, 0, 5, 4)}
LEVEL = {"R": 0} | dict.fromkeys(HALVES, 1) | dict.fromkeys(CELLS, 2)
SHAPES = {"R": shapely.box(0, 0, 5, 4)} | HALVES | CELLS


def city(order: list[str] | None = None) -> BlockIndex:
    codes = order or list(SHAPES)
    return BlockIndex(codes, [LEVEL[c] for c in codes], [SHAPES[c] for c in codes])


def expected(lon: float, lat: float) -> str | None:
    """The deepest level that touches the point, and of those blocks the smallest code."""
    point = shapely.Point(lon, lat)
    touching = [code for code, shape in SHAPES.items() if shape.intersects(point)]
    return min(touching, key=lambda code: (-LEVEL[code], code)) if touching else None


GRID = st.one_of(st.floats(-0.5, 5.5).map(lambda x: round(x, 6)), st.sampled_from([0.0, 1.0, 2.0, 2.5, 4.0, 5.0]))


@given(st.lists(st.tuples(GRID, GRID), min_size=1, max_size=30), st.permutations(list(SHAPES)))
def test_every_point_has_the_deepest_block_and_a_border_the_smallest_code(
    points: list[tuple[float, float]], order: list[str]
) -> None:
    index = city(order)
    assert [index.at(*p) for p in points] == [expected(*p) for p in points]
    found = index.find(*np.array(points).T)
    assert [index.codes[k] if k != NOWHERE else None for k in found] == [index.at(*p) for p in points]


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(0.5, 0.5, "R000"), (1, 0.5, "R000"), (2, 2, "R011"), (4, 1, "R130"), (4.5, 1, "R2"), (5.1, 1, None)],
)
def test_one_block_a_point(lon: float, lat: float, code: str | None) -> None:
    assert city().at(lon, lat) == code


def test_a_point_that_rounding_put_between_two_outlines_still_has_a_block() -> None:
    gap = 1e-7
    parts = [shapely.box(0, 0, 1, 1), shapely.box(1 + gap, 0, 2, 1)]
    index = BlockIndex(["RB", "RA"], [1, 1], parts)
    assert index.at(1 + gap / 2, 0.5) == "RA"
    assert index.at(-1e-6, 0.5) is None
    assert index.find(np.array([1 + gap / 2, -1e-6]), np.array([0.5, 0.5])).tolist() == [0, NOWHERE]


def test_an_empty_city_has_no_blocks() -> None:
    index = BlockIndex([], [], [])
    assert index.at(0, 0) is None
    assert index.find(np.zeros(3), np.zeros(3)).tolist() == [NOWHERE] * 3
    nothing: Any = index.find(np.zeros(0), np.zeros(0))
    assert nothing.shape == (0,)
