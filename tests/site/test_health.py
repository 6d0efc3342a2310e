from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from blockwise import clock
from blockwise.cases import outbox
from blockwise.cases.models import Heartbeat, Outbox
from blockwise.ledger.models import Head, Line
from blockwise.site import health
from tests.site.test_stream import record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No answer of before counts."""
    health._kept = (float("-inf"), [])
    yield
    health._kept = (float("-inf"), [])


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


def test_an_old_outbox_degrades_but_does_not_stop(client: Client) -> None:
    """Without the internet the city goes on working."""
    beat(1)
    outbox.put("mail", {}, 1)
    Outbox.objects.update(created_at=clock.real_now() - timedelta(minutes=16))
    found = checks(client, 200)
    assert (found["status"], found["checks"]["outbox"]["ok"]) == ("degraded", False)


def test_lines_long_without_a_seal_degrade(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(1)
    record()
    assert checks(client, 200)["status"] == "ready"
    monkeypatch.setattr(health, "OLDEST_UNSEALED", timedelta())
    health._kept = (float("-inf"), [])
    assert Line.objects.count() == 1
    assert checks(client, 200)["checks"]["seal"]["ok"] is False


def test_a_clock_behind_the_record_makes_it_not_ready(client: Client) -> None:
    beat(1)
    Head.objects.update(recorded_at=clock.real_now() + timedelta(seconds=60))
    assert checks(client, 503)["checks"]["clock"]["ok"] is False


def test_master_keys_that_cannot_be_read_make_it_not_ready(client: Client, tmp_path: Path, settings: Any) -> None:
    beat(1)
    settings.HOME = tmp_path
    assert checks(client, 200)["checks"]["keys"]["figure"] == "1 master keys"
    (tmp_path / "keys" / "master.json").write_text("{")
    health._kept = (float("-inf"), [])
    found = checks(client, 503)["checks"]["keys"]
    assert found == {"name": "keys", "ok": False, "vital": True, "figure": "KeyTrouble"}


def test_a_database_that_fails_is_told_by_its_kind_of_failure(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def database() -> health.Finding:
        raise DatabaseError("row of Alice")

    monkeypatch.setattr(health, "LOOKS", (database,))
    found = checks(client, 503)["checks"]
    assert found == {"database": {"name": "database", "ok": False, "vital": True, "figure": "DatabaseError"}}


def test_a_probe_every_millisecond_writes_once_in_two_seconds(client: Client, django_assert_num_queries: Any) -> None:
    beat(1)
    client.get("/readyz")
    with django_assert_num_queries(0):
        client.get("/readyz")
