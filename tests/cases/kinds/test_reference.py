from __future__ import annotations

import re
from pathlib import Path

from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_scope import FACTS, LONGEST_RETENTION, WIDEST_MERGE
from blockwise.cases.kinds.grammar import FORMATS, LATEST
from blockwise.cases.kinds.reference import MEANINGS, replaced
from blockwise.rooms import Role, house

PAGE = (Path(__file__).parents[3] / "docs" / "kinds.md").read_text(encoding="utf-8")


def test_the_reference_is_current() -> None:
    """Otherwise: python -m blockwise.cases.kinds.reference docs/kinds.md"""
    assert replaced(PAGE) == PAGE


def test_every_key_is_explained_and_no_other() -> None:
    known = {place: {*required, *optional} for place, (required, optional) in FORMATS[LATEST].items()}
    assert {place: set(meanings) for place, meanings in MEANINGS.items()} == known


def _table(heading: str) -> str:
    """The first column."""
    rows = PAGE.split(f"### {heading}\n")[1].split("\n###")[0].split("\n")
    return "\n".join(row.split("|")[1] for row in rows if row.startswith("|"))


def test_the_names_in_the_page_are_those_of_the_code() -> None:
    def named(text: str) -> set[str]:
        return set(re.findall(r"`(\w+)`", text))

    assert named(PAGE.split("**Roles** are ")[1].split("\n")[0]) == set(Role.values)
    assert named(_table("Types of fields")) == {one.name for one in house().field_types.values() if one.declarable}
    assert named(_table("Effects")) == set(house().effects)
    assert named(_table("Topics that an act may tell")) == {"report_inside"}
    assert set(FACTS) <= set(re.findall(r"\w+", MEANINGS[""]["publication"][1]))
    assert str(LONGEST_RETENTION) in MEANINGS["retention"]["days"][1]
    assert str(WIDEST_MERGE[1]) in MEANINGS["merge"]["metres"][1]


def test_the_example_is_a_kind() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    assert check(example, "tree.yaml", {"community"}) == ()
