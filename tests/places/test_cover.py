"""The cover of units on the tiny city's one road: who is reached, how many, and when it is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from blockwise.analysis.roads import Snap
from blockwise.places import cover, roads
from blockwise.places.coordinates import E7
from blockwise.places.current import forget, places
from blockwise.places.models import Block
from tests.people import CELLS, point_in
from tests.response.one_road import make_road

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


def at(*cells: str) -> Snap:
    points = [[round(degrees * E7) for degrees in point_in(cell)] for cell in cells]
    return roads.joined(np.array(points, dtype=np.int64).reshape(-1, 2))


@pytest.fixture
def road(city: object) -> None:
    """Residents: 100 at the first cell, 200 at the next, and so on; all inside the outer ring of 15 minutes."""
    for place, cell in enumerate(CELLS, start=1):
        Block.objects.filter(code=cell).update(population=100 * place, core=False, beat=None)
    make_road()


def test_cover_is_not_told_before_it_is_known(road: None) -> None:
    assert cover.standing(at(CELLS[0]), 0.5, NOW) is None


def test_residents_within_their_ring_are_covered(road: None) -> None:
    """36 km/h over 1,026 m: the next cell is 103 s away, so 15 minutes reach eight cells on."""
    cover.prepare(places())
    found = cover.standing(at(CELLS[0], CELLS[0], CELLS[-1]), 0.5, NOW)
    assert found is not None
    assert found.weight.tolist() == [100.0 * place for place in range(1, len(CELLS) + 1)]
    near = np.abs(np.arange(len(CELLS))) <= 8
    assert found.reach[0].astype(bool).tolist() == near.tolist()
    assert found.covered([True, False, False]) == 0.5 * found.weight[near].sum()
    assert found.covered([True, True, False]) == 0.75 * found.weight[near].sum()


def test_the_core_is_reached_in_the_inner_ring(road: None) -> None:
    """5 minutes reach two cells on."""
    Block.objects.filter(code__in=CELLS).update(core=True)
    forget()
    cover.prepare(places())
    found = cover.standing(at(CELLS[0]), 0.5, NOW)
    assert found is not None
    assert found.reach.sum() == min(3, len(CELLS))


def test_without_residents_every_block_counts_alike(road: None) -> None:
    Block.objects.update(population=0)
    forget()
    cover.prepare(places())
    found = cover.standing(at(CELLS[0]), 0.5, NOW)
    assert found is not None
    assert set(found.weight.tolist()) == {1.0}
    assert cover.standing(at(), 0.5, NOW) is None


def test_a_server_makes_the_table_beside_its_work_and_again_for_the_next_city(
    road: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    class Beside:
        def __init__(self, *, target: object, args: tuple[object, ...], name: str, daemon: bool) -> None:
            assert (target, name, daemon) == (cover.prepare, "cover", True)
            self.args = args

        def start(self) -> None:
            made.extend(self.args)

    monkeypatch.setattr(cover.threading, "Thread", Beside)
    monkeypatch.setattr(cover, "_kept", [])
    cover.standing(at(CELLS[0]), 0.5, NOW)
    assert made == []  # nobody has asked this process to
    cover.keep_ready()
    cover.standing(at(CELLS[0]), 0.5, NOW)
    assert made == [places()]
    forget()
    cover.standing(at(CELLS[0]), 0.5, NOW)
    assert made[1:] == [places()]


def test_no_city_has_no_cover(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover, "_kept", [])
    forget()
    cover.keep_ready()
    assert cover._kept == []
