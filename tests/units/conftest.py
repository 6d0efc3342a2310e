from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.rooms import Role
from blockwise.units.models import Crew
from tests.kinds import store_kinds
from tests.people import People, person, point_in
from tests.recorded import recorded

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    """The built-in kinds as current ones."""
    registry.forget()
    store_kinds()
    yield
    registry.forget()


@pytest.fixture
def dispatcher(people: People, kinds: None, forces: None) -> Actor:
    """In charge of 9901, with every unit loaded."""
    return people.actor("in_charge")


@recorded
def crew_of(*codes: str, login: str = "crew") -> Actor:
    """A crew with a role over the whole city that speaks for these units."""
    user = person(login, (Role.CREW, "99"))
    for code in codes:
        Crew.objects.create(user=user, unit_id=code)
    return actor_for(user)


def call(actor: Actor, block: str = "99010102", **changes: Any) -> Case:
    lon, lat = point_in(block)
    place = {"lon": lon, "lat": lat, "text": "街口", "kind": "street"}
    data = {"type": "medical.fall", "channel": "phone", "place": place, **changes}
    return Case.objects.get(pk=engine.open_case("call", data, actor).case)


def do(case: Case, act: str, actor: Actor, *, happened_at: datetime | None = None, **data: Any) -> engine.Result:
    version = Case.objects.get(pk=case.pk).version
    return engine.act(case.pk, act, data, actor, expected_version=version, happened_at=happened_at)
