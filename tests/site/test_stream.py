from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client as Browser

from blockwise.access.actions import make_token, revoke_token
from blockwise.access.actors import actor_for
from blockwise.access.models import ApiToken, Role, User
from blockwise.ledger.lines import Entry, write
from blockwise.site import stream as streams
from blockwise.site.stream import Stream
from tests.people import make_city, person

from .asgi import Client, call, scope

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 16, 25


def record(count: int = 1, thread: str = "system") -> None:
    with transaction.atomic():
        write([Entry(thread, "note", "system:test", "99") for _ in range(count)])


def token(user: User, *scopes: str) -> tuple[ApiToken, dict[str, str]]:
    row, secret = make_token(user, "test", scopes, actor_for(user))
    return row, {"authorization": f"Bearer {secret}"}


def session(user: User) -> dict[str, str]:
    browser = Browser()
    browser.force_login(user)
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"}


@pytest.fixture
def overseer() -> User:
    make_city()
    return person("olga", (Role.OVERSIGHT, "99"))


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    connections.close_all()


async def elsewhere(work: Callable[..., Any], *given: Any) -> None:
    """Do database work on a thread, as another request would."""

    def done() -> None:
        work(*given)
        connection.close()

    await asyncio.to_thread(done)


def events(client: Client) -> list[dict[str, Any]]:
    lines = client.body.decode().split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def follow(stream: Stream, headers: dict[str, str], until: Callable[[Client], bool], query: str = "") -> Client:
    """Read until there is what was waited for, at most 20 s, then leave."""
    client = Client()
    reading = asyncio.ensure_future(
        stream(scope("/api/stream", query=query, headers=headers), client.receive, client.send)
    )
    for _ in range(400):
        if until(client) or reading.done():
            break
        await asyncio.sleep(0.05)
    client.gone.set()
    await asyncio.wait_for(reading, 5)
    return client


def run(work: Callable[[Stream], Any]) -> Any:
    async def with_stream() -> Any:
        stream = Stream()
        try:
            return await work(stream)
        finally:
            await stream.feed.stop()

    return asyncio.run(with_stream())


def test_lines_come_by_number_with_what_happened_and_no_more(overseer: User) -> None:
    headers = session(overseer)
    record(3)
    client = run(lambda stream: follow(stream, headers, lambda client: len(events(client)) >= 3, "after=0"))
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [event["number"] for event in events(client)] == [1, 2, 3]
    assert set(events(client)[2]) == {"number", "thread", "act", "block", "actor", "recorded_at"}
    assert "id: 3\nevent: line\ndata: {" in client.body.decode()


@pytest.mark.parametrize(("query", "more"), [("after=2", {}), ("after=0", {"last_event_id": "2"})])
def test_a_stream_goes_on_after_the_line_last_seen(overseer: User, query: str, more: dict[str, str]) -> None:
    headers = session(overseer)
    record(5)
    client = run(lambda stream: follow(stream, headers | more, lambda client: len(events(client)) >= 3, query))
    assert [event["number"] for event in events(client)] == [3, 4, 5]


def test_without_a_number_it_begins_with_the_next_line(overseer: User) -> None:
    headers = session(overseer)
    record(5)

    async def work(stream: Stream) -> Client:
        reading = asyncio.ensure_future(follow(stream, headers, lambda client: bool(events(client))))
        await asyncio.sleep(0.5)
        await elsewhere(record)
        return await reading

    assert [event["number"] for event in events(run(work))] == [6]


def test_a_follower_under_16_writers_misses_no_line(overseer: User) -> None:
    """Two readers from the start, one of them resumed half-way; every number once, in order, without a gap."""
    headers = session(overseer)
    total = WRITERS * EACH

    def writer() -> None:
        for _ in range(EACH):
            record()
        connection.close()

    async def work(stream: Stream) -> list[Client]:
        writers = [threading.Thread(target=writer) for _ in range(WRITERS)]
        for one in writers:
            one.start()
        whole = asyncio.ensure_future(follow(stream, headers, lambda client: len(events(client)) >= total, "after=0"))
        first = await follow(stream, headers, lambda client: len(events(client)) >= 40, "after=0")
        seen = events(first)[-1]["number"]
        rest = await follow(
            stream,
            headers | {"last_event_id": str(seen)},
            lambda client: bool(events(client)) and events(client)[-1]["number"] >= total,
        )
        await asyncio.to_thread(lambda: [one.join() for one in writers])
        return [await whole, first, rest]

    whole, first, rest = run(work)
    assert [event["number"] for event in events(whole)] == list(range(1, total + 1))
    assert [event["number"] for event in events(first) + events(rest)] == list(range(1, total + 1))


def test_nobody_sees_lines_that_the_policy_does_not_show(overseer: User) -> None:
    headers = session(person("carl"))
    record(3)

    async def work(stream: Stream) -> Client:
        client = Client()
        reading = asyncio.ensure_future(
            stream(scope("/api/stream", query="after=0", headers=headers), client.receive, client.send)
        )
        await asyncio.sleep(0.6)
        client.gone.set()
        await reading
        return client

    assert events(run(work)) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("after=-1", 400, "bad-request"),
        ("after=x", 400, "bad-request"),
        ("after=%D9%A3", 400, "bad-request"),  # an Arabic digit
        ("after=99999999999999999999999", 400, "bad-request"),
        (f"after={'9' * 5000}", 400, "bad-request"),
    ],
)
def test_a_number_that_is_none_is_refused(overseer: User, query: str, status: int, code: str) -> None:
    _row, headers = token(overseer, "stream")
    client = run(lambda stream: call(stream, scope("/api/stream", query=query, headers=headers)))
    assert (client.status, json.loads(client.body)["type"]) == (status, f"/problems/{code}")


def test_without_a_way_in_it_is_refused(overseer: User) -> None:
    for headers, status in (
        ({}, 401),
        ({"authorization": "Bearer nonsense"}, 401),
        (token(overseer, "cases:read")[1], 403),
    ):
        client = run(lambda stream, given=headers: call(stream, scope("/api/stream", headers=given)))
        assert client.status == status


def test_one_person_cannot_open_streams_without_end(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "A_USER", 2)
    _row, headers = token(overseer, "stream")

    async def work(stream: Stream) -> list[int]:
        clients = [Client(), Client()]
        given = scope("/api/stream", headers=headers)
        reading = [asyncio.ensure_future(stream(given, client.receive, client.send)) for client in clients]
        await asyncio.sleep(0.5)
        third = await call(stream, scope("/api/stream", headers=headers))
        for client in clients:
            client.gone.set()
        await asyncio.gather(*reading)
        fourth = await follow(stream, headers, lambda client: bool(client.sent))
        return [third.status, fourth.status]

    assert run(work) == [429, 200]


def test_a_revoked_token_ends_its_stream(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ASK_AGAIN", 0.1)
    monkeypatch.setattr(streams, "BEAT", 0.1)
    row, headers = token(overseer, "stream")
    actor = actor_for(overseer)

    async def work(stream: Stream) -> bool:
        client = Client()
        reading = asyncio.ensure_future(stream(scope("/api/stream", headers=headers), client.receive, client.send))
        await asyncio.sleep(0.5)
        open_before = not reading.done()
        await elsewhere(revoke_token, row.pk, actor)
        await asyncio.wait_for(reading, 5)
        return open_before

    assert run(work) is True


def test_a_stream_shows_that_it_is_alive(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment, and the number so far, so that a resumed stream does not read again what it may not see."""
    monkeypatch.setattr(streams, "BEAT", 0.1)
    _row, headers = token(overseer, "stream")
    client = run(lambda stream: follow(stream, headers, lambda client: b": beat" in client.body, "after=0"))
    assert ": beat\nid: 1\n\n" in client.body.decode()
