"""By what a type is found when it is typed."""

from __future__ import annotations

import pytest

from blockwise.cases.kinds import finding, registry
from blockwise.cases.screens import forms

pytestmark = pytest.mark.usefixtures("kinds")


def found(text: str, kind: str = "call") -> set[str]:
    """Codes of the types that have `text` among their keys or at the beginning of one."""
    keys = finding.keys(registry.current(kind))
    return {code for code, whole in keys.items() if any(key.startswith(text) for key in whole.split("|"))}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("medical.emergency", "medical.emergency"),
        ("急症", "medical.emergency"),
        ("jizheng", "medical.emergency"),
        ("jz", "medical.emergency"),
        ("medical em", "medical.emergency"),
        ("xzzt", "medical.emergency"),  # 心脏骤停, declared beside it
        ("heart attack", "medical.emergency"),
        ("rsdq", "crime.burglary"),
        ("zoushiertong", "help.lost_person"),
        ("crash", "traffic.collision_injury"),
    ],
)
def test_a_type_is_found_by_code_words_pinyin_and_first_letters(typed: str, code: str) -> None:
    assert code in found(typed)


def test_every_type_of_every_kind_is_found_by_its_first_letters() -> None:
    for name in ("call", "hazard"):
        kind = registry.current(name)
        for one in kind.types:
            letters = finding.keys(kind)[one.code].split("|")[3]
            assert 1 < len(letters) <= len(one.words.zh)
            assert one.code in found(letters, name)


def test_the_form_says_by_what_a_branch_is_found_and_what_priority_a_type_has() -> None:
    kind = registry.current("call")
    [asked] = [entry for entry in forms.opening_inputs(kind) if entry.name == "type"]
    medical = next(branch for branch in asked.branches if branch.words == "Medical")
    assert medical.find == "医疗|yiliao|yl|medical"
    assert [(leaf.code, leaf.priority) for leaf in medical.leaves] == [("medical.emergency", 1), ("medical.fall", 2)]
