"""Which cases a repeated one may join."""

from __future__ import annotations

import pytest

from blockwise.access.actors import Actor
from blockwise.problems import Conflict, Invalid
from tests.units.conftest import call, do


def test_a_call_does_not_vanish_into_a_case_that_is_at_its_end(dispatcher: Actor, forces: None) -> None:
    ended, alive = call(dispatcher), call(dispatcher)
    do(ended, "close", dispatcher, outcome="unfounded")
    with pytest.raises(Conflict, match="at its end") as refused:
        do(alive, "merge", dispatcher, primary=ended.pk)
    assert "Reopen that case" in str(refused.value.fix)
    alive.refresh_from_db()
    assert (alive.primary_id, alive.final) == (None, False)


def test_a_case_repeats_neither_itself_nor_a_repeat(dispatcher: Actor, forces: None) -> None:
    first, second, third = call(dispatcher), call(dispatcher), call(dispatcher)
    with pytest.raises(Invalid, match="cannot repeat this one"):
        do(first, "merge", dispatcher, primary=first.pk)
    do(second, "merge", dispatcher, primary=first.pk)
    with pytest.raises(Conflict, match="itself a repeat"):
        do(third, "merge", dispatcher, primary=second.pk)
    with pytest.raises(Conflict, match="repeats of its own"):
        do(first, "merge", dispatcher, primary=third.pk)
