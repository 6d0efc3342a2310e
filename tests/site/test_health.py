from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from blockwise import clock
from blockwise.access.actors import actor_for
from blockwise.cases.models import Heartbeat
from blockwise.cases.queries import health as case_health
from blockwise.ledger import clockwatch
from blockwise.ledger import health as ledger_health
from blockwise.ledger.models import Head, Line, ReplayClock
from blockwise.messages import actions as messages
from blockwise.messages import ways
from blockwise.messages.actions import To
from blockwise.messages.models import Message
from blockwise.places.models import City
from blockwise.response.queries import worker_alive
from blockwise.rooms import Check, Finding, House, Role, Room
from blockwise.site import health
from tests.people import person
from tests.site.test_stream import record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No answer of before counts."""
    health._kept, case_health._found = (float("-inf"), []), (float("-inf"), [])
    clockwatch.forget()
    yield
    health._kept, case_health._found = (float("-inf"), []), (float("-inf"), [])


def beat(age: float) -> None:
    Heartbeat.objects.create(worker="one", beat_at=clock.real_now() - timedelta(seconds=age))


def checks(client: Client, status: int) -> dict[str, Any]:
    answer = client.get("/readyz")
    assert answer.status_code == status
    return dict(answer.json())


def test_alive_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready(client: Client) -> None:
    beat(1)
    found = checks(client, 200)
    assert found["status"] == "ready"
    assert all(one["ok"] for one in found["checks"].values())
    assert Heartbeat.objects.count() == 1  # what was written to try was taken back


@pytest.mark.parametrize(("age", "status"), [(29, 200), (31, 503)])
def test_a_dead_worker_makes_it_not_ready(client: Client, age: float, status: int) -> None:
    beat(age)
    found = checks(client, status)
    assert found["checks"]["worker"]["ok"] is (status == 200)
    assert found["status"] == ("ready" if status == 200 else "not ready")


def test_what_does_not_get_away_degrades_but_does_not_stop(client: Client, city: City) -> None:
    """Without the internet the city goes on working."""
    beat(1)
    somebody = person("analyst", (Role.ANALYST, "99"))
    ways.add(actor_for(somebody), "email", "analyst@example.org")
    messages.put("escalated", {"case": 1}, 1, to=[To(person=somebody.pk)])
    list(ways.spreading())
    assert checks(client, 200)["checks"]["messages"]["ok"]
    Message.objects.update(created_at=clock.real_now() - timedelta(minutes=16))
    health._kept = (float("-inf"), [])
    found = checks(client, 200)
    assert (found["status"], found["checks"]["messages"]["ok"]) == ("degraded", False)


def test_a_message_that_reaches_nobody_degrades_and_says_for_whom(client: Client) -> None:
    beat(1)
    messages.put("escalated", {"case": 1}, 1, to=[To(Role.OVERSIGHT, "9901")])
    messages.put("publication", {"case": 1}, 1)
    found = checks(client, 200)
    figure = "reaches nobody: oversight 9901, publication"
    assert (found["status"], found["checks"]["messages"]["figure"]) == ("degraded", figure)


def test_lines_long_without_a_seal_degrade(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(1)
    record()
    assert checks(client, 200)["status"] == "ready"
    monkeypatch.setattr(ledger_health, "OLDEST_UNSEALED", timedelta())
    health._kept = (float("-inf"), [])
    assert Line.objects.count() == 1
    assert checks(client, 200)["checks"]["seal"]["ok"] is False


def test_a_clock_behind_the_record_is_told_in_words_and_stops_no_call(client: Client) -> None:
    beat(1)
    record()
    Head.objects.update(recorded_at=clock.real_now() + timedelta(seconds=90))
    found = checks(client, 200)
    assert (found["status"], found["checks"]["time"]["ok"]) == ("degraded", False)
    assert "Retention, shifts, escalation and locks wait" in found["checks"]["time"]["figure"]


def test_a_beat_of_a_clock_that_was_ahead_is_no_sign_of_life(client: Client) -> None:
    beat(-24 * 3600)
    assert checks(client, 503)["checks"]["worker"]["ok"] is False
    assert not worker_alive()


def test_master_keys_that_cannot_be_read_make_it_not_ready(client: Client, tmp_path: Path, settings: Any) -> None:
    beat(1)
    settings.HOME = tmp_path
    assert checks(client, 200)["checks"]["keys"]["figure"] == "1 master keys"
    (tmp_path / "keys" / "master.json").write_text("{")
    health._kept = (float("-inf"), [])
    found = checks(client, 503)["checks"]["keys"]
    assert found == {"name": "keys", "ok": False, "vital": True, "figure": "KeyTrouble"}


def test_a_database_that_fails_is_told_by_its_kind_of_failure(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def database() -> Finding:
        raise DatabaseError("row of Alice")

    monkeypatch.setattr(health, "house", lambda: House((Room("one", checks=(Check(database),)),)))
    found = checks(client, 503)["checks"]
    assert found == {"database": {"name": "database", "ok": False, "vital": True, "figure": "DatabaseError"}}


def test_a_probe_every_millisecond_writes_once_in_two_seconds(client: Client, django_assert_num_queries: Any) -> None:
    beat(1)
    client.get("/readyz")
    with django_assert_num_queries(0):
        client.get("/readyz")


def test_a_replay_whose_clock_stands_still_is_told(client: Client) -> None:
    beat(1)
    values = {"city_at": datetime(2016, 12, 31, 8, tzinfo=UTC), "machine_at": clock.real_now()}
    ReplayClock.objects.create(speed=60.0, **values)
    assert checks(client, 200)["status"] == "ready"
    health._kept = (float("-inf"), [])
    ReplayClock.objects.update(speed=0.0)
    found = checks(client, 200)
    assert found["status"] == "degraded"
    assert found["checks"]["clock"]["figure"] == "the replay's clock stands at 2016-12-31T08:00:00Z"
