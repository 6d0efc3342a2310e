"""Cases told act by act, each at its own city time, and the promises they keep or miss."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.queries.shown import clock_state
from tests.people import point_in

LON, LAT = point_in("99010101")


def at(text: str) -> datetime:
    """A local time in Shanghai, 2026 unless another year is given."""
    return datetime.fromisoformat(f"{text if text[:2] == '20' else '2026-' + text}+08:00").astimezone(UTC)


class Story:
    """A case and what is done to it, each at its own city time."""

    def __init__(self, actor: Actor, kind: str, when: str, **data: Any) -> None:
        self.actor = actor
        place = {"lon": LON, "lat": LAT, "kind": "street"}
        with clock.at(at(when)):
            opened = engine.open_case(kind, {"place": place, **data}, actor)
        self.pk = opened.case

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.pk)

    def does(self, act: str, when: str, **data: Any) -> Story:
        with clock.at(at(when)):
            engine.act(self.pk, act, data, self.actor, expected_version=self.case.version)
        return self

    def clock(self, name: str) -> CaseClock:
        """Its last round."""
        return CaseClock.objects.filter(case=self.pk, name=name).latest("round")

    def rounds(self, name: str) -> list[str]:
        """How each of its rounds went."""
        return [clock_state(row) for row in CaseClock.objects.filter(case=self.pk, name=name).order_by("round")]

    def due(self, name: str) -> datetime | None:
        return self.clock(name).due_at


def call(actor: Actor, when: str = "05-06T10:00", **data: Any) -> Story:
    return Story(actor, "call", when, **{"type": "crime.theft", **data})


def hazard(actor: Actor, when: str = "05-06T10:00", **data: Any) -> Story:
    return Story(actor, "hazard", when, **{"type": "fire.exit", "description": "堆物", **data})


def owned(actor: Actor, by: str = "2026-05-20") -> Story:
    story = hazard(actor).does("grade", "05-06T11:00", grade="serious")
    return story.does("name_owner", "05-06T15:00", owner_name="王某", rectify_by=by)
