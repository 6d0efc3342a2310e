from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.response.alarms import alarms
from tests.people import People

Take = Callable[..., Case]


def test_what_must_be_heard_and_no_longer_than_it_is_new(call: Take, dispatcher: Actor, people: People) -> None:
    start = clock.real_now() - timedelta(minutes=30)
    with clock.at(start):
        sent, alone, minor = call(priority=1), call(priority=1), call(priority=3)
        engine.act(sent.pk, "send", {"units": ["P1"]}, dispatcher)
        assert alarms(dispatcher) == {"urgent": [alone.pk], "waits": [], "late": []}
        assert alarms(people.actor("neighbour")) == {"urgent": [], "waits": [], "late": []}
    with clock.at(start + timedelta(seconds=90)):
        assert alarms(dispatcher) == {"urgent": [alone.pk], "waits": [alone.pk], "late": []}
    with clock.at(start + timedelta(minutes=9)):  # the ring of five minutes was not kept either
        assert alarms(dispatcher)["late"] == [sent.pk]
    with clock.at(start + timedelta(minutes=29)):
        assert alarms(dispatcher) == {"urgent": [alone.pk], "waits": [alone.pk], "late": []}
    assert minor.priority == 3
