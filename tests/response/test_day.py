"""Acts of every day at the desk, over HTTP, by the one in charge, a neighbour and an outsider."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.cases.models import Case
from blockwise.cases.rules import wall
from tests.people import People, point_in

Take = Callable[..., Case]
WHO = [("in_charge", 200), ("neighbour", 404), ("outsider", 404)]


def client_of(people: People, name: str) -> Client:
    client = Client()
    client.force_login(getattr(people, name))
    return client


def do(client: Client, case: int, act: str, data: dict[str, Any], version: int = 1) -> Any:
    body = {"data": data, "expected_version": version}
    return client.post(f"/api/cases/{case}/acts/{act}", body, content_type="application/json")


@pytest.mark.parametrize(("name", "status"), WHO)
def test_a_silent_call_is_called_back(call: Take, people: People, name: str, status: int) -> None:
    case, client = call(type="unclear.silent"), client_of(people, name)
    for act in ("no_answer", "call_back"):
        assert do(client, case.pk, act, {"note": "rang for a minute"}).status_code == status
    whole = client_of(people, "in_charge").get(f"/api/cases/{case.pk}").json()
    states = {one["name"]: one["state"] for one in whole["clocks"]}
    assert states == {"call_back": "kept" if status == 200 else "running", "handle": "running"}
    due = {one["name"]: datetime.fromisoformat(one["due_at"]) for one in whole["clocks"]}
    assert abs(due["call_back"] - case.opened_at - timedelta(minutes=3)) < timedelta(milliseconds=2)
    assert due["call_back"] > clock.now()


@pytest.mark.parametrize(("name", "status"), WHO)
def test_what_is_not_ours_is_handed_over_and_its_end_told(call: Take, people: People, name: str, status: int) -> None:
    case, client = call(type="non_police.service"), client_of(people, name)
    for number, (act, data) in enumerate(
        [
            ("hand_over", {"handed_to": "water", "note": "spoke to their desk"}),
            ("give_back", {"why": "not_theirs"}),
            ("hand_over", {"handed_to": "housing"}),
            ("taken_over", {}),
            ("end_told", {"outcome": "handed_over"}),
        ],
        start=1,
    ):
        answer = do(client, case.pk, act, data, number)
        assert answer.status_code == status, answer.content
    case.refresh_from_db()
    assert (case.stage, case.outcome) == (("closed", "handed_over") if status == 200 else ("received", ""))


@pytest.mark.parametrize(("name", "status"), WHO)
def test_a_call_is_scheduled_for_tomorrow(call: Take, people: People, name: str, status: int) -> None:
    case, client = call(), client_of(people, name)
    tomorrow = clock.now() + timedelta(days=1)
    answer = do(client, case.pk, "schedule", {"visit_at": tomorrow.isoformat(), "note": "at work today"})
    assert answer.status_code == status
    case.refresh_from_db()
    assert (case.quiet_until is not None, "visit_at" in case.fields) == (status == 200, status == 200)
    past = do(client, case.pk, "schedule", {"visit_at": clock.now().isoformat()}, case.version)
    assert past.status_code == (422 if status == 200 else status)
    seen = client_of(people, "in_charge").get(f"/api/cases/{case.pk}").json()["quiet_until"]
    assert bool(seen) == (status == 200)
    away = do(client, case.pk, "unschedule", {}, case.version)
    assert away.status_code == status
    case.refresh_from_db()
    assert case.quiet_until is None


def test_a_call_without_a_place_says_that_its_times_are_to_a_blocks_middle(people: People, call: Take) -> None:
    client = client_of(people, "in_charge")
    body = {"type": "unclear.silent", "place": {"found": "none", "block": "990101"}}
    done = client.post("/api/calls", body, content_type="application/json").json()
    page = client.get(f"/console/{done['case']}/recommendation").content.decode()
    assert "which is no place of the call" in page
    assert "nearest by road" not in page


def test_a_call_is_taken_for_tomorrow(people: People, call: Take) -> None:
    tomorrow = wall.shown(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    lon, lat = point_in("99010101")
    body = {"type": "crime.theft", "place": {"lon": lon, "lat": lat}, "details": {"visit_at": tomorrow}}
    done = client_of(people, "in_charge").post("/api/calls", body, content_type="application/json")
    whole = client_of(people, "in_charge").get(f"/api/cases/{done.json()['case']}").json()
    due = {one["name"]: datetime.fromisoformat(one["due_at"]) for one in whole["clocks"]}
    assert due["dispatch"] == datetime.fromisoformat(whole["fields"]["visit_at"]) + timedelta(minutes=10)


def test_a_department_that_is_not_declared_is_refused(call: Take, people: People) -> None:
    case, client = call(), client_of(people, "in_charge")
    for wrong in ({}, {"handed_to": "the mayor"}, {"handed_to": ["power"]}):
        refused = do(client, case.pk, "hand_over", wrong)
        assert (refused.status_code, refused.json()["where"]) == (422, "handed_to")
