"""Parts of about equal weight, each in one piece, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.grid.cells import Streets, grid_of, groups_of
from blockwise.exchange.grid.cut import parts_of
from blockwise.exchange.grid.faces import faces_of
from blockwise.exchange.outlines.blocks import Block

SIDE = 0.02


def mesh(columns: int, rows: int) -> tuple[np.ndarray, csr_array]:
    """Middles and borders of a mesh of squares."""
    at = np.array([(x, y) for y in range(rows) for x in range(columns)], float)
    pairs = [(k, k + 1) for k in range(len(at)) if (k + 1) % columns] + [
        (k, k + columns) for k in range(len(at) - columns)
    ]
    one, other = (np.array([pair[end] for pair in pairs], int) for end in (0, 1))
    both = np.concatenate((one, other)), np.concatenate((other, one))
    return at, coo_array((np.ones(len(both[0])), both), shape=(len(at), len(at))).tocsr()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_each_part_is_in_one_piece_and_nothing_is_left(columns: int, rows: int, count: int, seed: int) -> None:
    middle, beside = mesh(columns, rows)
    weight = np.random.default_rng(seed).gamma(2.0, size=len(middle)) + 1e-3
    part = parts_of(weight, middle, beside, count)
    assert len(part) == len(middle)
    assert part.max() + 1 <= count
    for number in range(part.max() + 1):
        own = np.flatnonzero(part == number)
        assert connected_components(beside[own][:, own], directed=False)[0] == 1
    assert (part == parts_of(weight, middle, beside, count)).all()


def test_on_even_ground_the_parts_are_alike() -> None:
    middle, beside = mesh(20, 20)
    part = parts_of(np.ones(400), middle, beside, 16)
    sizes = np.bincount(part)
    assert len(sizes) == 16
    assert sizes.std() / sizes.mean() < 0.1


def streets(*lines: list[tuple[float, float]], names: tuple[str, ...] = ()) -> Streets:
    called = names or ("",) * len(lines)
    return Streets(np.array([shapely.linestrings(line) for line in lines], dtype=object), called, called)


BLOCK = Block("11", "甲街道", "A", "part", "1", 2480, shapely.box(0, 0, SIDE, SIDE))
CROSS = streets([(0, SIDE / 2), (SIDE, SIDE / 2)], [(SIDE / 2, 0), (SIDE / 2, SIDE)], names=("横路", "纵路"))


def test_a_block_is_cut_along_its_roads() -> None:
    grid = grid_of([BLOCK], "cell", CROSS, np.empty((0, 2)), 620)
    assert [cell.code for cell in grid.cells] == ["1101", "1102", "1103", "1104"]
    assert [cell.population for cell in grid.cells] == [620] * 4
    assert all(cell.geometry.area == pytest.approx(SIDE**2 / 4, rel=1e-6) for cell in grid.cells)
    assert grid.cells[0].geometry.centroid.y > grid.cells[3].geometry.centroid.y  # from the north
    assert all("横路" in cell.name and "纵路" in cell.name for cell in grid.cells)
    assert len({cell.name for cell in grid.cells}) == 4
    assert grid.unequal == pytest.approx(0.0, abs=1e-9)


def test_residents_are_where_the_doors_are() -> None:
    doors = np.array([(0.004 + 1e-5 * k, 0.015) for k in range(300)])
    grid = grid_of([BLOCK], "cell", CROSS, doors, 620)
    assert sorted(cell.population for cell in grid.cells) == [0, 0, 0, 2480]
    assert grid.unequal > 1


def test_a_block_without_a_road_is_one_cell() -> None:
    grid = grid_of([BLOCK], "cell", streets(), np.empty((0, 2)), 620)
    (cell,) = grid.cells
    assert cell.geometry.area == pytest.approx(BLOCK.geometry.area, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, SIDE)] * 4), min_size=1, max_size=12))
def test_whatever_the_roads_the_cells_tile_their_block(roads: list[tuple[float, ...]]) -> None:
    lines = [[(a, b), (c, d)] for a, b, c, d in roads if (a, b) != (c, d)]
    faces = faces_of(BLOCK.geometry, streets(*lines).line, np.empty((0, 2)))
    assert shapely.area(faces.shape).sum() == pytest.approx(BLOCK.geometry.area, rel=1e-5)
    grid = grid_of([BLOCK], "cell", streets(*lines), np.empty((0, 2)), 620)
    assert sum(cell.geometry.area for cell in grid.cells) == pytest.approx(BLOCK.geometry.area, rel=1e-5)


def test_groups_of_cells_are_in_one_piece() -> None:
    cells = [
        Block(f"{k}", "", "", "cell", "1", 100, shapely.box(x, y, x + 0.01, y + 0.01))
        for k, (x, y) in enumerate((0.01 * (n % 6), 0.01 * (n // 6)) for n in range(36))
    ]
    group = groups_of(cells, 6)
    assert np.bincount(group).tolist() == [6] * 6
    for number in range(6):
        whole = shapely.union_all([cell.geometry for cell, own in zip(cells, group, strict=True) if own == number])
        assert whole.geom_type == "Polygon"
