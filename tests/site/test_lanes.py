"""What takes long has its own threads: sixteen wide questions at once hold up no call."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from typing import Any

import pytest

from blockwise.access.actors import Actor
from blockwise.site import lanes as lanes_module
from blockwise.site.api import api
from blockwise.site.lanes import FILES_EACH, HEAVY, POSITIONS, Lanes

from .asgi import Client, call, scope

MANY = 16


class Held:
    """An application whose heavy answers wait to be let go; who is at work on what is counted."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.at_work: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        with self.lock:
            self.at_work[path] += 1
            self.most[path] = max(self.most[path], self.at_work[path])
        if path in HEAVY:
            self.let_go.wait(30)
        with self.lock:
            self.at_work[path] -= 1
        start("200 OK", [("X-Thread", threading.current_thread().name)])
        return [b"done"]


async def begun(application: Held, path: str) -> None:
    while not application.at_work[path]:
        await asyncio.sleep(0.001)


def test_calls_are_taken_while_sixteen_wide_questions_wait() -> None:
    held = Held()

    async def ask() -> tuple[list[Client], list[Client]]:
        lanes = Lanes(held, 1)
        wide = [asyncio.ensure_future(call(lanes, scope("/api/rings"))) for _ in range(MANY)]
        await begun(held, "/api/rings")
        taken = [await call(lanes, scope("/api/calls", method="POST")) for _ in range(5)]
        assert not any(one.done() for one in wide)
        held.let_go.set()
        return taken, [await one for one in wide]

    taken, wide = asyncio.run(ask())
    assert [one.status for one in taken] == [200] * 5
    assert {one.headers["x-thread"].partition("_")[0] for one in taken} == {"request"}
    assert [one.status for one in wide] == [200] * MANY
    assert {one.headers["x-thread"].partition("_")[0] for one in wide} == {"heavy"}
    assert held.most["/api/rings"] == 1


def test_what_would_wait_too_long_is_told_when_to_come_back() -> None:
    held = Held()

    async def ask() -> list[Client]:
        lanes = Lanes(held, 1)
        lanes.heavy.patience = 0.05
        first = asyncio.ensure_future(call(lanes, scope("/api/rings")))
        await begun(held, "/api/rings")
        late = await call(lanes, scope("/api/roads.geojson"))
        lanes.heavy.queue = 1
        over = await call(lanes, scope("/api/rings"))
        held.let_go.set()
        return [late, over, await first]

    late, over, first = asyncio.run(ask())
    assert [late.status, over.status, first.status] == [503, 503, 200]
    for refused in (late, over):
        problem = json.loads(refused.body)
        assert (problem["type"], refused.headers["retry-after"]) == ("/problems/busy", "10")
        assert problem["fix"] == "Try again in a few seconds."
    assert held.most["/api/roads.geojson"] == 0


def test_positions_keep_no_thread_from_a_call() -> None:
    lanes = Lanes(Held(), 1)
    for path in POSITIONS:
        assert asyncio.run(call(lanes, scope(path, method="POST"))).headers["x-thread"].startswith("positions")


@pytest.mark.django_db
def test_every_address_with_threads_of_its_own_is_there() -> None:
    assert set(api.get_openapi_schema()["paths"]) >= HEAVY | POSITIONS


UPLOAD = "/api/cases/1/attachments"


class Unread(Client):
    """Its body must not be asked for."""

    async def receive(self) -> dict[str, Any]:
        raise AssertionError("the body was read")


@pytest.mark.django_db(transaction=True)
def test_a_stranger_is_answered_before_any_byte_of_a_file_is_read() -> None:
    client = Unread()
    asyncio.run(Lanes(Held(), 1)(scope(UPLOAD, method="POST"), client.receive, client.send))
    assert client.status == 401


def test_one_person_sends_two_files_at_once_and_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(asked: dict[str, Any]) -> tuple[None, Actor]:
        return None, Actor(dict(asked["headers"])[b"who"].decode(), "")

    monkeypatch.setattr(lanes_module, "asker", known)

    async def ask() -> list[int]:
        lanes = Lanes(Held(), 1)
        slow = [asyncio.ensure_future(_send(lanes, "user:1")) for _ in range(FILES_EACH)]
        while lanes.arriving["user:1"] < FILES_EACH:
            await asyncio.sleep(0.001)
        third = await call(lanes, scope(UPLOAD, method="POST", headers={"who": "user:1"}))
        other = await call(lanes, scope(UPLOAD, method="POST", headers={"who": "user:2"}))
        for one in slow:
            one.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return [third.status, other.status, lanes.arriving.total()]

    assert asyncio.run(ask()) == [503, 200, 0]


async def _send(lanes: Lanes, who: str) -> None:
    """A file whose bytes never come."""
    client = Client()
    await lanes(scope(UPLOAD, method="POST", headers={"who": who}), asyncio.Event().wait, client.send)  # type: ignore[arg-type]  # never set, it never returns
