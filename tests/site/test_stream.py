from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.test import Client as Browser

from blockwise import clock
from blockwise.access.actions import make_token, revoke_token, set_active
from blockwise.access.actors import OPERATOR, actor_for
from blockwise.access.models import ApiToken, Grant, User
from blockwise.access.passwords import set_password
from blockwise.access.ways_in import by_ways
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from blockwise.site import followers
from blockwise.site import stream as streams
from blockwise.site.stream import Stream
from tests.people import make_city, person
from tests.recorded import recorded

from .asgi import Client, call, scope

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 16, 25


def record(count: int = 1, thread: str = "system") -> None:
    with transaction.atomic():
        write([Entry(thread, "note", "system:test", "99") for _ in range(count)])


def last() -> int:
    """The number of the newest line: setting up the city and its people is on the record, too."""
    return Line.objects.count()


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
            await stream.stop()

    return asyncio.run(with_stream())


def test_lines_come_by_number_with_what_happened_and_no_more(overseer: User) -> None:
    headers, begun = session(overseer), last()
    record(3)
    client = run(lambda stream: follow(stream, headers, lambda client: len(events(client)) >= 3, f"after={begun}"))
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [event["number"] for event in events(client)] == [begun + 1, begun + 2, begun + 3]
    assert set(events(client)[2]) == {"number", "thread", "act", "block", "actor", "recorded_at"}
    assert f"id: {begun + 3}\nevent: line\ndata: {{" in client.body.decode()


@pytest.mark.parametrize("resumed", [False, True])
def test_a_stream_goes_on_after_the_line_last_seen(overseer: User, resumed: bool) -> None:
    headers, seen = session(overseer), last() + 2
    record(5)
    query, more = ("after=0", {"last_event_id": str(seen)}) if resumed else (f"after={seen}", {})
    client = run(lambda stream: follow(stream, headers | more, lambda client: len(events(client)) >= 3, query))
    assert [event["number"] for event in events(client)] == [seen + 1, seen + 2, seen + 3]


def test_without_a_number_it_begins_with_the_next_line(overseer: User) -> None:
    headers = session(overseer)
    record(5)
    before = last()

    async def work(stream: Stream) -> Client:
        reading = asyncio.ensure_future(follow(stream, headers, lambda client: bool(events(client))))
        await asyncio.sleep(0.5)
        await elsewhere(record)
        return await reading

    assert [event["number"] for event in events(run(work))] == [before + 1]


def test_a_follower_under_16_writers_misses_no_line(overseer: User) -> None:
    """Two readers from the start, one of them resumed half-way; every number once, in order, without a gap."""
    headers = session(overseer)
    total = last() + WRITERS * EACH

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
    monkeypatch.setattr(followers, "A_USER", 2)
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


def sign_out(headers: dict[str, str]) -> None:
    assert Browser(headers=headers).post("/logout").status_code == 302


def test_who_may_no_longer_follow_is_let_go_within_five_seconds(overseer: User) -> None:
    """A token revoked, a session ended, a new password, a person shut out, and one whose reader takes nothing more."""
    row, by_token = token(overseer, "stream")
    leaves, renews, shut = person("lee"), person("ren"), person("sue")
    ways = [by_token, *(session(user) for user in (leaves, renews, shut))]
    clients = [Client(), Client(), Client(), Stuck()]

    def close_all() -> None:
        revoke_token(row.pk, OPERATOR)
        sign_out(ways[1])
        set_password(renews, "another horse battery", OPERATOR)
        set_active(shut, False, OPERATOR)

    async def work(stream: Stream) -> list[bool]:
        reading = [
            asyncio.ensure_future(stream(scope("/api/stream", headers=headers), client.receive, client.send))
            for headers, client in zip(ways, clients, strict=True)
        ]
        await asyncio.sleep(0.5)
        before = [one.done() for one in reading]
        await elsewhere(close_all)
        await asyncio.wait_for(asyncio.gather(*reading), 5)
        return before

    assert run(work) == [False] * 4


class Stuck(Client):
    """Takes the beginning and nothing more, and does not go away."""

    async def send(self, message: Any) -> None:
        if len(self.sent) > 1:
            await asyncio.Event().wait()
        await super().send(message)


@pytest.mark.slow
def test_a_role_that_ended_shows_no_further_line(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followers, "LOOK_AGAIN", 0.1)
    headers, begun = session(overseer), last()
    end = f"id: {begun + 4}".encode()  # one that is seen, that of the role's end, and two

    async def work(stream: Stream) -> Client:
        reading = asyncio.ensure_future(follow(stream, headers, lambda client: end in client.body, f"after={begun}"))
        await elsewhere(record)
        await asyncio.sleep(0.5)
        await elsewhere(recorded(lambda: Grant.objects.update(ends_at=clock.now())))
        await asyncio.sleep(1)
        monkeypatch.setattr(streams, "BEAT", 0.1)
        await elsewhere(record, 2)
        return await reading

    assert [event["number"] for event in events(run(work)) if event["act"] == "note"] == [begun + 1]


def test_a_stream_outlives_one_failed_look_at_who_follows_and_not_many(
    overseer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "LOOK_AGAIN", 0.1)
    monkeypatch.setattr(followers, "UNKNOWN", 1.0)
    headers, looks = session(overseer), []

    def broken(ways: Any) -> Any:
        looks.append(ways)
        if len(looks) == 2:
            return by_ways(ways)
        raise OperationalError("gone")

    monkeypatch.setattr(followers, "by_ways", broken)
    client = run(lambda stream: follow(stream, headers, lambda client: False))
    assert len(looks) > 3
    assert client.sent[-1]["more_body"] is False


def test_the_streams_of_a_process_are_looked_up_together(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followers, "LOOK_AGAIN", 0.1)
    given = [session(overseer), token(overseer, "stream")[1], *(session(person(f"p{number}")) for number in range(6))]
    looks: list[int] = []
    monkeypatch.setattr(followers, "by_ways", lambda ways: looks.append(len(ways)) or by_ways(ways))

    async def work(stream: Stream) -> None:
        await asyncio.gather(*(follow(stream, headers, lambda client: 8 in looks) for headers in given))

    run(work)
    assert 8 in looks


def test_a_stream_shows_that_it_is_alive(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment, and the number so far, so that a resumed stream does not read again what it may not see."""
    monkeypatch.setattr(streams, "BEAT", 0.1)
    _row, headers = token(overseer, "stream")
    client = run(lambda stream: follow(stream, headers, lambda client: b": beat" in client.body, "after=0"))
    assert f": beat\nid: {last()}\n\n" in client.body.decode()


def test_beats_come_to_who_may_see_none_of_the_many_new_lines(overseer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BEAT", 1.0)
    headers = session(person("carl"))
    enough = threading.Event()

    def writer() -> None:
        while not enough.wait(0.05):
            record()
        connection.close()

    async def work(stream: Stream) -> Client:
        writing = asyncio.ensure_future(asyncio.to_thread(writer))
        client = await follow(stream, headers, lambda client: client.body.count(b": beat") >= 2)
        enough.set()
        await writing
        return client

    client = run(work)
    assert client.body.count(b": beat") >= 2
    assert events(client) == []
