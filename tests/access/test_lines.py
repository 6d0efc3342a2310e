"""Who sees which line of the ledger: by the block it belongs to, the act, and the sensitivity of its case."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from blockwise.access import policy
from blockwise.access.actors import Actor, Held
from blockwise.access.queries import visible_lines
from blockwise.access.seams import seams
from blockwise.rooms import Role

from .test_policy import KIND, DeclaredKind, Kept, SentCrews, holder


class ThreeCases:
    """7: plain; 8: sensitive; 9: of a kind that only call takers may view. All in 990101."""

    asked: list[set[int]]

    def __init__(self) -> None:
        self.asked = []

    def kinds(self) -> dict[str, DeclaredKind]:
        return {"call": KIND}

    def subjects(self, ids: Iterable[int]) -> dict[int, tuple[DeclaredKind, Kept]]:
        self.asked.append(set(ids))
        taken = DeclaredKind(view_roles=("call_taker",))
        known = {7: (KIND, Kept(7)), 8: (KIND, Kept(8, sensitive=True)), 9: (taken, Kept(9))}
        return {pk: known[pk] for pk in ids if pk in known}


@pytest.fixture(autouse=True)
def cases(monkeypatch: pytest.MonkeyPatch) -> ThreeCases:
    told = ThreeCases()
    monkeypatch.setattr(seams, "cases", told)
    monkeypatch.setattr(seams, "crews", SentCrews())
    return told


def line(thread: str, act: str = "note", actor: str = "user:1", block: str = "990101") -> SimpleNamespace:
    return SimpleNamespace(thread=thread, act=act, actor=actor, block=block)


LINES = {
    "plain": line("case:7"),
    "sensitive": line("case:8"),
    "named": line("case:9"),
    "look": line("case:7", "look"),
    "elsewhere": line("case:7", block="9902"),
    "gone": line("case:77"),
    "own unit": line("unit:P1", "status"),
    "other unit": line("unit:P2", "status"),
    "person": line("user:3", "role_granted"),
    "system": line("system", "sealed", block=""),
}
SEEN = {
    Role.CALL_TAKER: {"plain", "sensitive", "named", "own unit", "other unit"},
    Role.DISPATCHER: {"plain", "sensitive", "own unit", "other unit"},
    Role.CREW: {"plain", "elsewhere", "own unit"},
    Role.BLOCK_LEADER: {"plain"},
    Role.SHIFT_LEADER: {"plain", "sensitive", "own unit", "other unit"},
    Role.INSPECTOR: {"plain"},
    Role.MEDIATOR: {"plain", "sensitive"},
    Role.CLERK: {"plain", "sensitive"},
    Role.DEPARTMENT_OFFICER: {"plain", "sensitive"},
    Role.VOLUNTEER: {"plain"},
    Role.REPORTER: set(),
    Role.ANALYST: set(),
    Role.OVERSIGHT: {"plain", "sensitive", "look", "own unit", "other unit", "person", "system"},
    Role.ADMINISTRATOR: {"person", "system"},
}


def seen(actor: Actor) -> set[str]:
    shown = visible_lines(actor, list(LINES.values()))
    return {name for name, one in LINES.items() if one in shown}


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_lines(role: Role) -> None:
    assert seen(holder(role)) == SEEN[role]


@pytest.mark.parametrize("role", Role)
def test_one_line_alone_is_judged_alike(role: Role) -> None:
    actor = holder(role)
    assert {name for name, one in LINES.items() if policy.may_see_line(actor, one)} == SEEN[role]


def test_the_one_who_looked_sees_the_look() -> None:
    own = line("case:7", "look", "user:5")
    assert policy.may_see_line(holder(Role.DISPATCHER), own)
    assert not policy.may_see_line(holder(Role.DISPATCHER, "9902"), own)


def test_a_batch_asks_for_its_cases_once(cases: ThreeCases) -> None:
    seen(holder(Role.DISPATCHER))
    assert cases.asked == [{7, 8, 9, 77}]


@pytest.mark.parametrize(
    ("scopes", "wanted"),
    [
        ({"stream"}, set()),
        ({"stream", "cases:read"}, {"plain", "sensitive"}),
        ({"stream", "cases:read", "units:read"}, {"plain", "sensitive", "own unit", "other unit"}),
        ({"units:write"}, set()),
    ],
)
def test_scopes_narrow_the_stream(scopes: set[str], wanted: set[str]) -> None:
    actor = Actor("user:5", "Five", (Held("dispatcher", "9901"),), frozenset(scopes))
    assert seen(actor) == wanted
