from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.grammar import FORMATS, LATEST
from blockwise.cases.kinds.model import Escalation, Merge, Words
from blockwise.cases.kinds.nodes import LARGEST
from blockwise.cases.kinds.parse import digest_of, parse, parse_kind
from blockwise.ledger.models import Line
from blockwise.problems import NotFound

BUILTIN = Path(__file__).parents[3] / "blockwise" / "cases" / "kinds" / "builtin"
CALL = (BUILTIN / "call.yaml").read_text(encoding="utf-8")
HAZARD = (BUILTIN / "hazard.yaml").read_text(encoding="utf-8")

SMALL = """\
kind: tree
noun: {zh: 树, en: tree}
title: {zh: 树木, en: Trees}
subject: place
open: {stage: seen, roles: [crew], sentence: {zh: "{actor}看见", en: "{actor} saw it"}}
view: [crew]
routing: {level: community}
fields:
  height: {type: integer, label: {zh: 高度, en: Height}, low: 0, high: 100}
stages:
  seen: {zh: 已看见, en: seen}
  gone: {zh: 已处理, en: gone, final: true}
acts:
  fell: {zh: 砍, en: Fell, sentence: {zh: "{actor}砍", en: "{actor} felled it"}, roles: [crew], from: [seen], to: gone}
"""


def refused(text: str) -> set[tuple[int, str]]:
    """(line, code) of everything that reading notes."""
    try:
        return {(fault.line, fault.code) for fault in parse(text, "tree.yaml").faults.found}
    except BadKind as bad:
        return {(fault.line, fault.code) for fault in bad.faults}


def test_the_call_is_read_whole() -> None:
    call = parse_kind(CALL, "call.yaml")
    assert [act.name for act in call.acts] == [
        *("send", "divert", "raise_alarm", "acknowledge", "en_route", "on_scene", "transport", "at_hospital"),
        *("clear", "stand_down", "break_down", "delay", "tell_delay", "note", "correct"),
        *("merge", "unmerge", "call_back", "no_answer", "report_hazard"),
        *("schedule", "unschedule", "hand_over", "taken_over", "give_back", "end_told", "close", "reopen"),
    ]
    assert [(stage.name, stage.final) for stage in call.stages] == [
        *(("received", False), ("dispatched", False), ("en_route", False), ("on_scene", False)),
        *(("handed_over", False), ("taken_over", False)),
        *(("closed", True), ("merged", True)),
    ]
    assert len(call.types) == 32
    building = call.type_coded("fire.building")
    assert building is not None
    assert (building.priority, building.needs, building.parents) == (
        1,
        (("fire", 2), ("ladder", 1), ("medical", 1)),
        (Words("火灾", "Fire"),),
    )
    assert {entry.code for entry in call.types if entry.sensitive} == {"family.violence", "self_harm"}
    assert {field.name for field in call.fields if field.personal} == {
        *("caller", "caller_position", "description", "language", "departments", "note", "reason", "seen", "files"),
    }
    alike = (
        ("traffic", "fire", "rescue", "hazard", "medical", "public", "other"),
        ("crime", "order", "dispute", "public", "other"),
        ("help", "medical", "other"),
    )
    assert call.merge == Merge(timedelta(minutes=30), 300, alike)
    assert call.digest == digest_of(CALL)


def test_the_calls_promises_are_read() -> None:
    dispatch, arrive, call_back, hand_over, take_over, handle = parse_kind(CALL).clocks
    assert (call_back.only, hand_over.only, take_over.only) == (("unclear",), ("non_police",), ())
    assert [one.from_field for one in (dispatch, arrive, call_back, take_over, handle)] == [
        *("visit_at", "visit_at", "", "", "visit_at"),
    ]
    assert dispatch.unless == arrive.unless == ("unclear", "non_police")
    assert (call_back.concerns("unclear.silent"), call_back.concerns("unclear2.x")) == (True, False)
    assert dispatch.due == (("1", 60), ("2", 120), ("3", 600), ("4", 1800))
    assert (dispatch.starts, dispatch.stops, dispatch.counts) == (
        *(("open", "waits", "reopen"), ("send", "divert"), "real"),
    )
    assert dispatch.escalate == (
        Escalation(timedelta(0), "dispatcher"),
        Escalation(timedelta(minutes=2), "block_leader"),
        Escalation(timedelta(minutes=10), "oversight"),
    )
    assert (arrive.ring, arrive.due, arrive.stops) == (True, (), ("on_scene",))
    assert handle.starts == ("open", "reopen")


def test_acts_that_change_the_case_need_its_version_and_others_do_not() -> None:
    versioned = {act.name for act in parse_kind(CALL).acts if act.versioned}
    assert versioned == {
        *("raise_alarm", "correct", "merge", "unmerge", "close", "reopen"),
        *("schedule", "unschedule", "hand_over", "taken_over", "give_back", "end_told"),
    }


def test_the_hazards_promises_are_read() -> None:
    clocks = {clock.name: clock for clock in parse_kind(HAZARD).clocks}
    assert (clocks["rectify"].due_field, clocks["rectify"].counts, clocks["rectify"].pause_in) == (
        *("rectify_by", "calendar", ("suspended",)),
    )
    assert (clocks["recheck"].due, clocks["recheck"].unit, clocks["recheck"].counts) == ((("", 3),), "days", "working")
    assert (clocks["grade"].due, clocks["grade"].unit) == ((("", 4 * 3600),), "seconds")
    assert all(len(clock.escalate) == 3 for clock in clocks.values())


def test_a_small_kind_has_the_defaults() -> None:
    tree = parse_kind(SMALL)
    assert (tree.retention_days, tree.sensitive, tree.merge, tree.clocks, tree.routing_level) == (
        *(365, False, None, (), "community"),
    )
    assert refused(SMALL) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("view: [crew]", "view: [crew]\nview: [crew]"), {(7, "duplicate-key")}),
        (("view: [crew]", "view: [crew]\ncolour: red"), {(7, "unknown-key")}),
        (("view: [crew]\n", ""), {(1, "missing-key")}),
        (("subject: place\n", ""), {(1, "subject")}),
        (("subject: place", "subject: person"), {(4, "subject")}),
        (("noun: {zh: 树, en: tree}", "noun: {zh: 树}"), {(2, "missing-translation")}),
        (("noun: {zh: 树, en: tree}", "noun: &n {zh: 树, en: tree}"), {(2, "alias-or-tag")}),
        (("title: {zh: 树木, en: Trees}", "title: *n"), {(3, "alias-or-tag")}),
        (("kind: tree", "kind: !!python/object:os.system tree"), {(1, "alias-or-tag")}),
        (("kind: tree", "kind: Tree"), {(1, "bad-name")}),
        (("kind: tree", "kind: ~"), {(1, "wrong-value")}),
        (("kind: tree", "kind: [tree]"), {(1, "wrong-value")}),
        (("low: 0", "low: zero"), {(9, "wrong-value")}),
        (("low: 0", "low: 99999999999"), {(9, "wrong-value")}),
        (("type: integer", "type: fingerprint"), {(9, "wrong-value")}),
        (("  height:", "  Height:"), {(9, "bad-name")}),
        (("roles: [crew], from", "roles: crew, from"), {(14, "wrong-value")}),
        (("roles: [crew], from", "roles: [crew, crew], from"), {(14, "duplicate-key")}),
        (("routing: {level: community}", "routing: {}"), {(7, "wrong-value")}),
        (("routing: {level: community}", "routing: {level: community, department: water}"), {(7, "wrong-value")}),
        (("stages:", "stages"), {(12, "syntax")}),
        (("kind: tree", "\tkind: tree"), {(1, "syntax")}),
        (("kind: tree", "kind: tr\u200bee"), {(1, "syntax")}),
        (("kind: tree", "kind: tr\x00ee"), {(1, "syntax")}),
        (("kind: tree", "<<: {a: b}\nkind: tree"), {(1, "syntax")}),
        (("kind: tree", "? [a, b]\n: c\nkind: tree"), {(1, "syntax")}),
        (("kind: tree", "kind: tree\n---\nkind: tree"), {(2, "syntax")}),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_line(change: tuple[str, str], expected: set[tuple[int, str]]) -> None:
    assert change[0] in SMALL
    found = refused(SMALL.replace(*change, 1))
    assert {code for _line, code in found} == {code for _line, code in expected}
    if expected != {(12, "syntax")}:
        assert found == expected


@pytest.mark.parametrize(
    ("due", "counts", "expected"),
    [
        ("{minutes: 10}", "real", ((("", 600),), "seconds")),
        ("{hours: 1, minutes: 30}", "working", ((("", 5400),), "seconds")),
        ("{days: 2}", "real", ((("", 172800),), "seconds")),
        ("{days: 2}", "working", ((("", 2),), "days")),
        ("{days: 2}", "calendar", ((("", 2),), "days")),
        (
            "{priority: {1: {days: 1}, 2: {days: 2}, 3: {days: 3}, 4: {days: 4}}}",
            "working",
            ((("1", 1), ("2", 2), ("3", 3), ("4", 4)), "days"),
        ),
    ],
)
def test_due_times_are_read_as_seconds_or_days(due: str, counts: str, expected: object) -> None:
    clock = parse_kind(
        f"{SMALL}clocks:\n  one: {{zh: 限, en: One, counts: {counts}, start: [open], stop: [fell], due: {due}}}\n"
    ).clocks[0]
    assert (clock.due, clock.unit) == expected


@pytest.mark.parametrize(
    ("due", "counts"),
    [
        ("{}", "real"),
        ("{minutes: 0}", "real"),
        ("{weeks: 1}", "real"),
        ("{days: 1, hours: 3}", "working"),
        ("{hours: 3}", "calendar"),
        ("soon", "real"),
        ("{priority: {1: {days: 1}}}", "working"),
        ("{priority: {1: {days: 1}, 2: {hours: 2}, 3: {days: 3}, 4: {days: 4}}}", "working"),
        ("{days: 1}", "lunar"),
    ],
)
def test_due_times_that_mean_nothing_are_refused(due: str, counts: str) -> None:
    text = f"{SMALL}clocks:\n  one: {{zh: 限, en: One, counts: {counts}, start: [open], stop: [fell], due: {due}}}\n"
    assert {line for line, _code in refused(text)} == {16}


def test_a_bomb_is_refused_unread() -> None:
    assert refused("#" * (LARGEST + 1)) == {(1, "too-large")}
    assert refused("[" * 5000) == {(1, "too-deep")}
    laughs = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9))
    assert refused(laughs) == {(1, "alias-or-tag")}


def is_kind(text: str) -> bool:
    """Whether `text` is read as a kind; when not, there is a fault that says why."""
    try:
        parsed = parse(text)
    except BadKind as bad:
        return not bad.faults
    return parsed.kind is not None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert not is_kind(text)
    assert refused(text)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SMALL)), st.integers(0, 12), st.sampled_from(["", "[", "{", ":", "zh", "- ", "\n", "1", "~"]))
def test_any_damage_is_read_or_refused(at: int, cut: int, put: str) -> None:
    damaged = SMALL[:at] + put + SMALL[at + cut :]
    assert is_kind(damaged) == (refused(damaged) == set())


@pytest.mark.django_db
def test_a_kind_that_is_no_more_in_the_folder_is_opened_no_more(city: object) -> None:
    texts = registry.builtin_texts()
    registry.forget()
    registry.store(texts, "system:test")
    assert registry.retire_others({"call": texts["call"]}, "system:test") == ["hazard", "objection"]
    assert registry.retire_others({"call": texts["call"]}, "system:test") == []
    assert set(registry.all_current()) == {"call"}
    with pytest.raises(NotFound):
        registry.current("hazard")
    assert {line.actor for line in Line.objects.filter(act="kind_retired")} == {"system:test"}
    assert registry.store(texts, "system:test") == ["hazard", "objection"]  # and it may come back
    registry.forget()


def test_a_text_says_its_format_and_one_that_does_not_is_of_the_first() -> None:
    assert (parse_kind(SMALL).format, parse_kind(HAZARD).format) == (1, 2)
    before = HAZARD.replace("format: 2\n", "", 1)
    assert parse_kind(before).format == 1  # cases were opened under it
    [fault] = check(before, "hazard.yaml")
    assert (fault.code, fault.what, fault.way_out) == (
        "format", "the type attachment is of format 2", "Write format: 2 at the top",
    )  # fmt: skip


@pytest.mark.parametrize("given", ["1", "3", "02", "2.0", "two", "[2]", "{of: 2}", "''"])
def test_a_format_that_there_is_not(given: str) -> None:
    found = parse(f"format: {given}\n" + SMALL).faults.found
    assert [(fault.line, fault.code) for fault in found] in ([(1, "format")], [(1, "wrong-value")])


def test_a_later_format_has_all_that_those_before_it_have() -> None:
    for number in range(2, LATEST + 1):
        for place, (required, optional) in FORMATS[number - 1].items():
            assert {*required} <= {*FORMATS[number][place][0]}
            assert {*optional} <= {*FORMATS[number][place][1]}
