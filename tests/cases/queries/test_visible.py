"""What a list shows is what may be opened, for every text of a kind ever stored: changed, made sensitive, retired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise.access import policy
from blockwise.access.actors import Actor, Held
from blockwise.access.queries import reach, visible
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.parse import digest_of
from blockwise.cases.models import Case, KindText
from blockwise.cases.queries import listing
from blockwise.cases.queries.listing import Filter
from blockwise.clock import real_now
from blockwise.response.queries import queue, queues
from blockwise.rooms import Role
from blockwise.units.models import Assignment, Unit
from tests.people import People, point_in

PLAIN = """
kind: {name}
noun: {{zh: 事{number}, en: matter {number}}}
title: {{zh: 事, en: Matters}}
subject: matter
sensitive: {sensitive}
open: {{stage: begun, roles: [dispatcher], sentence: {{zh: "{{actor}}", en: "{{actor}}"}}}}
view: [{view}]
routing: {{level: community}}
stages:
  begun: {{zh: 开始, en: begun}}
  over: {{zh: 结束, en: over, final: true}}
acts:
  send:
    zh: 派
    en: Send
    sentence: {{zh: "{{actor}}", en: "{{actor}}"}}
    roles: [dispatcher]
    from: [begun]
    {sends}
"""
ROLES = tuple(role.value for role in Role)
BLOCKS = ("99", "9901", "990102", "99020101")
OPENED = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
texts = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.lists(st.sampled_from(ROLES), min_size=1, max_size=4, unique=True),
        st.booleans(),  # sensitive
        st.booleans(),  # units are sent
    ),
    min_size=1,
    max_size=5,
)
people = st.lists(
    st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(BLOCKS), st.sampled_from(["", "housing"])), max_size=3),
    min_size=3,
    max_size=3,
)


def store(declared: list[tuple[str, list[str], bool, bool]], retired: bool) -> None:
    """Each text as the next one of its kind; `retired`: none of the last kind's texts is in force."""
    for number, (name, view, sensitive, sends) in enumerate(declared):
        filled = {"view": ", ".join(view), "sensitive": str(sensitive).lower(), "name": name, "number": number}
        text = PLAIN.format(**filled, sends="effects: [rank_units, assign_units]" if sends else "key: s")
        KindText.objects.filter(kind=name).update(current=False)
        stored_at = real_now() + timedelta(seconds=number)
        KindText.objects.create(digest=digest_of(text), kind=name, text=text, stored_at=stored_at)
    if retired:
        KindText.objects.filter(kind=declared[-1][0]).update(current=False)
    registry.forget()


def fill() -> None:
    rows = KindText.objects.order_by("digest")
    Case.objects.bulk_create(
        Case(
            kind=row.kind, kind_text=row, stage="begun", block_id=block, place_kind="street", sensitive=sensitive,
            department=("", "housing", "transport")[number % 3], assignee=("", "user:0", "user:1")[number % 4 % 3],
            opened_by="user:1", opened_at=OPENED,
        )
        for number, (row, block, sensitive) in enumerate(
            product(rows, ("99010101", "99010201", "99020101"), (True, False))
        )
    )  # fmt: skip
    for unit, case in zip(("P1", "M1"), Case.objects.order_by("-pk"), strict=False):
        Assignment.objects.create(unit_id=unit, case=case, assigned_by="user:1", dispatched_at=OPENED)


@pytest.mark.parametrize("runs", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_lists_and_pages_agree_for_every_text(city: object, forces: None, runs: int) -> None:
    @settings(max_examples=runs, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(declared=texts, retired=st.booleans(), held=people, units=st.sets(st.sampled_from(["P1", "M1", "F1"])))
    def check(declared: Any, retired: bool, held: Any, units: set[str]) -> None:
        with transaction.atomic():
            store(declared, retired)
            fill()
            for number, grants in enumerate(held):
                agree(Actor(f"user:{number}", "One", tuple(Held(*one) for one in grants), units=frozenset(units)))
            transaction.set_rollback(True)
        registry.forget()

    check()


def agree(actor: Actor) -> None:
    cases = list(Case.objects.all())
    may = {case.pk for case in cases if policy.may_view(actor, registry.of(case), case)}
    assert set(visible(actor, Case.objects.all()).values_list("pk", flat=True)) == may
    assert {case.pk for case in listing.listed(actor, Filter(open=True), limit=200).cases} == may
    sending = {case.pk for case in cases if any("assign_units" in act.effects for act in registry.of(case).acts)}
    queues.forget()  # these kinds are taken back with their lines, and the next ones get the same numbers
    assert {row.pk for row in queue(actor).rows} == may & sending
    own = {unit.pk for unit in Unit.objects.all() if policy.decide(actor, "unit.view", unit_about(unit))}
    allowed = reach(actor, "unit.view")
    assert own == (set() if allowed is None else set(Unit.objects.filter(allowed).values_list("pk", flat=True)))


def unit_about(unit: Unit) -> policy.About:
    return policy.About(block=unit.block_id, unit=unit.pk)


@pytest.fixture
def retired(people: People, kinds: None) -> Case:
    """An open call, of which kind no new case is opened any more."""
    lon, lat = point_in("99010101")
    data = {"type": "order.fight", "place": {"lon": lon, "lat": lat, "kind": "street"}}
    done = engine.open_case("call", data, people.actor("in_charge"))
    registry.retire_others(["hazard"], "system:test")
    return Case.objects.get(pk=done.case)


def test_open_cases_of_a_retired_kind_stay_in_every_list_and_count(people: People, retired: Case) -> None:
    client = Client()
    client.force_login(people.in_charge)
    client.cookies["language"] = "en"
    for path in ("/cases/", "/cases/?kind=call&stage=received", "/cases/sheet/", "/blocks/990101/"):
        assert f"call {retired.pk}<" in client.get(path).content.decode(), path
    assert f'href="/console/{retired.pk}/"' in client.get("/console/").content.decode()
    listed = client.get("/cases/?kind=call").content.decode()
    assert '<option value="call" selected>' in listed
    assert '<option value="received">' in listed
    counted = client.get("/blocks/990101/").content.decode()
    assert '<dt>call</dt><dd><a href="/cases/?block=990101&amp;kind=call&amp;state=open">1</a>' in counted
    assert [case["id"] for case in client.get("/api/cases").json()["cases"]] == [retired.pk]
    assert client.get(f"/api/cases/{retired.pk}").json()["stage"] == "received"
    assert client.get("/cases/open/call/").status_code == 404
