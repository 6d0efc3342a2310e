from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from blockwise.cases.kinds import registry
from blockwise.cases.rules import field_types
from blockwise.cases.screens import forms
from blockwise.places.current import forget
from blockwise.places.models import City
from blockwise.problems import Invalid

pytestmark = pytest.mark.usefixtures("kinds")


def asked(inputs: list[forms.Input]) -> dict[str, forms.Input]:
    return {entry.name: entry for entry in inputs}


def test_an_opening_asks_the_place_then_the_type_then_what_the_kind_declares() -> None:
    inputs = forms.opening_inputs(registry.current("hazard"))
    names = ["place", "type", "priority", "channel", "description", "reporter"]
    assert [entry.name for entry in inputs] == names
    found = asked(inputs)
    assert (found["description"].type, found["description"].required, found["description"].sealed) == (
        "text",
        True,
        True,
    )
    assert found["reporter"].sealed
    assert [part.name for part in found["reporter"].parts] == [
        f"reporter.{name}" for name in field_types.CONTACT_LABELS
    ]


def test_types_are_grouped_by_the_words_above_them() -> None:
    types = asked(forms.opening_inputs(registry.current("hazard")))["type"]
    groups = {branch.words: [leaf.code for leaf in branch.leaves] for branch in types.branches}
    assert groups["Fire safety"] == ["fire.exit", "fire.equipment", "fire.wiring", "fire.charging"]
    assert groups[""] == ["gas", "water", "storage", "other"]


def test_an_act_asks_what_it_declares_and_what_its_effects_take() -> None:
    call = registry.current("call")

    def names(act: str) -> list[tuple[str, bool]]:
        declared = call.act(act)
        assert declared
        return [(entry.name, entry.required) for entry in forms.act_inputs(call, declared)]

    assert names("close") == [("outcome", True), ("note", False)]
    assert names("note") == [("note", True), ("files", False)]
    assert names("send") == [("units", True), ("override", False)]
    assert names("en_route") == [("unit", True)]
    assert names("merge") == [("primary", True), ("apart", False)]
    assert {name for name, _required in names("correct")} >= {"type", "priority", "place", "injured", "caller"}
    assert not any(required for _name, required in names("correct"))


def test_what_was_given_is_read_and_what_was_left_empty_is_left_out() -> None:
    inputs = forms.opening_inputs(registry.current("call"))
    posted = QueryDict(
        "place.text=1+Harbour+Road&place.lon=113.905&place.lat=22.555&place.kind=street&type=fire.alarm&priority="
        "&channel=phone&caller.phone=19900000000&caller.name=&injured=2&weapon=on&description=&caller_position.source=told"
    )
    assert forms.read(inputs, posted) == {
        "place": {"text": "1 Harbour Road", "lon": "113.905", "lat": "22.555", "kind": "street"},
        "type": "fire.alarm",
        "channel": "phone",
        "caller": {"phone": "19900000000"},
        "injured": "2",
        "weapon": True,
        "hazmat": False,
    }


def test_a_place_without_a_point_is_no_place() -> None:
    inputs = forms.opening_inputs(registry.current("call"))
    assert "place" not in forms.read(inputs, QueryDict("place.text=somewhere&place.kind=street"))


def test_several_units_are_read_from_boxes_or_from_one_line() -> None:
    call = registry.current("call")
    send = call.act("send")
    assert send
    inputs = forms.act_inputs(call, send)
    for text in ("units=P1&units=P2", "units=P1+P2"):
        assert forms.read(inputs, QueryDict(text))["units"] == ["P1", "P2"]


def test_a_time_is_asked_as_the_clocks_show_it_and_which_is_meant_where_they_are_set_back() -> None:
    call = registry.current("call")
    assert asked(forms.opening_inputs(call))["visit_at"].choices == ()
    City.objects.update(timezone="America/Los_Angeles")
    forget()
    entry = asked(forms.opening_inputs(call))["visit_at"]
    assert entry.choices == field_types.TWICE

    def read(time: str, twice: str = "") -> Any:
        return forms.read([entry], QueryDict(f"visit_at={time}&visit_at.twice={twice}"))["visit_at"]

    assert (read("2026-11-01T01:30", "0"), read("2026-11-01T01:30", "1")) == (
        *("2026-11-01T01:30:00-07:00", "2026-11-01T01:30:00-08:00"),
    )
    for left in (("2026-11-01T01:30", ""), ("2026-11-01T01:30", "7"), ("2026-05-06T10:00", "1"), ("yesterday", "1")):
        assert read(*left) == left[0]


def test_a_refusal_stands_at_the_input_it_is_about_and_nothing_typed_is_lost() -> None:
    inputs = forms.opening_inputs(registry.current("call"))
    problem = Invalid("Too long.", where="caller.phone", fix="Give less.")
    found = asked(forms.filled(inputs, {"type": "fire.alarm", "caller.phone": "1" * 40}, problem))
    assert found["type"].value == "fire.alarm"
    phone = next(part for part in found["caller"].parts if part.name == "caller.phone")
    assert (phone.wrong, phone.value) == ("Too long. Give less.", "1" * 40)
    assert not found["type"].wrong
