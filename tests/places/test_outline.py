"""The outline that a page shows before the map is there: the city's largest blocks, in few bytes."""

from __future__ import annotations

import math
import re

import pytest

from blockwise.places.current import forget, places
from blockwise.places.models import City
from blockwise.places.outline import edition, outline

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]


def test_it_holds_the_whole_city_in_its_box() -> None:
    found = outline()
    west, south, east, north = found.bounds
    shapes = places().index.shapes
    assert (west, south) == (min(s.bounds[0] for s in shapes), min(s.bounds[1] for s in shapes))
    assert (east, north) == (max(s.bounds[2] for s in shapes), max(s.bounds[3] for s in shapes))
    _x, _y, width, height = map(int, found.box.split())
    points = [(int(x), int(y)) for x, y in re.findall(r"(\d+) (\d+)", found.path)]
    assert (min(x for x, _y in points), max(x for x, _y in points)) == (0, width)
    assert (min(y for _x, y in points), max(y for _x, y in points)) == (0, height)
    upright = math.radians(north - south) / math.cos(math.radians((south + north) / 2))
    assert height / width == pytest.approx(upright / math.radians(east - west), rel=0.01)  # as web maps stretch it


def test_there_is_a_ring_for_each_of_the_largest_blocks_and_nothing_that_could_be_markup() -> None:
    found = outline()
    index = places().index
    assert found.path.count("M") == found.path.count("Z") == int((index.levels == 1).sum())
    assert re.fullmatch(r"[MZ0-9 ]+", found.path)
    assert found.levels == tuple(row["key"] for row in places().city.levels[1:])


def test_it_is_made_once_and_another_version_of_the_city_is_another_edition() -> None:
    before = outline()
    assert outline() is before
    assert before.edition == edition(places())
    City.objects.update(version=7)
    forget()
    assert outline().edition != before.edition
