"""How many contacts a person looks at: enough for the worst hour, and no more; oversight sees who was stopped."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actions import make_token
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.engine import looks
from blockwise.cases.models import Case
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.problems import TooMany
from blockwise.rooms import Role
from blockwise.site import feed
from tests.people import People, person, signed_in
from tests.units.conftest import call

CALLER = {"name": "Wang", "phone": "13800138000"}


@pytest.fixture
def case(dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr(looks, "MOST", 5)
    return call(dispatcher, caller=CALLER)


def looked(client: Client, case: Case) -> Any:
    body = json.dumps({"act": "call_back"})
    return client.post(f"/api/cases/{case.pk}/contact", body, content_type="application/json")


def test_the_rate_is_of_the_person_over_tokens_and_sessions(case: Case, people: People, dispatcher: Actor) -> None:
    secrets = [make_token(people.in_charge, name, ["cases:write"], dispatcher)[1] for name in ("one", "two")]
    ways = [Client(headers={"authorization": f"Bearer {secret}"}) for secret in secrets] + [signed_in(people.in_charge)]
    assert [looked(ways[number % 3], case).status_code for number in range(5)] == [200] * 5
    for client in ways:
        refused = looked(client, case)
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= looks.WINDOW_S
        assert "Oversight is told" in refused.json()["fix"]
        assert "phone" not in refused.content.decode()
    assert Line.objects.filter(act="look").count() == 5
    page = signed_in(people.in_charge).post(f"/cases/{case.pk}/contact/", {"act": "call_back"})
    assert (page.status_code, "13800138000" in page.content.decode()) == (429, False)
    assert 0 < int(page["Retry-After"]) <= looks.WINDOW_S


def test_another_person_looks_on_and_so_does_the_same_one_later(
    case: Case, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        looks.look(case.pk, "call_back", dispatcher)
    with pytest.raises(TooMany) as refused:
        looks.look(case.pk, "call_back", dispatcher)
    other = person("olli", (Role.CALL_TAKER, "9901"))
    assert looked(signed_in(other), case).status_code == 200
    wait = refused.value.more["retry_after"]
    later = clock.real_now() + timedelta(seconds=wait)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert looks.look(case.pk, "call_back", dispatcher)["caller"]["name"] == "Wang"


def test_a_look_that_is_refused_for_another_reason_counts_nothing(case: Case, people: People) -> None:
    client = signed_in(people.in_charge)
    for _ in range(8):
        body = json.dumps({"act": "note"})
        answer = client.post(f"/api/cases/{case.pk}/contact", body, content_type="application/json")
        assert answer.status_code == 403
    assert looked(client, case).status_code == 200


def test_oversight_of_that_block_is_told_once_and_nobody_else(case: Case, people: People, dispatcher: Actor) -> None:
    for _ in range(5):
        looks.look(case.pk, "call_back", dispatcher)
    for _ in range(3):
        with pytest.raises(TooMany):
            looks.look(case.pk, "call_back", dispatcher)
    [line] = Line.objects.filter(act=looks.ALARM)
    assert (line.actor, line.block) == (dispatcher.id, case.block_id)
    assert lines.data_of(line) == {"looks": 5, "seconds": looks.WINDOW_S}
    overseer = person("olga", (Role.OVERSIGHT, "99"))
    elsewhere = [people.neighbour, people.outsider, person("root", (Role.ADMINISTRATOR, "99"))]
    told = {user.login: _told(user) for user in (overseer, *elsewhere)}
    assert told == {"olga": (1, True), "bob": (0, False), "charlie": (0, False), "root": (0, False)}


def _told(user: Any) -> tuple[int, bool]:
    """How often it is on the stream, and whether the list of cases says it."""
    heard = [line for line in feed.visible(actor_for(user), feed.load(0)) if line["act"] == looks.ALARM]
    page = signed_in(user).get("/cases/").content.decode()
    return len(heard), "Alice was stopped on" in page


def test_the_worst_hour_of_real_work_is_not_slowed() -> None:
    assert looks.MOST >= 4 * looks.WINDOW_S / 60  # four contacts a minute, for ten minutes without a pause
