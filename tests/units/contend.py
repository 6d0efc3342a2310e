"""Fifty threads send one unit at once, each to a case of its own. Run by test_contention.py in its own process:

python -m tests.units.contend    (BLOCKWISE_HOME or DATABASE_URL name the database, which is made anew)

Prints {"sent": [...], "conflicts": [...], "others": [...]} as JSON.
"""

from __future__ import annotations

import json
import threading

import django

CONTENDERS = 50


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(contend()))


def contend() -> dict[str, list[object]]:
    from django.db import connections

    from blockwise.access.actors import actor_for
    from blockwise.cases import engine
    from blockwise.cases.kinds import registry
    from blockwise.problems import Conflict
    from tests.forces import make_forces
    from tests.people import make_city, make_people

    from .conftest import call

    make_city()
    registry.store(registry.builtin_texts(), "system:test")
    make_forces()
    dispatcher = actor_for(make_people().in_charge)
    cases = [call(dispatcher) for _ in range(CONTENDERS)]
    found: dict[str, list[object]] = {"sent": [], "conflicts": [], "others": []}
    gate = threading.Barrier(CONTENDERS)

    def send(case: int) -> None:
        gate.wait()
        try:
            engine.act(case, "send", {"units": ["P1"]}, dispatcher)
            found["sent"].append(case)
        except Conflict as conflict:
            found["conflicts"].append({"what": str(conflict.what), **conflict.more})
        except Exception as error:  # noqa: BLE001  (whatever else it is, the test must see it)
            found["others"].append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(case.pk,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found | kept()


def kept() -> dict[str, list[object]]:
    from blockwise.ledger.models import Line
    from blockwise.units.models import Assignment

    return {
        "assignments": list(Assignment.objects.values_list("case", "unit")),
        "lines": list(Line.objects.filter(act="send").values_list("thread", flat=True)),
    }


if __name__ == "__main__":
    main()
