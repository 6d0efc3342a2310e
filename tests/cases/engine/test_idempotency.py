"""What is kept so that the same request twice is one act: for how long, and that nothing of it can be guessed."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.engine import idempotency
from blockwise.cases.models import Case, Idempotency
from blockwise.ledger import erase, keys
from blockwise.problems import Conflict
from blockwise.units.actions import set_status
from tests.people import point_in

LON, LAT = point_in("99010101")
PHONE = "13800138000"
CALL: dict[str, Any] = {
    "type": "order.noise",
    "place": {"lon": LON, "lat": LAT, "kind": "street"},
    "caller": {"phone": PHONE},
}
DAY = timedelta(days=1)


def take(actor: Actor, key: str = "k1", **more: Any) -> int:
    return engine.open_case("call", {**CALL, **more}, actor, key=key).case


def close(case: int, actor: Actor) -> None:
    engine.act(case, "close", {"outcome": "helped"}, actor, expected_version=1, key="k2")


def test_a_row_stays_while_its_case_is_open_and_seven_days_more(dispatcher: Actor, forces: None) -> None:
    now = clock.now()
    case = take(dispatcher)
    set_status("P1", "meal", dispatcher, key="k3")
    Idempotency.objects.update(created_at=now - 30 * DAY)
    assert idempotency.old().delete()[0] == 1  # the unit's
    assert take(dispatcher) == case
    close(case, dispatcher)
    Case.objects.update(end_received_at=now - 6 * DAY)
    assert not idempotency.old().exists()
    Case.objects.update(end_received_at=now - 8 * DAY)
    assert idempotency.old().delete()[0] == 1  # the close was asked today
    assert Idempotency.objects.count() == 1


def test_nothing_of_the_request_stands_in_the_row(dispatcher: Actor) -> None:
    take(dispatcher, key=f"call-{PHONE}")
    take(dispatcher, key="another")
    rows = [*Idempotency.objects.values("key", "body")]
    assert PHONE not in json.dumps(rows)
    assert len({row["body"] for row in rows}) == 2  # one body twice shares nothing


def test_another_body_is_refused_after_the_master_key_was_changed(dispatcher: Actor) -> None:
    case = take(dispatcher)
    keys.add_master()
    assert take(dispatcher) == case
    with pytest.raises(Conflict):
        take(dispatcher, description="other")
    assert Case.objects.count() == 1


def test_each_purpose_has_a_secret_of_its_own(dispatcher: Actor) -> None:
    ring = keys.keyring()
    assert keys.derived("one") != keys.derived("two")
    assert keys.derived("one")[0] not in ring.keys.values()
    assert all(len(secret) == 32 for secret in keys.derived("one"))


@pytest.mark.django_db(transaction=True)
def test_rows_of_an_erased_case_go_with_it_in_one_transaction(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatcher = people.actor("in_charge")
    from tests.kinds import store_kinds

    store_kinds()
    case, other = take(dispatcher), take(dispatcher, key="other")
    close(case, dispatcher)

    def fails(_erasure: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(erase, "note", fails)
        with pytest.raises(OSError):
            erase.erase(f"case:{case}", "system:test", "asked for")
    assert Idempotency.objects.filter(case=case).count() == 2
    erase.erase(f"case:{case}", "system:test", "asked for")
    assert [row.case_id for row in Idempotency.objects.all()] == [other]


def guesses(numbers: list[str]) -> dict[str, str]:
    """What a stolen database would be searched for: each number, and the request that holds it, plain and hashed."""
    found: dict[str, str] = {}
    for number in numbers:
        data = {**CALL, "caller": {"phone": number}}
        bodies = [number, json.dumps({"phone": number}), json.dumps(data), *_bodies(data)]
        for text in bodies:
            for name in ("sha256", "sha1", "md5", "sha512", "blake2b"):
                found[hashlib.new(name, text.encode()).hexdigest()[:32]] = number
    return found


def _bodies(data: dict[str, Any]) -> list[str]:
    whole = {"open": "call", "data": data, "happened_at": None}
    return [json.dumps(whole, sort_keys=True, separators=separators) for separators in ((",", ":"), (", ", ": "))]


def everything() -> str:
    with connection.cursor() as cursor, transaction.atomic():
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return "\n".join(str([bytes(one) if isinstance(one, memoryview) else one for one in row]) for row in rows)


def test_a_number_is_not_guessed_from_any_table(dispatcher: Actor) -> None:
    tried = guesses([f"138001380{n:02d}" for n in range(100)])
    take(dispatcher, key=PHONE)
    kept = everything()
    assert PHONE not in kept
    assert {number for digest, number in tried.items() if digest in kept} == set()
