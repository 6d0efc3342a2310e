"""Beside a place is not at it."""

from __future__ import annotations

import pytest

from blockwise.places.finding.beside import beside


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("OPPOSITE THE MARKET", "THE MARKET"),
        ("ACROSS FROM 12 BAKER ST", "12 BAKER ST"),
        ("NEXT TO LINCOLN HIGH", "LINCOLN HIGH"),
        ("市场对面", "市场"),
        ("市场的斜对面", "市场"),
        ("宝安大道12号旁边", "宝安大道12号"),
        ("第一中学门口", "第一中学"),
        ("西乡站往北100米", "西乡站"),
    ],
)
def test_what_is_named_beside(text: str, rest: str) -> None:
    found = beside(text)
    assert found
    assert found[0].removesuffix("的") == rest


@pytest.mark.parametrize("text", ["BAKER ST", "BYRON ST", "宝安大道12号", "对面", "NEAR"])
def test_what_is_no_such_thing(text: str) -> None:
    assert beside(text) is None
