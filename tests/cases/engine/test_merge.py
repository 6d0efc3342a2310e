"""Which cases a repeated one may join."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.models import Case
from blockwise.cases.queries.beside import possible_primaries
from blockwise.ledger import lines
from blockwise.problems import Conflict, Invalid, NotFound
from blockwise.rooms import Role
from tests.people import People, give, person, point_in
from tests.units.conftest import NOW, call, do


def test_a_call_does_not_vanish_into_a_case_that_is_at_its_end(dispatcher: Actor, forces: None) -> None:
    ended, alive = call(dispatcher), call(dispatcher)
    do(ended, "close", dispatcher, outcome="unfounded")
    with pytest.raises(Conflict, match="at its end") as refused:
        do(alive, "merge", dispatcher, primary=ended.pk)
    assert "Reopen that case" in str(refused.value.fix)
    alive.refresh_from_db()
    assert (alive.primary_id, alive.final) == (None, False)


def test_a_case_repeats_neither_itself_nor_a_repeat(dispatcher: Actor, forces: None) -> None:
    first, second, third = call(dispatcher), call(dispatcher), call(dispatcher)
    with pytest.raises(Invalid, match="cannot repeat this one"):
        do(first, "merge", dispatcher, primary=first.pk)
    do(second, "merge", dispatcher, primary=first.pk)
    with pytest.raises(Conflict, match="itself a repeat"):
        do(third, "merge", dispatcher, primary=second.pk)
    with pytest.raises(Conflict, match="repeats of its own"):
        do(first, "merge", dispatcher, primary=third.pk)


def home(actor: Actor, east: float = 0.0, **changes: object) -> Case:
    """A call from a dwelling, `east` degrees from the middle of its cell."""
    lon, lat = point_in("99010102")
    place = {"lon": lon + east, "lat": lat, "text": "北街1号", "kind": "dwelling"}
    return call(actor, place=place, **changes)


def merged(case: Case, primary: Case, actor: Actor, **data: object) -> list[str]:
    """Merges; what the line says of how they differ."""
    do(case, "merge", actor, primary=primary.pk, **data)
    [line] = [line for line in lines.thread_lines(case.thread) if line.act == "merge"]
    return list(lines.content_of(line)["data"].get("apart", []))


def test_what_is_near_in_place_time_and_type_is_merged_without_a_question(dispatcher: Actor, forces: None) -> None:
    assert merged(home(dispatcher, 0.001, type="medical.emergency"), home(dispatcher), dispatcher) == []


@pytest.mark.parametrize(
    ("east", "minutes", "type_", "reasons"),
    [
        (0.004, 0, "medical.fall", ["place"]),  # 411 m, in the same cell: the exact places of dwellings are compared
        (0.0, 31, "medical.fall", ["time"]),
        (0.0, 0, "order.fight", ["type"]),
        (0.004, 45, "order.fight", ["place", "time", "type"]),
    ],
)
def test_what_is_far_apart_is_merged_only_when_that_is_said(
    dispatcher: Actor, forces: None, east: float, minutes: int, type_: str, reasons: list[str]
) -> None:
    with clock.at(NOW):
        first = home(dispatcher)
    with clock.at(NOW + timedelta(minutes=minutes)):
        second = home(dispatcher, east, type=type_)
        assert possible_primaries(second, dispatcher) == []
        with pytest.raises(Conflict, match="far apart") as refused:
            do(second, "merge", dispatcher, primary=first.pk)
        assert refused.value.where == "apart"
        told = refused.value.more["apart"]
        assert (told["reasons"], told["seconds"]) == (reasons, minutes * 60)
        assert told["metres"] == pytest.approx(411 if east else 0, abs=1)
        assert merged(second, first, dispatcher, apart=True) == reasons  # and no distance: it would tell the dwelling


def test_the_likeliest_is_offered_first_and_a_fight_never_for_a_heart_attack(dispatcher: Actor, forces: None) -> None:
    attack = home(dispatcher, type="medical.emergency")
    call(dispatcher, type="order.fight")
    crash = home(dispatcher, 0.001, type="traffic.collision_injury")
    fall = home(dispatcher, 0.001, type="medical.fall")
    same = home(dispatcher, 0.002, type="medical.emergency")
    offered = possible_primaries(attack, dispatcher)
    assert [(other.pk, apart.alike) for other, apart in offered] == [
        (same.pk, "same"),
        (fall.pk, "family"),
        (crash.pk, "event"),
    ]


def test_three_people_and_a_sensitive_case(dispatcher: Actor, people: People, forces: None) -> None:
    """Nobody is offered, or told anything of, a case that they may not see."""
    hidden, plain = home(dispatcher, type="family.violence"), home(dispatcher, type="family.violence")
    Case.objects.filter(pk=plain.pk).update(sensitive=False)
    leader = person("leader", (Role.BLOCK_LEADER, "9901"))
    assert [other.pk for other, _apart in possible_primaries(plain, dispatcher)] == [hidden.pk]
    assert possible_primaries(plain, actor_for(leader)) == []
    assert possible_primaries(plain, people.actor("outsider")) == []
    give(leader, Role.CALL_TAKER, "99010101")  # may merge what is in another cell, and sees none of this one
    seen = call(dispatcher, "99010101")
    for number in (hidden.pk, 4_000_000):  # the same words for what is hidden and for what is not there
        with pytest.raises(Invalid, match="cannot repeat this one"):
            do(seen, "merge", actor_for(leader), primary=number)
    with pytest.raises(NotFound):
        do(hidden, "merge", actor_for(leader), primary=seen.pk)
