"""One person remarks and finishes at once, in rounds, where who remarked may not finish. Run by test_eyes.py in its own
process, like tests/units/contend.py. Prints the lines of each round's case as [[act, actor], ...], as JSON.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from blockwise.access.actors import Actor

ROUNDS = 10
REMARK = """acts:
  remark:
    zh: 备注
    en: Remark
    sentence: {zh: "{actor}备注", en: "{actor} remarked"}
    roles: [block_leader]
    from: [allowed]
    asks: [remark]
"""
FIELD = "fields:\n  remark: {type: text, label: {zh: 备注, en: Remark}, opening: false}\n"
OPENING = {"measures": ["fence"], "closed": {"from": "2026-12-01", "to": "2026-12-05"}}
ALLOWED = {"begins": "08:30", "deposit": "1", "width": "1"}


def main() -> None:
    django.setup()
    from django.core.management import call_command

    from blockwise.access.actors import actor_for
    from blockwise.cases.kinds import registry
    from blockwise.rooms import Role
    from tests.people import make_city, person

    call_command("migrate", verbosity=0)
    make_city()
    text = (Path(__file__).parents[1] / "kinds" / "format_2" / "works.yaml").read_text(encoding="utf-8")
    text = text.replace("not_by: [allow, extend]", "not_by: [allow, remark]").replace("acts:\n", REMARK, 1)
    registry.store({"works": text.replace("fields:\n", FIELD, 1)}, "system:test")
    desk = actor_for(person("desk", (Role.CALL_TAKER, "99")))
    leader = actor_for(person("leader", (Role.BLOCK_LEADER, "99")))
    both = actor_for(person("both", (Role.BLOCK_LEADER, "99"), (Role.DISPATCHER, "99")))
    print(json.dumps([one_round(desk, leader, both) for _ in range(ROUNDS)]))


def one_round(desk: Actor, leader: Actor, both: Actor) -> list[list[str]]:
    from blockwise.cases import engine
    from blockwise.ledger.models import Line
    from tests.people import point_in

    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "kind": "street"}
    case = engine.open_case("works", {"place": place, **OPENING}, desk).case
    engine.act(case, "allow", ALLOWED, leader, expected_version=1)
    at_once(case, both)
    return [
        list(row) for row in Line.objects.filter(thread=f"case:{case}").order_by("number").values_list("act", "actor")
    ]


def at_once(case: int, actor: Actor) -> None:
    from django.db import connections

    from blockwise.cases import engine
    from blockwise.problems import Conflict, Forbidden

    tries: list[tuple[str, dict[str, Any], int | None]] = [("remark", {"remark": "seen"}, None), ("finish", {}, 2)] * 4
    gate = threading.Barrier(len(tries))

    def contender(act: str, data: dict[str, Any], version: int | None) -> None:
        gate.wait()
        try:
            engine.act(case, act, data, actor, expected_version=version)
        except (Conflict, Forbidden):
            pass  # one of them comes too late
        finally:
            connections.close_all()

    threads = [threading.Thread(target=contender, args=one) for one in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
