"""What a name may mean, and what it costs to believe so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.finding.likely import ALIKE, RIVAL, Names

STREETS = [
    ("VAN NESS AVE", ""),
    ("SOUTH VAN NESS AVE", ""),
    ("BAY SHORE BLVD", ""),
    ("MISSION ST", ""),
    ("MISSION BAY BLVD", ""),
    ("新安一路", "Xin'an 1st Road"),
    ("新安二路", "Xin'an 2nd Road"),
    ("中山北路", "Zhongshan North Road"),
]
NAMES = Names(STREETS)


@pytest.mark.parametrize(
    ("typed", "street", "why"),
    [
        ("S Van Ness Ave", "SOUTH VAN NESS AVE", ""),
        ("bayshore boulevard", "BAY SHORE BLVD", "several"),
        ("mission", "MISSION ST", "several"),
        ("xinan yilu", "新安一路", "several"),
    ],
)
def test_what_is_the_name_or_leaves_out_its_type_alone(typed: str, street: str, why: str) -> None:
    first, *others = NAMES.likely(typed)
    assert (STREETS[first.thing][0], first.why, first.left) == (street, why, "")
    assert first.cost <= ALIKE
    assert all(one.cost > RIVAL for one in others)


@pytest.mark.parametrize(
    ("typed", "street", "why"),
    [
        ("N Van Ness Ave", "SOUTH VAN NESS AVE", "differs"),
        ("Van Ness Ave S", "SOUTH VAN NESS AVE", "differs"),
        ("Mission Ave", "MISSION ST", "differs"),
        ("Misson St", "MISSION ST", "spelling"),
        ("Misison St", "MISSION ST", "spelling"),
        ("Miss", "MISSION ST", "begins"),
        ("中山路", "中山北路", "direction"),
        ("中山南路", "中山北路", "differs"),
        ("新按一路", "新安一路", "spelling"),
        ("xayl", "新安一路", "initials"),
        ("Old Mission St", "MISSION ST", ""),
    ],
)
def test_what_differs_is_a_guess_and_says_why(typed: str, street: str, why: str) -> None:
    likely = NAMES.likely(typed)
    assert street in {STREETS[one.thing][0] for one in likely[:2]}
    assert all(one.cost > ALIKE for one in likely)
    assert why in {one.why for one in likely[:2]}


def test_what_is_left_beside_a_name_is_told() -> None:
    assert NAMES.likely("Old Mission St")[0].left == "OLD"
    assert NAMES.likely("南山区新安一路")[0].left == "南山区"


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_and_costs_rise(text: str) -> None:
    costs = [one.cost for one in NAMES.likely(text)]
    assert costs == sorted(costs)
