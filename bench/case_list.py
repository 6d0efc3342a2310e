"""The list of cases with a million of them: 16 users, each asking once a second, as JSON and as a page."""

from __future__ import annotations

import itertools
import json
import os
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.servers import Home, Server

from .creates import PROCESSES
from .figures import Figure, Goal, percentile
from .installation import ENGINES, bind_backends, city, inside, installed
from .load import Sample, drive, request

CASES, USERS, RUNS, SECONDS = 1_000_000, 16, 3, 20.0
OPEN = 3_000  # the newest; their places are in the vault
DAYS = 3 * 365
NEWEST = "SELECT * FROM cases_case ORDER BY opened_at DESC, id DESC LIMIT 51"


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    filled = inside(home, "case_list.fill", count=CASES)
    users = _users(home, filled["leaders"])
    plans = [_plan(user, filled, number) for number, user in enumerate(users)]
    with Server(home, PROCESSES[engine]) as server:
        drive(server.port, [list(itertools.islice(plan, 12)) for plan in plans], every=0.5, seconds=6)
        if home.database:
            bind_backends(home.database, sorted(os.sched_getaffinity(0)))
        runs = [drive(server.port, plans, seconds=SECONDS, every=1.0) for _ in range(RUNS)]
    wrong = {(one.status, one.body[:200]) for samples in runs for one in samples if one.status != 200}
    assert not wrong, wrong
    late = tuple(percentile([one.seconds * 1e3 for one in samples], 95) for samples in runs)
    notes = {"p50_ms": [round(percentile([one.seconds * 1e3 for one in samples], 50)) for samples in runs]}
    notes["slowest_ms"] = [round(max(one.seconds * 1e3 for one in samples)) for samples in runs]
    what = f"{USERS} users, {CASES:,} cases, p95, {engine}"
    baseline = "raw SELECT of the newest 51 rows, p95"
    yield Figure("case_list", what, "ms", late, Goal(150.0), baseline, _raw(home), {**notes, **_by_path(plans, runs)})


User = dict[str, str]


def _users(home: Home, leaders: list[str]) -> list[User]:
    """Half of them at a screen, half programs; half over the whole city, half over one community."""
    tokens = [{"token": token} for token in inside(home, "clients", count=USERS // 4)]
    leading = [{"token": inside(home, "clients", count=1, login=login)[0]} for login in leaders[: USERS // 4]]
    screens = inside(home, "sessions", logins=["dispatcher"] * (USERS // 4) + leaders[: USERS // 4])
    return [*tokens, *leading, *({"cookie": cookie} for cookie in screens)]


def _plan(user: User, filled: dict[str, Any], number: int) -> Iterator[bytes]:
    """The whole list, and the list narrowed in every way, again and again; each user begins elsewhere."""
    token = "token" in user
    since, until = (filled[name] + "T00:00:00Z" * token for name in ("since", "until"))
    month = f"since={since}&until={until}"
    block = f"block={filled['subdistrict']}"
    narrowed = ["", "kind=hazard", "kind=call&type=fire", "priority=1", block, "kind=call&stage=closed"]
    pages = {"token": [*narrowed, "open=true", "open=true&priority=2", "late=true", month]}
    pages["cookie"] = [*narrowed, "state=open", "state=open&priority=2", "state=late", month]
    path = "/api/cases" if token else "/cases/"
    asked = [request("GET", f"{path}?{query}", **user) for query in pages[next(iter(user))]]
    yield from itertools.islice(itertools.cycle(asked), number, None)


def _by_path(plans: object, runs: list[list[Sample]]) -> dict[str, Any]:
    """p95 of each group of users."""
    groups = ("programs, city", "programs, a community", "screens, city", "screens, a community")
    times = defaultdict(list)
    for one in itertools.chain.from_iterable(runs):
        times[groups[one.client // (USERS // 4)]].append(one.seconds * 1e3)
    return {f"{group}, p95_ms": round(percentile(values, 95)) for group, values in times.items()}


def _raw(home: Home, runs: int = 200) -> float:
    database: Any = (
        psycopg.connect(home.database) if home.database else sqlite3.connect(home.folder / "blockwise.sqlite3")
    )
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        assert len(database.execute(NEWEST).fetchall()) == 51
        times.append((time.perf_counter() - began) * 1e3)
    database.close()
    return percentile(times, 95)


def fill(count: int, still_open: int = OPEN) -> dict[str, Any]:
    """Fill the table of cases directly, which nothing but these measurements does: three years of calls and hazards,
    the newest `still_open` of them open, a tenth of these late, each with its place in the vault."""
    from django.db import connection, transaction

    from blockwise.access.models import Grant
    from blockwise.cases.models import Case
    from blockwise.clock import real_now
    from blockwise.ledger import vault
    from blockwise.places.models import Block

    now = real_now()
    sealed = {}
    with transaction.atomic():
        for number in range(count - still_open + 1, count + 1):
            place = {"lon_e7": 1_130_000_000, "lat_e7": 225_000_000, "text": f"No. {number}"}
            sealed[number] = vault.seal_many(f"case:{number}", {"place": place})
    _insert(connection, Case, _rows(count, now, sealed))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('cases_case', 'id'), %s)", [count])
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE cases_case")
    leaders = Grant.objects.filter(role="block_leader", block__level=2).order_by("pk")
    return {
        "leaders": list(leaders.values_list("user__login", flat=True)[: USERS // 4]),
        "subdistrict": Block.objects.filter(level=1).order_by("code").values_list("code", flat=True).first(),
        "since": (now - timedelta(days=400)).date().isoformat(),
        "until": (now - timedelta(days=370)).date().isoformat(),
    }


def _rows(count: int, now: datetime, sealed: dict[int, dict[str, str]]) -> Iterator[dict[str, Any]]:
    """What is asked of the database is asked here, before the rows are copied into it."""
    from blockwise.cases.kinds import registry
    from blockwise.places.models import Block

    draw = random.Random(1)
    cells = list(Block.objects.filter(children=None).values_list("code", "lon_e7", "lat_e7", "population"))
    drawn = iter(draw.choices(cells, weights=[cell[3] + 1 for cell in cells], k=count))
    kinds = [registry.current(name) for name in ("call", "hazard")]
    return _drawn_rows(count, now, sealed, kinds, drawn, draw)


def _drawn_rows(
    count: int, now: datetime, sealed: dict[int, dict[str, str]], kinds: list[Any], drawn: Iterator[Any], draw: Any
) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        block, lon, lat, _population = next(drawn)
        kind = kinds[draw.random() < 0.15]
        type_ = draw.choice(kind.types)
        opened = now - timedelta(days=DAYS) * ((count - number) / count) - timedelta(seconds=1)
        final = number not in sealed
        stages = [stage.name for stage in kind.stages if stage.final == final]
        late = not final and number % 10 == 0
        ended = opened + timedelta(hours=2) if final else None
        yield {
            "id": number, "kind": kind.name, "kind_text_id": kind.digest, "stage": draw.choice(stages), "final": final,
            "version": draw.randint(1, 6), "type": type_.code, "priority": type_.priority,
            "sensitive": type_.sensitive, "channel": "phone", "block_id": block, "place_kind": "street",
            "lon_e7": lon, "lat_e7": lat, "fields": "{}", "sealed": json.dumps(sealed.get(number, {})),
            "opened_by": "user:1", "opened_at": opened, "closed_at": ended, "end_received_at": ended,
            "due_at": None if final else now + timedelta(hours=-1 if late else 1),
        }  # fmt: skip


def _insert(connection: Any, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Columns that a row does not name hold what the model gives them."""
    fields = {field.column: field.get_default() for field in model._meta.concrete_fields}
    names = ", ".join(f'"{name}"' for name in fields)
    values = ([row.get(name, given) for name, given in fields.items()] for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY cases_case ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            return
        own = connection.connection
        own.execute("BEGIN")
        texts = ([str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in row] for row in values)
        own.executemany(f"INSERT INTO cases_case ({names}) VALUES ({', '.join('?' * len(fields))})", texts)
        own.execute("COMMIT")
