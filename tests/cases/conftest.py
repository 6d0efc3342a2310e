from __future__ import annotations

from collections.abc import Iterator

import pytest

from blockwise.access.actors import Actor, actor_for
from blockwise.cases.kinds import registry
from blockwise.rooms import Role
from tests.people import People, person


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    """The built-in kinds, stored for the tiny city."""
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    yield
    registry.forget()


@pytest.fixture
def dispatcher(people: People, kinds: None) -> Actor:
    """In charge of 9901: takes calls, dispatches, oversees."""
    return people.actor("in_charge")


@pytest.fixture
def leader(kinds: None) -> Actor:
    """Leads community 990101."""
    return actor_for(person("leader", (Role.BLOCK_LEADER, "990101"), name="李组长", name_en="Leader Li"))
