"""Which ways are driven, in which directions and how fast, by their tags alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.exchange.osm.conditions import Limit, limits, read
from blockwise.exchange.osm.driving import driven, stops
from blockwise.exchange.osm.named import names
from blockwise.exchange.osm.speeds import kmh


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"highway": "residential"}, True, True),
        ({"highway": "residential", "oneway": "yes"}, True, False),
        ({"highway": "residential", "oneway": "-1"}, False, True),
        ({"highway": "residential", "oneway": "no", "junction": "roundabout"}, True, True),
        ({"highway": "primary", "junction": "roundabout"}, True, False),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway", "oneway": "no"}, True, True),
        ({"highway": "motorway_link"}, True, True),
        ({"highway": "residential", "oneway": "yes", "oneway:emergency": "no"}, True, True),
        ({"highway": "residential", "oneway": "no", "oneway:motor_vehicle": "yes"}, True, False),
        ({"highway": "primary", "oneway": "reversible"}, True, True),
    ],
)
def test_the_direction(tags: dict[str, str], along: bool, against: bool) -> None:
    how = driven(tags)
    assert how is not None
    assert (how.forward is not None, how.backward is not None) == (along, against)


@pytest.mark.parametrize(
    ("tags", "goes"),
    [
        ({"highway": "service", "access": "private"}, True),
        ({"highway": "service", "access": "no"}, False),
        ({"highway": "service", "access": "no", "emergency": "yes"}, True),
        ({"highway": "service", "access": "yes", "emergency": "no"}, False),
        ({"highway": "tertiary", "motor_vehicle": "no", "bus": "yes"}, True),
        ({"highway": "tertiary", "motor_vehicle": "no"}, False),
        ({"highway": "residential", "vehicle": "destination"}, True),
        ({"highway": "pedestrian"}, False),
        ({"highway": "pedestrian", "emergency": "designated"}, True),
        ({"highway": "footway", "motor_vehicle": "yes"}, True),
        ({"highway": "track"}, False),
        ({"highway": "track", "tracktype": "grade1"}, True),
        ({"highway": "construction"}, False),
        ({"highway": "steps", "emergency": "yes"}, False),
        ({"highway": "residential", "area": "yes"}, False),
        ({"railway": "rail"}, False),
    ],
)
def test_who_may_go_there(tags: dict[str, str], goes: bool) -> None:
    assert (driven(tags) is not None) == goes


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50), ("30 mph", 48.28), ("30mph", 48.28), ("50 km/h", 50), ("7.5", 7.5), ("FI:urban", 50),
        ("DE:zone:30", 30), ("RU:living_street", 10), ("walk", 7), ("none", 130), ("50;30", 50), ("50|60|", 60),
        ("signals", None), ("0", None), ("900", None), ("fast", None), ("50;fast", None), ("", None), ("-5", None),
        ("urban", None), ("5000000000000", None),
    ],
)  # fmt: skip
def test_a_posted_speed(text: str, speed: float | None) -> None:
    found = kmh(text)
    assert (round(found, 2) if found is not None else None) == speed


@given(st.text(max_size=30))
def test_no_text_is_taken_for_a_speed_that_none_has(text: str) -> None:
    found = kmh(text)
    assert found is None or 1 <= found <= 150


def test_what_is_not_understood_is_told_and_the_class_says_the_speed() -> None:
    how = driven({"highway": "residential", "maxspeed": "signals", "oneway": "sometimes"})
    assert how is not None
    assert set(how.unread) == {("maxspeed", "signals"), ("oneway", "sometimes")}
    assert how.forward is not None
    assert (how.forward.kmh, how.forward.posted) == (30.0, False)


def test_both_directions_have_their_own_speed() -> None:
    how = driven({"highway": "primary", "maxspeed": "60", "maxspeed:backward": "40"})
    assert how is not None
    assert how.forward is not None
    assert how.backward is not None
    assert (how.forward.kmh, how.backward.kmh) == (60, 40)


@pytest.mark.parametrize(
    ("tags", "stopped"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "bollard": "removable"}, False),
        ({"barrier": "bollard", "emergency": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "no"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "block", "motor_vehicle": "yes"}, False),
        ({"barrier": "toll_booth"}, False),
        ({"access": "no"}, False),
        ({"highway": "crossing"}, False),
    ],
)
def test_what_stops_a_vehicle(tags: dict[str, str], stopped: bool) -> None:
    assert stops(tags) == stopped


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no@(Jan15-Aug15)", [("no", "Jan15-Aug15")]),
        ("no@ (Jan15-Aug15)", [("no", "Jan15-Aug15")]),
        ("30 @ (Mo-Fr 07:00-17:00); 50 @ wet", [("30", "Mo-Fr 07:00-17:00"), ("50", "wet")]),
        ("no @ (weight>7.5  AND  Mo-Fr)", [("no", "weight>7.5 AND Mo-Fr")]),
        ("sometimes", [("sometimes", "")]),
        ("no @ (open", [("no @ (open", "")]),
    ],
)
def test_a_limit_that_holds_sometimes_is_kept_as_it_is(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.value, one.condition) for one in read("access:conditional", text)] == found


def test_limits_of_others_are_not_ours() -> None:
    tags = {"bicycle:conditional": "no @ wet", "maxspeed:hgv:conditional": "60 @ night", "highway": "primary"}
    assert [one.key for one in limits(tags)] == ["maxspeed:hgv:conditional"]
    assert limits({"oneway:conditional": "yes @ (Mo)"}) == [Limit("oneway:conditional", "yes", "Mo")]


def test_names_in_every_language_each_once() -> None:
    named = names(
        {"name": "Unionsgatan", "name:zh": "联盟街", "name:en": "Union St", "name:sv": "Unionsgatan", "alt_name": "U;V"}
    )
    assert named == ("Unionsgatan", "联盟街", "Union St", ("U", "V"))
    assert names({"ref": "E 18"}).own == "E 18"
