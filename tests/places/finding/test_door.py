"""What makes a door another door than the plain number, and what lies inside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.finding.door import Door, halves, recorded, said, without_inside
from blockwise.places.names import plain


@pytest.mark.parametrize(
    ("text", "street", "door"),
    [
        ("横1路8号", "横1路", Door(8)),
        ("横1路 8", "横1路", Door(8)),
        ("新安一路12号之三", "新安1路", Door(12, "之3")),
        ("新安一路12之3号", "新安1路", Door(12, "之3")),
        ("新安一路20号附1号", "新安1路", Door(20, "附1")),
        ("前进路甲6号", "前进路", Door(6, "甲^")),
        ("前进路6号甲", "前进路", Door(6, "甲")),
        ("前进路6甲号", "前进路", Door(6, "甲")),
        ("和平路15号2幢3单元501室", "和平路", Door(15, building="2")),
        ("和平路15号二栋", "和平路", Door(15, building="2")),
        ("和平路16号3号楼", "和平路", Door(16, building="3")),
        ("和平路16号5楼", "和平路", Door(16)),
        ("宝安大道12 302", "宝安大道", Door(12)),
        ("1000 S VAN NESS AVE", "S VAN NESS AVE", Door(1000)),
        ("401-A JUDAH ST", "JUDAH ST", Door(401, "A")),
        ("401 1/2 JUDAH ST", "JUDAH ST", Door(401, "½")),
        ("598-600 IRVING ST", "IRVING ST", Door(598)),
        ("NO. 401 JUDAH ST", "JUDAH ST", Door(401)),
        ("JUDAH ST 401", "JUDAH ST", Door(401)),
        ("BAOANDADAO12HAO", "BAOANDADAO", Door(12)),
    ],
)
def test_street_and_door(text: str, street: str, door: Door) -> None:
    first = next(said(halves(text)))
    assert (first.street, first.door, first.rest) == (street, door, "")


def test_a_lane_is_a_street_of_its_own_or_part_of_a_number() -> None:
    assert [(one.street, one.door) for one in said("中山路一百二十三弄四十五号")] == [
        ("中山路123弄", Door(45)),
        ("中山路", Door(45, lane=123)),
    ]
    assert next(said("45, LANE 123 ZHONGSHAN ROAD")).door == Door(45, lane=123)


def test_words_after_a_door_are_told_apart() -> None:
    assert next(said("宝安大道12号海港城")).rest == "海港城"


@pytest.mark.parametrize("text", ["20TH AVE", "宝安大道", "号", "12", ""])
def test_what_names_no_door(text: str) -> None:
    assert list(said(text)) == []


@pytest.mark.parametrize(
    ("number", "door"),
    [
        ("12之3", Door(12, "之3")),
        ("20附1", Door(20, "附1")),
        ("甲6", Door(6, "甲^")),
        ("15号2幢", Door(15, building="2")),
        ("66弄7", Door(7, lane=66)),
        ("8a", Door(8, "A")),
        ("", None),
        ("A", None),
    ],
)
def test_numbers_on_record(number: str, door: Door | None) -> None:
    assert recorded(number) == door


@pytest.mark.parametrize(
    "text",
    ["401 JUDAH ST APT 5", "401 JUDAH ST #5", "401 JUDAH ST, UNIT B", "401 JUDAH ST, 3RD FLOOR", "401 JUDAH ST #RM206"],
)
def test_what_lies_inside_a_door_is_no_other_door(text: str) -> None:
    assert without_inside(text) == "401 JUDAH ST"


@given(st.text(alphabet="宝安路弄号甲之附幢室12 ABC#-/½", max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    for one in said(halves(plain(text))):
        assert one.street
    recorded(text)
