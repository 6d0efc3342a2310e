"""`kill -9` of the server under load, again and again: what was acknowledged is there, once, and the record verifies.

Twenty times in `make test-all`; `make kills` two hundred times on each engine."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.servers import Home, Server

KILLS, WRITERS = int(os.environ.get("BLOCKWISE_TEST_KILLS", "10")), 8
CALL = {"type": "order.noise", "place": {"lon": 113.9125, "lat": 22.5575, "kind": "street"}, "channel": "phone"}


@dataclass
class Account:
    """What the writers know: by key, the case that was acknowledged, or None for a request without an answer."""

    cases: dict[str, int | None] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


def write(server: Server, account: Account) -> None:
    """Take calls until stopped or until the server is gone; a key is noted before its request goes out."""
    with server.client("taker") as taker:
        while not account.stop.is_set():
            key = uuid4().hex
            account.cases[key] = None
            try:
                answer = take(taker, key)
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                account.cases[key] = answer.json()["case"]
            elif answer.status_code != 429:
                account.unexpected.append(answer.text)


def take(client: httpx.Client, key: str) -> httpx.Response:
    return client.post("/api/calls", json={**CALL, "description": f"call {key}"}, headers={"Idempotency-Key": key})


def retry(server: Server, account: Account, lost: list[str], known: list[str]) -> None:
    """Every key without an answer is sent again, and some that had one: the same key is the same case."""
    with server.client("taker") as taker:
        for key in lost:
            answer = take(taker, key)
            assert answer.status_code in {200, 201}, answer.text
            account.cases[key] = answer.json()["case"]
        for key in known:
            answer = take(taker, key)
            assert (answer.status_code, answer.json()["case"]) == (200, account.cases[key])


def test_what_was_acknowledged_survives_every_kill(home: Home) -> None:
    account, draw = Account(), random.Random(20)
    lost = known = 0
    for _ in range(KILLS):
        server = Server(home)
        server.start()
        unanswered = [key for key, case in account.cases.items() if case is None]
        answered = [key for key, case in account.cases.items() if case is not None]
        retry(server, account, unanswered, draw.sample(answered, min(5, len(answered))))
        lost, known = lost + len(unanswered), len(account.cases)
        threads = [threading.Thread(target=write, args=(server, account)) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        time.sleep(draw.uniform(0.1, 0.6))
        server.kill()
        account.stop.set()
        for thread in threads:
            thread.join()
        account.stop.clear()
    with Server(home) as server:
        retry(server, account, [key for key, case in account.cases.items() if case is None], [])
    assert account.unexpected == []
    assert known >= KILLS, "the load was too light to prove anything"
    assert lost >= KILLS, "no kill met a request under way"
    assert "verified" in home.blockwise("verify").stdout
    in_database = json.loads(home.python("-c", CASES).stdout)
    assert sorted(account.cases.values()) == sorted(in_database)  # each once, and none besides
    assert len(set(in_database)) == len(in_database) == len(account.cases)


CASES = """
import json
from blockwise.cli import start
start.django()
from blockwise.cases.models import Case
from blockwise.ledger.models import Line
opened = sorted(Line.objects.filter(act="open").values_list("thread", flat=True))
cases = list(Case.objects.order_by("pk").values_list("pk", flat=True))
assert opened == sorted(f"case:{pk}" for pk in cases)
print(json.dumps(cases))
"""
