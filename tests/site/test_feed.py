from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from blockwise.access.actors import Actor, Held
from blockwise.clock import real_now
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from blockwise.site import feed
from blockwise.site.feed import Feed, Item, News

OVER = (Held(Role.DISPATCHER, "99"),)
FIRST, SECOND = (Actor(id=f"user:{number}", name="", held=OVER) for number in (1, 2))
ELSEWHERE = Actor(id="user:3", name="", held=(Held(Role.DISPATCHER, "98"),))


def told(news: News, *actors: Actor) -> list[bytes]:
    async def ask() -> list[bytes]:
        one = Feed()
        try:
            return await asyncio.gather(*(one.told(actor, news) for actor in actors))
        finally:
            await one.threads.stop()

    return asyncio.run(ask())


def line(**given: Any) -> Line:
    return Line(number=7, thread_number=1, recorded_at=real_now(), block="9901", **given)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """For whom something was made."""
    found: list[str] = []
    events = feed.events

    def noted(actor: Actor, *given: Any) -> bytes:
        found.append(actor.id)
        return events(actor, *given)

    monkeypatch.setattr(feed, "events", noted)
    return found


def test_what_goes_to_all_who_see_the_same_is_made_once(made: list[str]) -> None:
    news = News([Item(line(thread="unit:P1", act="status", actor="user:9"), 0, 0, frozenset())], {})
    first, second, elsewhere = told(news, FIRST, SECOND, ELSEWHERE)
    assert first == second
    assert first.startswith(b"id: 7\nevent: line\ndata: {")
    assert elsewhere == b""
    assert sorted(made) == ["user:1", "user:3"]


def test_who_looked_at_a_contact_is_told_so_and_nobody_with_the_same_role(made: list[str]) -> None:
    kind: Any = SimpleNamespace(sensitive=False, view_roles={Role.DISPATCHER})
    case: Any = SimpleNamespace(pk=5, block_id="9901", sensitive=False, kind="call", department="", assignee="")
    looked = Item(line(thread="case:5", act="look", actor=FIRST.id), 5, 0, frozenset())
    first, second = told(News([looked], {5: (kind, case)}), FIRST, SECOND)
    assert b'"act":"look"' in first
    assert second == b""


def test_what_could_not_be_made_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    news = News([Item(line(thread="unit:P1", act="status", actor="user:9"), 0, 0, frozenset())], {})
    answers = iter([ValueError("no"), b"made"])

    def events(*_given: Any) -> bytes:
        answer = next(answers)
        if isinstance(answer, bytes):
            return answer
        raise answer

    monkeypatch.setattr(feed, "events", events)

    async def ask() -> bytes:
        one = Feed()
        try:
            with pytest.raises(ValueError, match="no"):
                await one.told(FIRST, news)
            return await one.told(SECOND, news)
        finally:
            await one.threads.stop()

    assert asyncio.run(ask()) == b"made"
