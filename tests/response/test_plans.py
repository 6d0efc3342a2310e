"""What is asked many times a minute reads the open cases, never all that were ever closed: by plan, on both engines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blockwise.access.actors import Actor, actor_for
from blockwise.cases.models import Case
from blockwise.cases.queries.listing import Filter, listed
from blockwise.response import queries
from blockwise.response.queries import Wanted
from blockwise.rooms import Role
from blockwise.site.jobs import count_rows
from tests.people import People, person, signed_in
from tests.recorded import on_record

Take = Callable[..., Case]
CLOSED = 10_000
GOOD = {"case_open", "case_open_block", "case_due", "case_closed", "clock_raised", "cases_case_pkey"}


@pytest.fixture
def history(call: Take, transactional_db: None) -> None:
    """Many closed cases all over the city, and a few that are open."""
    case = call()
    plain = {field.attname: getattr(case, field.attname) for field in Case._meta.fields if not field.primary_key}
    blocks = ["99010101", "99010102", "99010201", "99020101", "99020202"]

    def old(number: int) -> Case:
        opened = case.opened_at - timedelta(minutes=number)
        more = {"sealed": {}, "final": True, "stage": "closed", "due_at": None, "opened_at": opened}
        more["closed_at"] = opened + timedelta(minutes=30)
        return Case(**{**plain, **more, "block_id": blocks[number % 5], "priority": 1 + number % 4})

    with on_record():
        Case.objects.bulk_create((old(number) for number in range(CLOSED)), batch_size=2000)
    for block in blocks[:3]:
        call(block)
    if connection.vendor == "sqlite":
        count_rows()
    else:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


ASKED: dict[str, Callable[[Actor, Client], object]] = {
    "queue": lambda actor, _client: queries.queue(actor),
    "queue of a block": lambda actor, _client: queries.queue(actor, Wanted(block="990101", waiting=True)),
    "mine": lambda actor, _client: queries.queue(actor, Wanted(mine=True)),
    "sheet": lambda _actor, client: client.get("/cases/sheet/"),
    "block": lambda _actor, client: client.get("/blocks/990101/"),
    "open": lambda actor, _client: listed(actor, Filter(open=True)),
    "late": lambda actor, _client: listed(actor, Filter(late=True)),
    "raised": lambda actor, _client: listed(actor, Filter(raised=True)),
}


def test_lists_asked_all_the_time_read_what_is_open(history: None, people: People) -> None:
    leader = person("leads", (Role.BLOCK_LEADER, "990101"))
    for user in (people.in_charge, leader):
        client, actor = signed_in(user), actor_for(user)
        for what, ask in ASKED.items():
            with CaptureQueriesContext(connection) as asked:
                ask(actor, client)
            statements = [one["sql"] for one in asked if re.search(r'(FROM|JOIN) "cases_case"', one["sql"])]
            assert statements, what
            for statement in statements:
                assert used(statement) <= GOOD, (user.login, what, statement, plan(statement))


def used(statement: str) -> set[str]:
    """The indexes by which the statement reads cases; "all of it" where it goes through the table."""
    if connection.vendor == "sqlite":
        mentioned = [line for line in plan(statement) if re.search(r"\bcases_case\b", line)]
        found = [re.search(r"INDEX (\w+)", line) for line in mentioned if "INTEGER PRIMARY KEY" not in line]
        return {one.group(1) if one else "all of it" for one in found}
    nodes: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        nodes.append(node)
        for below in node.get("Plans", ()):
            walk(below)

    walk(json.loads(plan(statement)[0])[0]["Plan"])
    whole = {"all of it" for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "cases_case"}
    return whole | {name for node in nodes if (name := node.get("Index Name", "")).startswith("case_")}


def plan(statement: str) -> list[str]:
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (FORMAT JSON)"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {statement}")
        rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        return [str(row[3]) for row in rows]
    return [row[0] if isinstance(row[0], str) else json.dumps(row[0]) for row in rows]
