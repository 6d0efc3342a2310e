from __future__ import annotations

import pytest
from django.http import QueryDict
from django.utils import timezone

from blockwise.cases import forms
from blockwise.cases.kinds import registry
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
    assert [part.name for part in found["reporter"].parts] == [f"reporter.{name}" for name in forms.CONTACT_LABELS]


def test_types_are_grouped_by_the_words_above_them() -> None:
    types = asked(forms.opening_inputs(registry.current("hazard")))["type"]
    groups = {group: [code for code, _words in leaves] for group, leaves in types.groups}
    assert groups["Fire safety"] == ["fire.exit", "fire.equipment", "fire.wiring", "fire.charging"]
    assert groups[""] == ["gas", "water", "storage", "other"]


def test_an_act_asks_what_it_declares_and_what_its_effects_take() -> None:
    call = registry.current("call")

    def names(act: str) -> list[tuple[str, bool]]:
        declared = call.act(act)
        assert declared
        return [(entry.name, entry.required) for entry in forms.act_inputs(call, declared)]

    assert names("close") == [("outcome", True), ("note", False)]
    assert names("note") == [("note", True)]
    assert names("send") == [("units", True), ("override", False)]
    assert names("en_route") == [("unit", True)]
    assert names("merge") == [("primary", True)]
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


def test_local_times_get_the_zone_of_the_page() -> None:
    entry = [forms.Input("seen_at", "seen", "datetime")]
    with timezone.override("Asia/Shanghai"):
        assert forms.read(entry, QueryDict("seen_at=2026-05-06T10:00")) == {"seen_at": "2026-05-06T10:00:00+08:00"}
        assert forms.read(entry, QueryDict("seen_at=yesterday")) == {"seen_at": "yesterday"}


def test_a_refusal_stands_at_the_input_it_is_about_and_nothing_typed_is_lost() -> None:
    inputs = forms.opening_inputs(registry.current("call"))
    problem = Invalid("Too long.", where="caller.phone", fix="Give less.")
    found = asked(forms.filled(inputs, {"type": "fire.alarm", "caller.phone": "1" * 40}, problem))
    assert found["type"].value == "fire.alarm"
    phone = next(part for part in found["caller"].parts if part.name == "caller.phone")
    assert (phone.wrong, phone.value) == ("Too long. Give less.", "1" * 40)
    assert not found["type"].wrong
