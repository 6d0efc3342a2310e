"""Fifty threads send one unit at once, each to a case of its own; then the forty-nine others divert it from the one
that has it. Run by test_contention.py in its own process:

python -m tests.units.contend    (BLOCKWISE_HOME or DATABASE_URL name the database, which is made anew)

Prints [sent, diverted], each {"won": [...], "conflicts": [...], "others": [...]}, as JSON.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from blockwise.access.actors import Actor

CONTENDERS = 50


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(contend()))


Found = dict[str, list[object]]


def contend() -> list[Found]:
    from blockwise.access.actors import actor_for
    from blockwise.cases.kinds import registry
    from tests.forces import make_forces
    from tests.people import make_city, make_people

    from .conftest import call

    make_city()
    registry.store(registry.builtin_texts(), "system:test")
    make_forces()
    dispatcher = actor_for(make_people().in_charge)
    cases = [call(dispatcher).pk for _ in range(CONTENDERS)]
    sent = at_once(cases, "send", {"units": ["P1"]}, dispatcher)
    [winner] = sent["won"]
    others = [case for case in cases if case != winner]
    diversion = {"units": ["P1"], "off": {"P1": winner}, "why": "nearer"}
    return [sent, at_once(others, "divert", diversion, dispatcher)]


def at_once(cases: list[int], act: str, data: dict[str, object], dispatcher: Actor) -> Found:
    from django.db import connections

    from blockwise.cases import engine
    from blockwise.problems import Conflict

    found: Found = {"won": [], "conflicts": [], "others": []}
    gate = threading.Barrier(len(cases))

    def contender(case: int) -> None:
        gate.wait()
        try:
            engine.act(case, act, data, dispatcher)
            found["won"].append(case)
        except Conflict as conflict:
            found["conflicts"].append({"what": str(conflict.what), **conflict.more})
        except Exception as error:  # noqa: BLE001  (whatever else it is, the test must see it)
            found["others"].append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=contender, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found | kept(act)


def kept(act: str) -> Found:
    from blockwise.ledger.models import Line
    from blockwise.units.models import Assignment

    return {
        "assignments": list(Assignment.objects.filter(cleared_at=None).values_list("case", "unit")),
        "lines": list(Line.objects.filter(act=act).values_list("thread", flat=True)),
    }


if __name__ == "__main__":
    main()
