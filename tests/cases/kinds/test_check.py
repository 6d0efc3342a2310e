"""Faults of form are refused with their code at their line; the built-in kinds have none."""

from __future__ import annotations

import pytest

from blockwise.cases.kinds.check import accept, check
from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.registry import builtin_texts

TREE = """\
kind: tree
noun: {zh: 树, en: tree}
title: {zh: 树木, en: Trees}
subject: place
open: {stage: seen, roles: [crew], sentence: {zh: "{actor}看见{height}", en: "{actor} saw it, {height}"}}
view: [crew, oversight]
routing: {level: community}
types:
  fallen: {zh: 倒伏, en: Fallen, types: {oak: {zh: 橡树, en: Oak}, fir: {zh: 冷杉, en: Fir}}}
  standing: {zh: 直立, en: Standing}
outcomes:
  felled: {zh: 已砍, en: felled}
fields:
  height: {type: integer, label: {zh: 高度, en: Height}, low: 0, high: 100}
  visit: {type: datetime, label: {zh: 约定, en: Visit}}
  by_day: {type: date, label: {zh: 期限, en: By}, opening: false}
  story: {type: text, label: {zh: 情况, en: Story}, opening: false}
stages:
  seen: {zh: 已看见, en: seen}
  planned: {zh: 已安排, en: planned}
  waiting: {zh: 等待, en: waiting}
  gone: {zh: 已处理, en: gone, final: true}
acts:
  plan:
    zh: 安排
    en: Plan
    sentence: {zh: "{actor}安排于{by_day}", en: "{actor} planned it by {by_day}"}
    roles: [crew]
    from: [seen]
    to: planned
    asks: [by_day]
    may_ask: [story]
    key: p
  wait:
    zh: 等待
    en: Wait
    sentence: {zh: "{actor}等待", en: "{actor} waits"}
    roles: [crew]
    from: [planned]
    to: waiting
    key: w
  go_on:
    zh: 继续
    en: Go on
    sentence: {zh: "{actor}继续", en: "{actor} goes on"}
    roles: [crew]
    from: [waiting]
    advance: gone
    outcome: true
    key: p
  fell:
    zh: 砍除
    en: Fell
    sentence: {zh: "{actor}砍除：{outcome}", en: "{actor} felled it: {outcome}"}
    roles: [crew]
    from: [planned]
    to: gone
    outcome: true
clocks:
  plan:
    zh: 安排时限
    en: Plan
    counts: working
    start: [open]
    stop: [plan]
    due: {days: 1}
    escalate: [{after: {hours: 0}, to: crew}, {after: {hours: 8}, to: oversight}]
  fell:
    zh: 砍除时限
    en: Fell
    counts: calendar
    start: [plan]
    stop: [fell]
    due: {field: by_day}
    pause_in: [waiting]
merge: {within: {days: 1}, metres: 100}
publication: [block, type]
"""


COUNTS = "    counts: working\n    start: [open]\n    stop: [plan]\n    due: {days: 1}"
FROM = "    counts: real\n    start: [open]\n    stop: [plan]\n    due: {{minutes: 9}}\n    from: {{field: {}}}"
PUBLISHES = "    to: waiting\n    publishes: {{zh: '{}', en: '{}'}}\n"


def refused(text: str, name: str = "tree.yaml", levels: tuple[str, ...] = ("community",)) -> set[tuple[str, str]]:
    """(the line without blanks, code) of every fault."""
    lines = text.splitlines()
    return {(lines[fault.line - 1].strip(), fault.code) for fault in check(text, name, levels)}


@pytest.mark.parametrize("name", sorted(builtin_texts()))
def test_the_built_in_kinds_are_whole(name: str) -> None:
    assert check(builtin_texts()[name], f"{name}.yaml", {"community"}) == ()


def test_the_tree_is_whole() -> None:
    assert refused(TREE) == set()
    assert accept(TREE, "tree.yaml").name == "tree"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # stages
        ("stage: seen", "stage: found", {("unknown-stage")}),
        ("open: {stage: seen,", "open: {unplaced: true, stage: seen,", {"no-act-for-the-place"}),
        ("gone, final: true", "gone", {"no-final", "outcome"}),
        ("    from: [waiting]\n", "    from: [planned]\n", {"dead-end"}),
        ("    to: waiting\n", "    to: planned\n", {"unreachable-stage"}),
        ("stage: seen", "stage: gone", {"no-final", }),
        ("planned: {zh: 已安排, en: planned}", "planned: {zh: 已安排, en: planned, no_unit: true}", {"wrong-value"}),
        ("gone, final: true", "gone, final: true, no_unit: true", {"wrong-value"}),
        # acts
        ("    to: waiting\n", "    to: nowhere\n", {"unknown-stage", "unreachable-stage"}),
        ("    from: [planned]\n    to: waiting", "    from: [elsewhere, planned]\n    to: waiting", {"unknown-stage"}),
        ("    from: [planned]\n    to: waiting", "    from: []\n    to: waiting", {"no-stage", "unreachable-stage"}),
        ("    to: waiting\n", "    to: waiting\n    advance: gone\n", {"two-moves", "outcome"}),
        ("    roles: [crew]\n    from: [seen]", "    roles: []\n    from: [seen]", {"no-role"}),
        ("    roles: [crew]\n    from: [seen]", "    roles: [captain]\n    from: [seen]", {"unknown-role"}),
        ("    roles: [crew]\n    from: [seen]", "    roles: [system]\n    from: [seen]", {"automatic-decision"}),
        ("view: [crew, oversight]", "view: []", {"no-role"}),
        ("seen, roles: [crew]", "seen, roles: []", {"no-role"}),
        ("    may_ask: [story]", "    may_ask: [story, weight]", {"unknown-field"}),
        ("    may_ask: [story]", "    may_ask: [story, by_day]", {"duplicate-key", "wrong-due"}),
        ("    may_ask: [story]", "    drops: [weight]\n    may_ask: [story]", {"unknown-field"}),
        ("    may_ask: [story]", "    drops: [by_day]\n    may_ask: [story]", {"wrong-field"}),
        ("    key: w", "    drops: [story]\n    key: w", {"wrong-field"}),
        ("    key: w", "    key: W", {"wrong-value"}),
        ("    to: waiting\n    key: w", "    to: waiting\n    key: p", set()),  # never possible together
        ("    to: gone\n    outcome: true\n", "    to: gone\n    outcome: true\n    key: w\n", {"key-clash"}),
        ("    to: waiting\n", "    to: waiting\n    effects: [ring_bell]\n", {"unknown-effect"}),
        ("    to: waiting\n", "    to: waiting\n    effects: [assign_units]\n", {"units-left"}),
        ("    to: waiting\n", "    to: waiting\n    tells: [newspaper]\n", {"unknown-topic"}),
        ("  wait:\n", "  escalated:\n", {"reserved-name"}),
        ("    to: gone\n    outcome: true\n", "    to: gone\n", {"outcome", "unknown-placeholder"}),
        ("    to: waiting\n", "    to: waiting\n    outcome: true\n", {"outcome"}),
        ("    to: waiting\n", "    to: waiting\n    merge: into\n", {"merge"}),
        ("    to: waiting\n", "    to: waiting\n    merge: undo\n", set()),
        ("merge: {within: {days: 1}, metres: 100}\n", "", set()),
        # fields
        ("low: 0, high: 100", "low: 100, high: 0", {"wrong-field"}),
        ("type: date,", "type: date, low: 3,", {"wrong-field"}),
        ("type: text, label: {zh: 情况, en: Story}", "type: choice, label: {zh: 情况, en: Story}", {"wrong-field"}),
        ("en: Story}, opening: false", "en: Story}, opening: false, required: true", {"wrong-field"}),
        ("    may_ask: [story]\n", "", {"wrong-field"}),
        ("  story: {type", "  outcome: {type", {"reserved-name", "unknown-field", "wrong-field"}),
        # sentences
        ("{actor} waits", "{actor} waits for {height}", {"unknown-placeholder", "translation-differs"}),
        ("{actor} waits", "waits", {"translation-differs"}),
        ("{actor} waits", "{actor!r} waits", {"unknown-placeholder", "translation-differs"}),
        ("{actor} waits", "{actor.__class__} waits", {"unknown-placeholder", "translation-differs"}),
        ("{actor} waits", "{actor waits", {"unknown-placeholder", "translation-differs"}),
        ("saw it, {height}", "saw it, {by_day}", {"unknown-placeholder", "translation-differs"}),
        # both languages
        ("en: Trees", "en: 树木", {"missing-translation"}),
        ("zh: 树木", "zh: Trees", {"missing-translation"}),
        ("en: Trees", "en: '12'", {"missing-translation"}),
        # clocks
        ("    start: [open]", "    start: [dawn]", {"unknown-act"}),
        ("    stop: [plan]", "    stop: [open]", {"unknown-act", "recurring-clock"}),
        ("    stop: [plan]", "    stop: []", {"no-act"}),
        ("    due: {field: by_day}", "    due: {field: height}", {"wrong-due"}),
        ("    counts: calendar", "    counts: working", {"wrong-due"}),
        ("    start: [plan]", "    start: [plan, open]", {"wrong-due"}),
        ("    start: [plan]", "    start: [wait]", {"wrong-due"}),
        ("    due: {days: 1}", "    due: ring", {"wrong-due"}),
        ("    pause_in: [waiting]", "    pause_in: [gone]", {"unknown-stage"}),
        ("{after: {hours: 8}, to: oversight}", "{after: {hours: 0}, to: oversight}", {"escalation"}),
        ("{after: {hours: 8}, to: oversight}", "{after: {hours: 8}, to: nobody}", {"unknown-role"}),
        (
            "{after: {hours: 8}, to: oversight}",
            "{after: {hours: 8}, to: crew}, {after: {hours: 9}, to: crew}, {after: {hours: 10}, to: crew}",
            {"escalation"},
        ),
        # to which types a clock is promised
        ("    counts: working\n", "    counts: working\n    only: {types: [oak]}\n", {"unknown-type"}),
        ("    counts: working\n", "    counts: working\n    only: {types: [fallen.oak]}\n", set()),
        ("    counts: working\n", "    counts: working\n    except: {types: [fallen]}\n", set()),
        ("    counts: working\n", "    counts: working\n    except: {types: [fallen, standing]}\n", {"unknown-type"}),
        ("    counts: working\n", "    counts: working\n    only: {types: [fallen.]}\n", {"bad-name"}),
        ("    counts: working\n", "    counts: working\n    only: {types: [fallen, fallen]}\n", {"duplicate-key"}),
        ("    counts: working\n", "    counts: working\n    only: [fallen]\n", {"wrong-value"}),
        (
            "    counts: working\n",
            "    counts: working\n    only: {types: [fallen]}\n    except: {types: [standing]}\n",
            {"two-scopes"},
        ),
        # for a later time
        (COUNTS, FROM.format("visit"), set()),
        (COUNTS, FROM.format("by_day"), {"wrong-due"}),
        (COUNTS, FROM.format("nothing"), {"wrong-due"}),
        ("    stop: [plan]\n", "    stop: [plan]\n    from: {field: visit}\n", {"wrong-due"}),  # counts working time
        ("merge: {within", "scheduled: {field: visit, before: {minutes: 30}}\nmerge: {within", {"scheduled"}),
        ("merge: {within", "scheduled: {field: by_day, before: {minutes: 30}}\nmerge: {within",
            {"scheduled", "wrong-due"}),
        ("merge: {within", "scheduled: {field: visit}\nmerge: {within", {"missing-key"}),
        # the rest
        ("routing: {level: community}", "routing: {level: parish}", {"unknown-level"}),
        ("routing: {level: community}", "routing: {department: water}", set()),
        ("publication: [block, type]", "publication: [block, height]", {"unknown-fact"}),
        ("publication: [block, type]", "publication: [block, story]", {"personal-published"}),
        ("publication: [block, type]", "publication: [block, type, by_day]", set()),
        ("    to: waiting\n", "    to: waiting\n    tells: [publication]\n", {"unknown-topic"}),
        ("    to: waiting\n", PUBLISHES.format("{block}有{type}", "{type} in {block}"), set()),
        ("    to: waiting\n", PUBLISHES.format("{block}有树", "A {type} in {block}"), {"translation-differs"}),
        ("    to: waiting\n", PUBLISHES.format("树高{height}", "It is {height} high"), {"unknown-fact"}),
        ("    to: waiting\n", PUBLISHES.format("树{story}", "Tree {story}"), {"personal-published"}),
        ("    to: waiting\n", PUBLISHES.format("树{block!r}", "Tree {block!r}"), {"unknown-fact"}),
        ("    to: waiting\n", PUBLISHES.format("树{", "Tree {"), {"unknown-fact", "translation-differs"}),
        ("kind: tree", "kind: bush", {"file-name"}),
    ],
)  # fmt: skip
def test_a_fault_of_form_is_refused(old: str, new: str, expected: set[str]) -> None:
    assert old in TREE
    found = refused(TREE.replace(old, new, 1))
    assert {code for _line, code in found} == expected


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("    to: waiting\n", "    to: nowhere\n", "to: nowhere", "unknown-stage"),
        ("    start: [open]", "    start: [dawn]", "start: [dawn]", "unknown-act"),
        ("gone, final: true", "gone", "stages:", "no-final"),
        ("publication: [block, type]", "publication: [block, wind]", "publication: [block, wind]", "unknown-fact"),
    ],
)  # fmt: skip
def test_the_line_is_the_one_to_change(old: str, new: str, line: str, code: str) -> None:
    assert (line, code) in refused(TREE.replace(old, new, 1))


def test_a_refusal_says_where_what_why_and_what_to_do() -> None:
    with pytest.raises(BadKind) as refusal:
        accept(TREE.replace("    to: waiting\n", "    to: nowhere\n"), "tree.yaml")
    problem = refusal.value
    assert (problem.status, problem.code, problem.where) == (422, "bad-kind", "tree.yaml, line 21")
    assert [fault["line"] for fault in problem.more["faults"]] == [21, 40]
    assert str(problem).splitlines()[1] == (
        "tree.yaml, line 40: there is no stage nowhere (unknown-stage). Nothing would happen."
        " Write one of: gone, planned, seen, waiting."
    )


def test_units_are_cleared_at_every_end_of_a_call() -> None:
    call = builtin_texts()["call"].replace("    effects: [without_units]\n    key: m", "    key: m")
    assert {fault.code for fault in check(call, "call.yaml")} == {"units-left"}
