from __future__ import annotations

import re
from pathlib import Path

from blockwise.access.models import Role
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_scope import FACTS, LONGEST_RETENTION, WIDEST_MERGE
from blockwise.cases.kinds.check_shape import EFFECTS, ROLES, TOPICS
from blockwise.cases.kinds.parse import FORMAT
from blockwise.cases.kinds.reference import MEANINGS, replaced

PAGE = (Path(__file__).parents[2] / "docs" / "kinds.md").read_text(encoding="utf-8")


def test_the_reference_is_current() -> None:
    """Otherwise: python -m blockwise.cases.kinds.reference docs/kinds.md"""
    assert replaced(PAGE) == PAGE


def test_every_key_is_explained_and_no_other() -> None:
    known = {place: {*required, *optional} for place, (required, optional) in FORMAT.items()}
    assert {place: set(meanings) for place, meanings in MEANINGS.items()} == known


def test_the_names_in_the_page_are_those_of_the_code() -> None:
    def named(text: str) -> set[str]:
        return set(re.findall(r"`(\w+)`", text))

    assert named(PAGE.split("**Roles** are ")[1].split("\n")[0]) == set(Role.values)
    assert set(ROLES) == set(Role.values)
    assert named(MEANINGS["acts.*"]["effects"][1]) == set(EFFECTS)
    assert named(MEANINGS["acts.*"]["tells"][1]) == set(TOPICS)
    assert set(FACTS) <= set(re.findall(r"\w+", MEANINGS[""]["publication"][1]))
    assert str(LONGEST_RETENTION) in MEANINGS["retention"]["days"][1]
    assert str(WIDEST_MERGE[1]) in MEANINGS["merge"]["metres"][1]


def test_the_example_is_a_kind() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    assert check(example, "tree.yaml", {"community"}) == ()
