"""Any sequence of acts, by anybody: what must hold after each of them, and that a refusal changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.engine import clocks, looks
from blockwise.cases.kinds.model import Act, Field, Kind
from blockwise.cases.kinds.registry import all_current
from blockwise.cases.models import Case, CaseClock, Intake
from blockwise.cases.queries.shown import clock_state
from blockwise.cases.rules import counting
from blockwise.ledger.models import Head, Line, Sealed
from blockwise.ledger.verify import verify_database
from blockwise.messages.models import Message
from blockwise.problems import Problem
from blockwise.units.actions import set_status, turn_shifts
from blockwise.units.models import Assignment, Meaning, Unit
from tests.cases import walking
from tests.cases.walking import NOW, opening, place

MOST_CASES = 6
UNITS = ("P1", "P2", "P3", "M1", "F1", "V1")
LABELS = ("ready", "meal", "off", "driving", "there", "carrying")
UNIT_ACTS = {"move_assignments", "delay_unit", "tell_delay"}
BLOCKS = ("99010101", "99010102", "99020101")
FREE = {Meaning.AVAILABLE, Meaning.UNAVAILABLE, Meaning.OFF_DUTY}


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """Values that this field takes."""
    given: dict[str, st.SearchStrategy[Any]] = {
        "choice": st.sampled_from([code for code, _words in field.choices] or [""]),
        "integer": st.integers(field.low or 0, min(field.high or 9, 9)),
        "boolean": st.booleans(),
        "date": st.integers(0, 30).map(lambda days: (NOW + timedelta(days=days)).date().isoformat()),
        "datetime": st.integers(0, 30).map(lambda days: (NOW + timedelta(days=days, hours=3)).isoformat()),
    }
    return given.get(field.type, st.just(walking.value(field)))


@st.composite
def data_for(draw: st.DrawFn, case: Case, kind: Kind, act: Act, cases: list[int]) -> dict[str, Any]:
    """What the act asks; of what it may ask, some. Units mostly those that are free, or those on the case."""
    fields = [field for name in (*act.asks, *act.may_ask) if (field := kind.field_named(name))]
    data = {field.name: draw(value_of(field)) for field in fields if field.name in act.asks or draw(st.booleans())}
    active = sorted(Assignment.objects.filter(case=case, cleared_at=None).values_list("unit", flat=True))
    if act.outcome:
        data["outcome"] = draw(st.sampled_from([code for code, _words in kind.outcomes]))
    if act.retypes:
        data["type"] = draw(st.sampled_from([None, *(one.code for one in kind.types)]))
        data["priority"] = draw(st.sampled_from([None, 1, 2, 3, 4]))
        data["place"] = draw(st.sampled_from([None, *(place(block) for block in BLOCKS)]))
    if act.why:
        data["why"] = draw(st.sampled_from([code for code, _words in act.why]))
    if "delay_unit" in act.effects:
        data["minutes"] = draw(st.integers(0, 300))
    if "divert_units" in act.effects:
        held = Assignment.objects.filter(cleared_at=None).exclude(case=case)
        data["units"] = draw(
            st.lists(
                st.sampled_from(sorted(held.values_list("unit", flat=True)) * 3 + list(UNITS)), min_size=1, max_size=2
            )
        )
        data["off"] = draw(st.sampled_from([dict(held.values_list("unit", "case")), {"P1": cases[0]}, {}]))
    if "assign_units" in act.effects:
        busy = set(Assignment.objects.filter(cleared_at=None).values_list("unit", flat=True))
        likely = [unit for unit in UNITS if unit not in busy] * 3 + list(UNITS)
        data["units"] = draw(st.lists(st.sampled_from(likely), min_size=1, max_size=2))
        data["override"] = draw(st.booleans())
    if {"move_assignments", "delay_unit"} & set(act.effects):
        data["unit"] = draw(st.sampled_from(active * 9 + list(UNITS)))
    if act.merge == "into":
        data["primary"] = draw(st.sampled_from(cases))
    return {name: given for name, given in data.items() if given is not None}


def acts_of(case: Case) -> tuple[Act, ...]:
    return all_current()[case.kind].acts


def counts() -> tuple[int, ...]:
    return (Head.objects.get().number, *(kept.objects.count() for kept in (Line, Case, Assignment, Message, Sealed)))


class Sequences(RuleBasedStateMachine):
    """A few cases and six units; each run is taken back, so the city and its people are made once."""

    people: dict[str, Actor]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.moment: datetime = NOW
        self.cases: list[int] = []
        self.versions: dict[int, int] = {}
        self.missed: dict[tuple[int, str], set[int]] = {}
        self.number = Head.objects.get().number
        self.reported: dict[int, dict[str, Any]] = {}

    def teardown(self) -> None:
        report = verify_database()  # no line is ever written again: at the end it tells of every step
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        assert report.ok, report.fault

    def attempt(self, work: Any) -> Any:
        """Do it, or be refused with a reason and without a trace."""
        before = counts()
        try:
            with clock.at(self.moment):
                return work()
        except Problem as problem:
            refusal = problem
        assert 400 <= refusal.status < 500
        assert str(refusal.what)
        assert counts() == before
        return None

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        for kind in ("call", "call", "call", "hazard"):
            self._open(data, kind, "call_taker")

    @precondition(lambda self: len(self.cases) < MOST_CASES)
    @rule(data=st.data(), kind=st.sampled_from(("call", "hazard")), role=st.sampled_from(("crew", "dispatcher")))
    def open(self, data: st.DataObject, kind: str, role: str) -> None:
        self._open(data, kind, role)

    def _open(self, data: st.DataObject, kind: str, role: str) -> None:
        declared = all_current()[kind]
        given = opening(declared)
        given["type"] = data.draw(st.sampled_from([one.code for one in declared.types]))
        given["place"] = place(data.draw(st.sampled_from(BLOCKS)))
        for field in (field for field in declared.fields if field.opening and field.type == "datetime"):
            later = self.moment + timedelta(hours=data.draw(st.integers(0, 48)))
            given[field.name] = later.isoformat() if later > self.moment else None
        done = self.attempt(lambda: engine.open_case(kind, given, self.people[role]))
        self.cases.append(done.case)
        self.versions[done.case] = 1

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """An act that the case's stage and the person's role allow."""
        case = Case.objects.get(pk=data.draw(st.sampled_from(self.cases)))
        act = data.draw(st.sampled_from([one for one in acts_of(case) if case.stage in one.from_stages]), label="act")
        self._act(data, case, act, data.draw(st.sampled_from(act.roles), label="role"), case.version)

    @rule(data=st.data())
    def step_of_a_unit(self, data: st.DataObject) -> None:
        """An act of an open call that concerns units: they are where most can go wrong."""
        calls = Case.objects.filter(kind="call", final=False).order_by("pk")
        assume(calls)
        case = data.draw(st.sampled_from(list(calls)))
        active = Assignment.objects.filter(case=case, cleared_at=None).exists()
        moves = [one for one in acts_of(case) if UNIT_ACTS & set(one.effects)] if active else []
        sends = [one for one in acts_of(case) if walking.SENDS & set(one.effects)]
        act = data.draw(st.sampled_from(moves * 2 + sends), label="act")
        self._act(data, case, act, "dispatcher", case.version)

    @rule(data=st.data(), old=st.sampled_from((None, 0, -1)))
    def anything(self, data: st.DataObject, old: int | None) -> None:
        """Any act by anybody, who may have seen an older version."""
        case = Case.objects.get(pk=data.draw(st.sampled_from(self.cases)))
        act = data.draw(st.sampled_from(acts_of(case)), label="act")
        role = data.draw(st.sampled_from(sorted(self.people)), label="role")
        self._act(data, case, act, role, None if old is None else case.version + old)

    def _act(self, data: st.DataObject, case: Case, act: Act, role: str, version: int | None) -> None:
        kind = all_current()[case.kind]
        given = data.draw(data_for(case, kind, act, self.cases), label="data")
        done = self.attempt(lambda: engine.act(case.pk, act.name, given, self.people[role], expected_version=version))
        after = Case.objects.get(pk=case.pk)
        if done is None:
            assert (after.stage, after.version) == (case.stage, case.version)
        else:
            assert case.stage in act.from_stages
            assert (after.stage, after.version) == (done.stage, done.version)
            assert after.version == case.version + walking.changes(kind, act)

    @rule(case=st.integers(0, 3), act=st.sampled_from(("send", "call_back", "note", "urge")))
    def look(self, case: int, act: str) -> None:
        self.attempt(lambda: looks.look(self.cases[case], act, self.people["dispatcher"]))

    @rule(unit=st.sampled_from(UNITS), label=st.sampled_from(LABELS))
    def status(self, unit: str, label: str) -> None:
        self.attempt(lambda: set_status(unit, label, self.people["dispatcher"]))

    @rule(minutes=st.sampled_from((1, 10, 90, 600, 60 * 24 * 3)))
    def time_passes(self, minutes: int) -> None:
        """The worker goes round, too."""
        self.moment += timedelta(minutes=minutes)
        with clock.at(self.moment):
            clocks.escalate_due(self.moment)
            turn_shifts(self.moment)

    @invariant()
    def a_unit_works_on_one_case_and_its_status_says_so(self) -> None:
        active = Assignment.objects.filter(cleared_at=None)
        assert not active.values("unit").annotate(n=Count("pk")).filter(n__gt=1).exists()
        working = set(active.values_list("unit", flat=True))
        for unit in Unit.objects.all():
            assert (unit.meaning in FREE) == (unit.pk not in working), unit.pk

    @invariant()
    def versions_and_numbers_only_grow(self) -> None:
        number = Head.objects.get().number
        assert number >= self.number
        assert Line.objects.count() == number
        self.number = number
        for case in Case.objects.filter(pk__in=self.cases):
            assert case.version >= self.versions[case.pk]
            self.versions[case.pk] = case.version

    @invariant()
    def what_was_first_reported_stays_so(self) -> None:
        rows = {row["case_id"]: row for row in Intake.objects.values()}
        assert rows.keys() == set(Case.objects.values_list("pk", flat=True))
        assert rows | self.reported == rows
        self.reported = rows

    @invariant()
    def a_case_at_its_end_has_nothing_running(self) -> None:
        finals = Case.objects.filter(final=True)
        assert not CaseClock.objects.filter(case__in=finals, stopped_at=None).exists()
        assert not Assignment.objects.filter(case__in=finals, cleared_at=None).exists()
        for case in Case.objects.all():
            kind = all_current()[case.kind]
            assert case.final == kind.stage(case.stage).final == (case.closed_at is not None)
            assert bool(case.outcome) <= case.final

    @invariant()
    def a_case_to_which_units_were_sent_has_one_or_waits_again(self) -> None:
        sent = Case.objects.filter(stage__in=("dispatched", "en_route"))
        working = set(Assignment.objects.filter(cleared_at=None).values_list("case", flat=True))
        assert {case.pk for case in sent} <= working

    @invariant()
    def a_merged_case_points_to_one_that_is_not(self) -> None:
        for case in Case.objects.all():
            assert (case.primary_id is not None) == (case.stage == "merged")
        assert not Case.objects.filter(primary__primary__isnull=False).exists()

    @invariant()
    def a_case_is_due_when_its_first_running_promise_is(self) -> None:
        for case in Case.objects.all():
            rows = case.clocks.filter(stopped_at=None, due_at__isnull=False)
            assert case.due_at == min((row.due_at for row in rows if row.due_at), default=None)
        for row in CaseClock.objects.all():
            assert (row.due_at is None) == (row.stopped_at is None and row.remaining_ms is not None)
            assert row.wakes_at is None or row.stopped_at is None
            assert 0 <= row.level <= 3

    @invariant()
    def a_missed_promise_is_never_forgotten(self) -> None:
        """Rounds are numbered without a gap, only the last runs, and what once was missed stays in the rows."""
        rounds: dict[tuple[int, str], list[CaseClock]] = {}
        for row in CaseClock.objects.order_by("round"):
            rounds.setdefault((row.case_id, row.name), []).append(row)
        for key, rows in rounds.items():
            assert [row.round for row in rows] == [*range(1, len(rows) + 1)], key
            assert all(row.stopped_at is not None for row in rows[:-1]), key
            missed = {row.round for row in rows if row.stopped_at is None and counting.missed(row, self.moment)}
            missed |= {row.round for row in rows if clock_state(row) == "missed"}
            assert missed >= self.missed.get(key, set()), key
            self.missed[key] = missed


@pytest.mark.parametrize("runs", [8, pytest.param(80, marks=pytest.mark.slow)])
def test_any_sequence_of_acts(kinds: None, forces: None, runs: int) -> None:
    Sequences.people = walking.one_a_role()
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    limits = settings(max_examples=runs, stateful_step_count=25, deadline=None, suppress_health_check=quiet)
    run_state_machine_as_test(cast(Any, Sequences), settings=limits)
