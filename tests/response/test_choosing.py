"""What the recommendation says is true, and any unit can be chosen: one more, one more alarm, by name, busy, late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.places import roads
from blockwise.response.recommend import recommend
from blockwise.units.models import Assignment, Unit
from tests.people import People

Take = Callable[..., Case]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(people: People, dispatcher: Actor) -> Client:
    client = Client(headers={"accept-language": "en", **HTMX})
    client.force_login(people.in_charge)
    return client


def act(case: Case, name: str, actor: Actor, **data: Any) -> None:
    engine.act(case.pk, name, data, actor, expected_version=Case.objects.get(pk=case.pk).version)


def codes(found: Any) -> list[str]:
    return [one.unit.code for one in found]


def shown(desk: Client, case: Case, query: str = "") -> str:
    return desk.get(f"/console/{case.pk}/recommendation{query}").content.decode()


def test_filled_needs_are_told_as_filled_and_who_could_come_next(call: Take, dispatcher: Actor, desk: Client) -> None:
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    found = recommend(case)
    assert (dict(found.needs), codes(found.send), codes(found.next)) == ({"patrol": 0}, [], ["P2", "P3"])
    assert [(one.unit.code, one.fills) for one in found.filled] == [("P1", "patrol")]
    text = shown(desk, case)
    assert "All needs are filled." in text
    assert "No unit" not in text
    answer = desk.get(f"/api/cases/{case.pk}/recommendation").json()
    assert [(one["unit"], one["fills"]) for one in answer["filled"]] == [("P1", "patrol")]


def test_one_more_of_a_kind_is_picked_on_top_of_what_is_needed(call: Take, dispatcher: Actor, desk: Client) -> None:
    case = call()
    assert codes(recommend(case, more="patrol").send) == ["P1", "P2"]
    act(case, "send", dispatcher, units=["P1"])
    assert codes(recommend(case, more="patrol").send) == ["P2"]
    assert codes(recommend(case, more="medical").send) == ["M1"]
    assert 'name="units" value="P2" checked' in shown(desk, case, "?more=patrol")
    answer = desk.get(f"/api/cases/{case.pk}/recommendation?more=medical").json()
    assert [one["unit"] for one in answer["send"]] == ["M1"]


def test_one_more_alarm_needs_everything_once_more_and_stands_on_record_and_case(
    call: Take, dispatcher: Actor, desk: Client
) -> None:
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    url, version = f"/console/{case.pk}/act/raise_alarm", Case.objects.get().version
    assert desk.post(url, {"alarm": "2", "version": version, "key": "a"}).status_code == 200
    case.refresh_from_db()
    assert case.fields["alarm"] == 2
    line = Line.objects.filter(thread=case.thread).latest("number")
    assert (line.act, data_of(line)["fields"]) == ("raise_alarm", {"alarm": 2})
    found = recommend(case)
    assert (found.alarm, dict(found.needs), codes(found.send)) == (2, {"patrol": 1}, ["P2"])
    refused = desk.post(url, {"alarm": "2", "version": version, "key": "b"})
    assert refused.status_code == 409  # another dispatcher raised it meanwhile


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("p2", ["P2"]),
        ("P2号", ["P2"]),
        (" m 1 ", ["M1"]),
        ("v", ["V1"]),
        ("号", ["F1", "M1", "P1", "P2", "P3", "V1"]),
        ("zz", []),
        ("", []),
    ],
)
def test_any_unit_is_found_by_call_sign_or_code(call: Take, desk: Client, typed: str, wanted: list[str]) -> None:
    case = call()
    assert codes(recommend(case, sought=typed).found) == wanted
    text = desk.get(f"/console/{case.pk}/choice", {"q": typed}).content.decode()
    assert [code for code in wanted if f'data-code="{code}"' not in text] == []


def test_a_busy_unit_found_is_one_to_divert_and_one_on_the_case_is_none_to_choose(
    call: Take, dispatcher: Actor, desk: Client
) -> None:
    first, second = call(), call()
    act(first, "send", dispatcher, units=["P1"])
    text = desk.get(f"/console/{second.pk}/choice?q=P1").content.decode()
    assert f'value="P1@{first.pk}"' in text
    assert f"on case {first.pk}, sent" in text
    here = desk.get(f"/console/{first.pk}/choice?q=P1").content.decode()
    assert "on this case, sent" in here
    assert "<input" not in here


def test_a_diversion_from_the_console(call: Take, dispatcher: Actor, desk: Client) -> None:
    first, second = call(), call()
    act(first, "send", dispatcher, units=["P1"])
    form = {"units": [f"P1@{first.pk}", "P2"], "why": "nearer", "key": "k"}
    unaware = {"units": ["P1", "P2"], "key": "u"}
    assert desk.post(f"/console/{second.pk}/act/send", unaware).status_code == 409  # it was seen as free
    assert desk.post(f"/console/{second.pk}/act/send", form).status_code == 200
    active = dict(Assignment.objects.filter(cleared_at=None).values_list("unit", "case"))
    assert active == {"P1": second.pk, "P2": second.pk}
    ranks = data_of(Line.objects.filter(thread=second.thread).latest("number"))["ranks"]
    assert set(ranks) == {"P2"}  # the one that could go as it was
    first.refresh_from_db()
    assert first.stage == "received"
    assert f"diverted P1号 to case {second.pk}" in desk.get(f"/console/{first.pk}/panel").content.decode()


def test_a_diversion_over_http(call: Take, dispatcher: Actor, desk: Client) -> None:
    first, second = call(), call()
    act(first, "send", dispatcher, units=["P1"])
    url = f"/api/cases/{second.pk}/assignments"
    for body, status in (
        ({"units": ["P1"]}, 409),
        ({"units": ["P1"], "off": {"P1": first.pk}}, 422),
        ({"units": ["P1"], "off": {"P1": first.pk}, "why": "nearer"}, 201),
        ({"units": ["P1"], "off": {"P1": first.pk}, "why": "nearer"}, 409),
    ):
        assert desk.post(url, body, content_type="application/json").status_code == status, body


def test_a_unit_that_was_stood_down_is_not_silently_first_again(call: Take, dispatcher: Actor, desk: Client) -> None:
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    act(case, "stand_down", dispatcher, unit="P1", why="wrong_unit")
    found = recommend(case)
    assert (codes(found.send), codes(found.next)) == (["P2"], ["P3", "P1"])
    assert found.next[-1].reason == "stood_down"
    assert ": sent by mistake" in shown(desk, case)
    other = call()
    assert codes(recommend(other).send) == ["P1"]  # for another case it is as near as it was


def test_after_a_breakdown_the_next_unit_is_proposed(call: Take, dispatcher: Actor, desk: Client) -> None:
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    answer = desk.post(f"/console/{case.pk}/act/break_down", {"unit": "P1", "why": "vehicle", "key": "b"})
    assert "Break down: vehicle trouble" in answer.content.decode()
    assert codes(recommend(case).send) == ["P2"]
    assert Unit.objects.get(pk="P1").meaning == "unavailable"


def test_a_late_unit_is_shown_with_who_could_be_there_before_it(call: Take, dispatcher: Actor, desk: Client) -> None:
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    act(case, "delay", dispatcher, unit="P1", why="traffic", minutes=20)
    [one] = recommend(case).filled
    assert one.faster
    assert (one.faster.unit.code, one.seconds is not None and one.seconds > 1190) == ("P2", True)
    with clock.at(clock.now() + timedelta(minutes=21)):  # the delay is over
        assert recommend(case).filled[0].faster is None
    panel = desk.get(f"/console/{case.pk}/panel").content.decode()
    assert "the caller does not know yet" in panel
    assert "P2号 could be there before it" in shown(desk, case)
    assert desk.post(f"/console/{case.pk}/act/tell_delay", {"key": "t"}).status_code == 200
    panel = desk.get(f"/console/{case.pk}/panel").content.decode()
    assert "the caller knows" in panel
    assert "told the caller that P1号 comes later" in panel


def test_roads_are_searched_before_the_transaction(
    call: Take, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits at the ledger's head for a search; ranks of a case that changed since are not kept."""
    from blockwise.cases.engine import effects

    inside, searched = [False], []
    run, times_of = effects.run, roads.times_of

    def running(change: Any) -> None:
        inside[0] = True
        run(change)
        inside[0] = False

    def searching(*given: Any) -> Any:
        searched.append(inside[0])
        return times_of(*given)

    monkeypatch.setattr(effects, "run", running)
    monkeypatch.setattr(roads, "times_of", searching)
    case = call()
    act(case, "send", dispatcher, units=["P1"])
    assert (searched, Assignment.objects.get().rank) == ([False], 1)


class TestTheCardOfAUnit:
    def test_it_says_how_the_unit_is_and_sets_its_status(self, call: Take, desk: Client) -> None:
        case = call()
        text = desk.get(f"/console/units/P1?case={case.pk}").content.decode()
        assert f"Choose for case {case.pk}" in text
        assert "no position reported" in text
        assert "Meal" in text
        assert "En route" not in text  # that follows from a case
        answer = desk.post("/console/units/P1/status", {"status": "meal", "case": str(case.pk)})
        assert answer.status_code == 200
        assert "Ready" in answer.content.decode()  # the way back
        assert Unit.objects.get(pk="P1").meaning == "unavailable"
        assert Line.objects.filter(thread="unit:P1", act="status").count() == 1
        assert desk.post("/console/units/P1/status", {"status": "driving"}).status_code == 409

    def test_a_busy_one_shows_its_case_and_can_be_diverted(self, call: Take, dispatcher: Actor, desk: Client) -> None:
        first, second = call(), call()
        act(first, "send", dispatcher, units=["P1"])
        text = desk.get(f"/console/units/P1?case={second.pk}").content.decode()
        assert f"Divert to case {second.pk}" in text
        assert f'data-case="{first.pk}"' in text
        assert "Meal" not in text
        assert "Choose for" not in desk.get(f"/console/units/P1?case={first.pk}").content.decode()
        for nonsense in ("", "x", "0", "999999999999", "1" * 40):
            assert desk.get("/console/units/P1", {"case": nonsense}).status_code == 200
        assert desk.get("/console/units/NOPE").status_code == 404
