"""The block tree of the tiny city, asked by point and by code."""

import re

import numpy as np
import pytest
from django.utils import timezone

from blockwise.exchange.folder import CityFolder
from blockwise.places import current, queries
from blockwise.places.models import Block, City
from blockwise.places.queries import BlockAnswer, BlockName
from blockwise.problems import NotFound
from tests.exchange.tiny_city import node_point

pytestmark = pytest.mark.usefixtures("town")

ROOT = BlockName("T", "小城", "Tiny City", "city")
WEST = BlockName("TA", "西社区", "West", "community")


def e7(lon: float, lat: float) -> tuple[int, int]:
    return round(lon * 1e7), round(lat * 1e7)


def test_a_point_is_answered_for_by_its_cell_and_all_it_belongs_to() -> None:
    cell = BlockName("TA1", "A区1号网格", "Cell A1", "cell")
    assert queries.block_at(*e7(*node_point(0, 0))) == BlockAnswer(
        block="TA1", chain=(ROOT, WEST, cell), beat="BTA", zone="ZA", core=True
    )


def test_a_point_on_a_border_and_a_point_outside() -> None:
    on_corner_of_four = queries.block_at(*e7(113.92, 22.56))
    assert on_corner_of_four is not None
    assert on_corner_of_four.block == "TA2"
    assert queries.block_at(*e7(113.95, 22.56)) is None
    assert queries.block_at(0, 0) is None


def test_many_points_at_once_are_the_same() -> None:
    points = [e7(*node_point(c, r)) for c in range(8) for r in range(4)] + [e7(113.92, 22.56), (0, 0)]
    one_by_one = [answer and answer.block for answer in (queries.block_at(*p) for p in points)]
    lon, lat = np.array(points).T
    assert queries.blocks_at(lon, lat) == one_by_one
    assert one_by_one[-2:] == ["TA2", None]


def test_ancestors_children_and_rings() -> None:
    assert queries.ancestors("TA1") == (ROOT, WEST)
    assert queries.ancestors("T") == ()
    assert [child.code for child in queries.children("T")] == ["TA", "TB"]
    assert [child.code for child in queries.children("TB")] == ["TB1", "TB2", "TB3", "TB4"]
    assert queries.children("TB1") == ()
    assert (queries.ring_minutes("TA1"), queries.ring_minutes("TB1")) == (5, 15)


@pytest.mark.parametrize("code", ["", "X", "TA9", "T\x00", "t"])
def test_a_code_that_is_not_in_the_tree_is_refused(code: str) -> None:
    for ask in (queries.ancestors, queries.children, queries.ring_minutes, queries.answer_of):
        with pytest.raises(NotFound, match=re.escape("There is no block of this code.")):
            ask(code)


def test_a_subtree_is_a_range_of_codes() -> None:
    assert queries.subtree("TA") == ("TA", "TA[")

    def below(code: str) -> list[str]:
        return list(
            Block.objects.filter(queries.in_subtree("code", code)).order_by("code").values_list("pk", flat=True)
        )

    assert below("TA") == ["TA", "TA1", "TA2", "TA3", "TA4"]
    assert below("TB3") == ["TB3"]
    assert len(below("T")) == Block.objects.count() == 11
    assert below("TC") == []
    child = Block.objects.filter(queries.in_subtree("parent_id", "TB"))
    assert child.count() == 4


def test_a_retired_block_answers_for_no_point_but_keeps_its_name() -> None:
    Block.objects.filter(pk="TA1").update(retired_on=timezone.now().date())
    current.forget()
    here = queries.block_at(*e7(*node_point(0, 0)))
    assert here is not None
    assert here.block == "TA"
    assert [child.code for child in queries.children("TA")] == ["TA2", "TA3", "TA4"]
    assert queries.answer_of("TA1").chain[-1].name == "A区1号网格"


def test_what_is_held_in_memory_follows_the_version(town: CityFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queries.city().version == 1
    kept = current.places()
    Block.objects.filter(pk="TA").update(name="新名")
    City.objects.update(version=2)
    assert current.places() is kept
    monkeypatch.setattr(current, "LOOK_AGAIN_S", 0.0)
    assert queries.city().version == 2
    assert queries.ancestors("TA1")[-1].name == "新名"
    renewed = current.places()
    assert renewed is not kept
    assert current.places() is renewed


def test_without_a_city_every_question_says_what_to_do() -> None:
    Block.objects.all().update(parent=None)
    City.objects.all().delete()
    current.forget()
    with pytest.raises(NotFound, match=r"No city is loaded\. Load one: blockwise city load DIR\."):
        queries.city()
    with pytest.raises(NotFound):
        queries.block_at(1139050000, 225550000)
