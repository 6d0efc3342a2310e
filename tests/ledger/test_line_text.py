"""A line's text is taken where the slow reader would take it, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.ledger import canonical
from blockwise.ledger.line_text import LineText, parsed
from blockwise.problems import Problem

AT = "2026-11-21T01:02:03.000004Z"


def written(data: dict[str, Any]) -> str:
    line = {
        "number": 1, "thread": "system", "thread_number": 1, "recorded_at": AT, "happened_at": None, "actor": "a",
        "act": "x", "block": "", "data": data, "previous": "", "state": {},
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def nested(levels: int, inner: Any) -> dict[str, Any]:
    found = inner
    for level in range(levels):
        found = {"a": found} if level % 2 else [found]
    return {"a": found}


def taken(data: dict[str, Any]) -> bool:
    try:
        canonical.plain({"data": data})
    except (Problem, TypeError):
        return False
    return True


@pytest.mark.parametrize(
    "data",
    [
        nested(28, 1), nested(29, 1), nested(30, 1), nested(31, 1), nested(40, []), nested(29, []), nested(30, {}),
        {"a": 2**53 - 1}, {"a": 2**53}, {"a": -(2**53) + 1}, {"a": -(2**53)}, {"a": [[10**30]]}, {"a": True},
        {"a": "\0"}, {"\0": 1}, {"a": "\\u0000"}, {"a": "\ud800"}, {"\udfff": 1},
        {"a": "[" * 100}, {"a": '"{' * 100}, {"a": [{}] * 100}, {"a": "1234567890123456789"}, {"a": "区"},
    ],
)  # fmt: skip
def test_what_the_slow_reader_refuses_is_refused(data: dict[str, Any]) -> None:
    assert isinstance(parsed(written(data)), LineText) is taken(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\0\ud800", max_size=2), inner, max_size=3),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_the_same_of_anything(value: Any) -> None:
    data = {"a": value}
    assert isinstance(parsed(written(data)), LineText) is taken(data)


def test_numbers_with_a_point_are_refused() -> None:
    assert isinstance(parsed(written({"a": 1.5})), str)
