from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.engine import announcing
from blockwise.cases.engine.announcing import ANNOUNCED, DONE, HELD, RELEASED
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import DataKey, Line
from blockwise.messages.models import Message
from blockwise.problems import Forbidden
from blockwise.rooms import Role
from tests.cases.engine.test_engine import NOW, acted, hazard
from tests.people import make_city, person

pytestmark = pytest.mark.django_db(transaction=True)  # an erasure is a transaction of its own
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OVER = NOW + timedelta(days=1095)  # then a hazard that ended at NOW has been kept long enough


@pytest.fixture
def inspector(home: Path) -> Iterator[Actor]:
    make_city()
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    yield actor_for(person("inspector", (Role.BLOCK_LEADER, "9901")))
    registry.forget()


def ended(actor: Actor, count: int = 1, at: datetime = NOW) -> None:
    with clock.at(at):
        for _ in range(count):
            acted(hazard(actor), "cancel", actor, reason="found twice", outcome="not_a_hazard")


def said() -> list[str]:
    return list(Line.objects.filter(thread="erasures").order_by("number").values_list("act", flat=True))


def left() -> int:
    return DataKey.objects.filter(wrapped__isnull=False).count()


def test_what_comes_is_announced_with_its_count_and_erased_days_later(inspector: Actor) -> None:
    ended(inspector, 2)
    assert [announcing.tend(OVER - days * DAY) for days in (8, 6.9, 6.8)] == [0, 0, 0]
    assert said() == [ANNOUNCED]
    line = Line.objects.get(act=ANNOUNCED)
    assert (line.actor, data_of(line)["count"]) == ("system:worker", 2)
    message = Message.objects.get()
    assert (message.topic, message.data["count"], message.line) == (ANNOUNCED, 2, line.number)
    assert announcing.tend(OVER) == 0
    assert announcing.tend(OVER + HOUR) == 2
    assert (left(), said()) == (0, [ANNOUNCED, ANNOUNCED, DONE])
    assert announcing.tend(OVER + 2 * HOUR) == 0


def test_what_was_not_announced_waits_though_its_time_is_over(inspector: Actor) -> None:
    ended(inspector)
    assert [announcing.tend(OVER + days * DAY) for days in (100, 101, 102.9)] == [0, 0, 0]
    assert announcing.tend(OVER + 103.1 * DAY) == 1


def test_a_clock_that_jumps_ahead_meets_nothing_that_was_announced_so_far(inspector: Actor) -> None:
    ended(inspector, at=NOW)
    ended(inspector, at=NOW + 400 * DAY)
    announcing.tend(OVER - DAY)
    assert announcing.tend(OVER + 1000 * DAY) == 1
    assert left() == 1
    assert announcing.tend(OVER + HOUR) == 0


def test_an_unusual_number_waits_for_a_release_by_oversight_of_the_whole_city(
    inspector: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "USUAL", 2)
    ended(inspector, 3)
    announcing.tend(OVER - 5 * DAY)
    assert announcing.tend(OVER + HOUR) == 0
    assert announcing.tend(OVER + 2 * HOUR) == 0
    assert said().count(HELD) == Message.objects.filter(topic=HELD).count() == 1
    due = announcing.look(OVER + 2 * HOUR)
    assert (due.coming, due.ready, due.usual, due.held) == (3, 3, 2, True)
    with clock.at(OVER + 3 * HOUR):
        for role, block in ((Role.OVERSIGHT, "9901"), (Role.ADMINISTRATOR, "99")):
            with pytest.raises(Forbidden):
                announcing.release(actor_for(person(f"x{role}", (role, block))))
        announcing.release(actor_for(person("overseer", (Role.OVERSIGHT, "99"))))
    assert data_of(Line.objects.get(act=RELEASED))["count"] == 3
    assert announcing.tend(OVER + 30 * HOUR) == 0  # a release holds for a day
    assert announcing.tend(OVER + 4 * HOUR) == 3
    assert announcing.usual(OVER + 5 * HOUR) == 9  # three times the busiest day
    assert announcing.usual(OVER + 60 * DAY) == 2


def test_a_release_reaches_no_further_than_what_was_ready_then(
    inspector: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "USUAL", 2)
    ended(inspector, 3)
    ended(inspector, 3, at=NOW + 10 * HOUR)
    announcing.tend(OVER - 5 * DAY)
    with clock.at(OVER + HOUR):
        announcing.release(actor_for(person("overseer", (Role.OVERSIGHT, "99"))))
    assert announcing.tend(OVER + 11 * HOUR) == 3
    assert Case.objects.count() == 6
    assert left() == 3


def test_the_page_shows_it_and_releases_it(inspector: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "USUAL", 0)
    ended(inspector)
    overseer, admin = person("overseer", (Role.OVERSIGHT, "99")), person("admin", (Role.ADMINISTRATOR, "99"))
    announcing.tend(OVER - 5 * DAY)
    with clock.at(OVER + HOUR):
        seen, other, client = Client(), Client(), Client()
        seen.force_login(admin)
        other.force_login(person("clerk", (Role.CALL_TAKER, "99")))
        client.force_login(overseer)
        assert "Oversight of the whole city releases them." in seen.get("/erasures/").content.decode()
        assert seen.post("/erasures/release").status_code == 403
        assert other.get("/erasures/").status_code == 403
        assert "1 case is ready to be erased, which is unusual" in client.get("/erasures/").content.decode()
        assert client.post("/erasures/release").status_code == 302
        assert "1 is ready and goes within an hour" in client.get("/erasures/").content.decode()
    assert announcing.tend(OVER + 2 * HOUR) == 1
