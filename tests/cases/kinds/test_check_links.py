"""What kinds that open one another are checked for beside each other, with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.cases.kinds import registry, signing
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_links import check_together, unlike
from blockwise.cases.kinds.doubts import doubts
from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.model import Field, Words
from blockwise.cases.kinds.parse import BOTH

LEAK = (Path(__file__).parent / "format_2" / "leak.yaml").read_text(encoding="utf-8")
HAZARD = registry.builtin_texts()["hazard"]
OPENS = LEAK[LEAK.index("    opens:") : LEAK.index("  end:")]


def named(name: str, opens: str) -> str:
    """The same kind under another name, opening `opens`."""
    return LEAK.replace("kind: leak", f"kind: {name}").replace(
        OPENS,
        f"    opens: {{kind: {opens}, relation: parent, carries: {{story: story}}}}\n",
    )


def found(texts: dict[str, str]) -> set[tuple[str, str, str]]:
    """File, code, and the line itself."""
    faults = check_together(texts, texts, BOTH)
    lines = {f"{name}.yaml": text.splitlines() for name, text in texts.items()}
    return {(fault.file, fault.code, lines[fault.file][fault.line - 1].strip()) for fault in faults}


def test_those_that_come_with_the_product_fit_together() -> None:
    assert found(registry.builtin_texts()) == set()


def test_the_kinds_that_fit_have_no_fault() -> None:
    assert check(LEAK, "leak.yaml") == ()
    assert found({"leak": LEAK, "hazard": HAZARD}) == set()


WRONG: list[tuple[Callable[[str], str], str, str]] = [
    (lambda text: text.replace("kind: hazard", "kind: hazzard"), "unknown-kind", "kind: hazzard"),
    (lambda text: text.replace("building.structure", "building"), "unknown-type", "type: building"),
    (lambda text: text.replace("      type: building.structure\n", ""), "unknown-type", "opens:"),
    (lambda text: text.replace("channel: inspection", "channel: pigeon"), "unknown-channel", "channel: pigeon"),
    (lambda text: text.replace("      channel: inspection\n", ""), "unknown-channel", "opens:"),
    (
        lambda text: text.replace("{description: story}", "{summary: story, description: story}"),
        "unknown-field",
        "carries: {summary: story, description: story}",
    ),
    (lambda text: text.replace("{description: story}", "{description: floor}"), "carried-wrong",
     "carries: {description: floor}"),
    (lambda text: text.replace("      carries: {description: story}\n", ""), "carried-missing", "opens:"),
    (lambda text: text.replace("en: What is told}, required: true}", "en: What is told}}"), "carried-missing",
     "carries: {description: story}"),
    (
        lambda text: text.replace("roles: [dispatcher, call_taker]\n    from: [told]\n    opens",
                                  "roles: [dispatcher, oversight]\n    from: [told]\n    opens"),
        "opens-role",
        "kind: hazard",
    ),
    (lambda text: text.replace("type: building.structure", "asks_type: true\n      type: building.structure"),
     "unknown-type", "asks_type: true"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code", "line"), WRONG, ids=[f"{code}-{n}" for n, (_c, code, _l) in enumerate(WRONG)]
)
def test_what_does_not_fit_is_named(change: Callable[[str], str], code: str, line: str) -> None:
    text = change(LEAK)
    assert text != LEAK
    faults = found({"leak": text, "hazard": HAZARD})
    assert ("leak.yaml", code, line) in faults
    assert {one for _file, one, _line in faults} <= {code, "carried-missing"}


@given(st.permutations(["a", "b", "c", "d"]), st.integers(2, 4))
def test_a_ring_of_kinds_is_found_in_each_of_them(names: list[str], size: int) -> None:
    ring = names[:size]
    texts = {name: named(name, after) for name, after in zip(ring, [*ring[1:], ring[0]], strict=True)}
    said = found(texts)
    assert {file for file, code, _line in said if code == "opens-ring"} == {f"{name}.yaml" for name in ring}
    assert {code for _file, code, _line in said} == {"opens-ring"}
    last = ring[-1]
    broken = {**texts, last: LEAK.replace("kind: leak", f"kind: {last}").replace(OPENS, "    links: parent\n")}
    assert found(broken) == set()


def test_whoever_loads_or_signs_one_is_told_by_the_others_of_the_city(city: object) -> None:
    with pytest.raises(BadKind) as problem:
        signing.propose({"a": named("a", "b")}, "system:test")
    assert [fault.code for fault in problem.value.faults] == ["unknown-kind"]
    with pytest.raises(BadKind) as ring:
        signing.propose({"a": named("a", "b"), "b": named("b", "a")}, "system:test")
    assert [(fault.file, fault.code) for fault in ring.value.faults] == [
        ("a.yaml", "opens-ring"), ("b.yaml", "opens-ring"),
    ]  # fmt: skip


def field(type: str = "integer", **more: Any) -> Field:
    return Field("f", type, Words("甲", "A"), **more)


@pytest.mark.parametrize(
    ("mine", "theirs", "fits"),
    [
        (field(low=1, high=5), field(low=0, high=9), True),
        (field(low=1, high=5), field(low=2, high=9), False),
        (field(low=1), field(low=1, high=9), False),
        (field(), field(), True),
        (field(type="text", personal=True), field(type="text", personal=True), True),
        (field(personal=True), field(), False),
        (field(), field(personal=True), True),
        (field(type="date"), field(type="datetime"), False),
        (field(type="contact", personal=True), field(type="contact", personal=True), False),
        (field(type="choice", choices=(("a", Words("甲", "A")),)),
         field(type="choice", choices=(("a", Words("子", "Z")), ("b", Words("乙", "B")))), True),
        (field(type="choice", choices=(("a", Words("甲", "A")), ("c", Words("丙", "C")))),
         field(type="choice", choices=(("a", Words("甲", "A")),)), False),
        (field(type="money", currency="CNY"), field(type="money", currency="EUR"), False),
    ],
)  # fmt: skip
def test_what_fits_where(mine: Field, theirs: Field, fits: bool) -> None:
    assert (unlike(mine, theirs) == "") is fits


def test_a_link_by_number_is_doubted_aloud() -> None:
    assert ("acts.trace", "linked-by-hand") in {(one.where, one.code) for one in doubts(LEAK)}
