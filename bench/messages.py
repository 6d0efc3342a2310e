"""Units are sent while 1,000 messages wait and the network answers nothing; then it answers, and each arrives once."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.servers import Home, Server

from .creates import PROCESSES, calls
from .figures import Figure, Goal, percentile
from .installation import ENGINES, city, inside, installed
from .load import drive, request
from .recommendation import crowded

MESSAGES, CLIENTS, RUNS, SECONDS, EVERY = 1_000, 4, 3, 6.0, 0.2  # 20 acts a second
ACTS = int(CLIENTS * SECONDS / EVERY)  # of a run
HOST, PATIENCE_S = "127.0.0.1", 400.0


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        crowd = crowded(city("district"), scratch / f"city-{engine}")
        with installed(engine, scratch / engine, crowd) as home:
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    inside(home, "recommendation.spread")
    token, points = inside(home, "clients", count=1)[0], inside(home, "places", count=997)
    units = iter(inside(home, "messages.free"))
    with Server(home, PROCESSES[engine], BLOCKWISE_WEBHOOK_HOSTS=HOST) as server:
        taken = calls(token, points, 0)
        made = drive(server.port, [[next(taken) for _one in range(2 * RUNS * ACTS)]])
        assert {one.status for one in made} == {201}, made[0].body[:300]
        cases = iter(range(1, len(made) + 1))

        def run() -> list[float]:
            plans = [
                [_send(next(cases), next(units), token) for _one in range(ACTS // CLIENTS)] for _c in range(CLIENTS)
            ]
            samples = drive(server.port, plans, seconds=SECONDS, every=EVERY)
            assert {one.status for one in samples} == {201}, [one.body for one in samples if one.status != 201][:2]
            return [one.seconds * 1e3 for one in samples]

        free = [run() for _run in range(RUNS)]
        with _black_hole() as port:
            inside(home, "messages.tell", port=port, count=MESSAGES)
            time.sleep(3)  # until every thread of the worker is held up
            held = [run() for _run in range(RUNS)]
            waiting = inside(home, "messages.waiting")
        began = time.monotonic()
        with _answering(port) as got:
            while inside(home, "messages.waiting", again=True) and time.monotonic() - began < PATIENCE_S:
                time.sleep(2)
            drained = time.monotonic() - began
            time.sleep(3)  # for one that would come twice
    for share, goal in ((95, Goal(1.1)), (50, Goal(1.1))):
        base, now = (percentile([one for run in runs for one in run], share) for runs in (free, held))
        notes: dict[str, Any] = {
            "free_ms": [round(percentile(one, share), 1) for one in free],
            "black_holed_ms": [round(percentile(one, share), 1) for one in held],
            "acts_a_run": ACTS, "waiting_after": waiting, "load": os.getloadavg()[0],
        }  # fmt: skip
        what = f"units sent, network black-holed to free, p{share}, {engine}: {now:.1f} ms to {base:.1f} ms"
        yield Figure("messages", what, "x", (now / base,), goal, notes=notes)
    twice = sum(count > 1 for count in got.values())
    notes = {"arrived": len(got), "more_than_once": twice, "after_s": round(drained, 1), "waits_cut_short": True}
    once = sum(count == 1 for count in got.values())
    yield Figure("messages", f"arrived once, {engine}", "of 1,000", (float(once),), Goal(MESSAGES, True), notes=notes)


def _send(case: int, unit: str, token: str) -> bytes:
    path = f"/api/cases/{case}/assignments"
    return request("POST", path, token=token, key=uuid4().hex, body={"units": [unit], "override": True})


@contextmanager
def _black_hole() -> Iterator[int]:
    """A port where connections are taken by the machine and nobody ever reads or answers."""
    with socket.create_server((HOST, 0), backlog=4) as silent:
        yield silent.getsockname()[1]


@contextmanager
def _answering(port: int) -> Iterator[Counter[str]]:
    """The same port answers; how often each message came, by its id."""
    got: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got[self.headers["webhook-id"]] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Nothing is written among the figures."""

    with ThreadingHTTPServer((HOST, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield got
        server.shutdown()
        thread.join()


def free() -> list[str]:
    """Codes of the units that can be sent; inside an installation."""
    from blockwise.units.models import Meaning, Unit

    return list(Unit.objects.filter(meaning=Meaning.AVAILABLE).order_by("pk").values_list("pk", flat=True))


def tell(port: int, count: int) -> int:
    """So many messages for a webhook of the installation at this port; inside an installation."""
    from django.conf import settings
    from django.db import transaction

    from blockwise.access.actors import LOADER, Actor, Held
    from blockwise.access.models import User
    from blockwise.ledger.lines import Entry, write
    from blockwise.messages import actions, ways
    from blockwise.places.queries import city
    from blockwise.rooms import Role

    settings.WEBHOOK_HOSTS = frozenset({HOST})
    keeper = Actor(f"user:{User.objects.order_by('pk')[0].pk}", "", (Held(Role.ADMINISTRATOR.value, city().code),))
    ways.add(keeper, "webhook", f"http://{HOST}:{port}/hook", ["erasures_held"], installation=True)
    with transaction.atomic():
        actions.put_all("erasures_held", [actions.Draft({"count": number + 1}, 1) for number in range(count)])
        write([Entry("system", "told", LOADER.id)])
    return count


def waiting(*, again: bool = False) -> int:
    """Deliveries that did not arrive yet; `again`: what waits for its next time need not. Inside an installation."""
    from blockwise.clock import real_now
    from blockwise.messages.models import Delivery, Message

    rows = Delivery.objects.filter(done_at=None)
    if again:
        rows.filter(next_at__gt=real_now()).update(next_at=real_now())
    return rows.count() + Message.objects.filter(topic="erasures_held", spread_at=None).count()
