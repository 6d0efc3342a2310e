from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from tests.people import People, point_in

from .one_road import make_road


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    """The built-in kinds, stored for the tiny city."""
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    yield
    registry.forget()


@pytest.fixture
def dispatcher(people: People, kinds: None, forces: None) -> Actor:
    """In charge of 9901, with every unit loaded and a road to drive on."""
    make_road()
    return people.actor("in_charge")


@pytest.fixture
def call(dispatcher: Actor) -> Callable[..., Case]:
    """Takes a call in a block: `call("99010101", type="fire.alarm")`."""

    def take(block: str = "99010101", **data: object) -> Case:
        lon, lat = point_in(block)
        place = {"lon": lon, "lat": lat, "text": "1 Harbour Road", "kind": "street"}
        given = {"type": "crime.theft", "place": place, "channel": "phone", **data}
        return Case.objects.get(pk=engine.open_case("call", given, dispatcher).case)

    return take
