"""What asks to be read, and is not read in time, is told to whoever stands above: once a level, with a line each.

Bounded: at most MOST_LEVELS times, and ABOVE never leads back. Whoever reads one of them, at any level, ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor, Held, actor_for
from blockwise.access.queries import answers_for, held_over
from blockwise.ledger import lines
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry
from blockwise.places.queries import chain_of
from blockwise.rooms import Role, house

from .actions import Draft, To, put_all
from .models import Message
from .queries import subjects
from .topics import Subject

log = logging.getLogger("blockwise.messages")
MOST_LEVELS = 3
MOST_AT_ONCE = 5  # roles told because one person did not read
ASKED_AGAIN = timedelta(minutes=15)
A_PIECE = 25  # messages looked at in one transaction
ABOVE: Mapping[str, str] = {  # a leader's message goes up the leaders of the blocks above first
    Role.CALL_TAKER: Role.DISPATCHER,
    Role.CREW: Role.DISPATCHER,
    Role.VOLUNTEER: Role.BLOCK_LEADER,
    Role.INSPECTOR: Role.BLOCK_LEADER,
    Role.MEDIATOR: Role.BLOCK_LEADER,
    Role.CLERK: Role.BLOCK_LEADER,
    Role.DEPARTMENT_OFFICER: Role.OVERSIGHT,
    Role.BLOCK_LEADER: Role.DISPATCHER,
    Role.DISPATCHER: Role.SHIFT_LEADER,
    Role.SHIFT_LEADER: Role.OVERSIGHT,
    Role.ANALYST: Role.OVERSIGHT,
    Role.OVERSIGHT: Role.ADMINISTRATOR,
}


def raisings() -> Iterator[int]:
    """Tell whoever stands above of what nobody read in time, in pieces: how many messages each brought."""
    now, last = clock.real_now(), 0
    while ids := list(_late(now).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:A_PIECE]):
        last = ids[-1]
        yield _raise_some(ids)


def behind() -> timedelta:
    """How long the message waits to be raised that has been late longest."""
    now = clock.real_now()
    oldest = _late(now).filter(late_at__lte=now).order_by("late_at").values_list("late_at", flat=True).first()
    return now - oldest if oldest else timedelta()


def _late(now: datetime) -> QuerySet[Message]:
    waits = max((one.read_within for one in house().topics.values() if one.read_within), default=timedelta())
    late = Q(late_at__lte=now) | Q(late_at__gt=now + waits)  # further ahead than any waits: a clock was ahead
    return Message.objects.filter(late, read_at=None, done_at=None, late_at__isnull=False)


def _raise_some(ids: Sequence[int]) -> int:
    try:
        return _raise(ids)
    except Exception:  # whatever a damaged one does: the others are raised
        log.exception("messages %d to %d: each is raised alone", ids[0], ids[-1])
        return sum(_raise_alone(pk) for pk in ids)


def _raise_alone(pk: int) -> int:
    """One that was damaged holds up no other."""
    try:
        return _raise([pk])
    except Exception:  # the same
        log.exception("message %d cannot be raised", pk)
        return 0


def _raise(ids: Sequence[int]) -> int:
    with transaction.atomic():
        found = Message.objects.filter(pk__in=ids, read_at=None, done_at=None, late_at__isnull=False)
        rows = list(found.select_for_update().order_by("pk"))
        about, over = subjects(rows), _answered(rows)
        whom = {row.pk: above(row, about) for row in rows if _first(row) not in over and _stands(row)}
        alone = [pk for pk, tos in whom.items() if not tos]  # nobody is above now: asked again, until somebody is
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(late_at=None)
        Message.objects.filter(pk__in=alone).update(late_at=clock.real_now() + ASKED_AGAIN)
        raised = [(row, to) for row in rows for to in whom.get(row.pk, ())]
        if raised:
            lines.write([_line(*one) for one in raised], naming=partial(_put_above, raised))
    return len(raised)


def _first(row: Message) -> int:
    return row.first or row.pk


def _answered(rows: Sequence[Message]) -> set[int]:
    """The first of each of these that somebody has read, or found done, at whatever level."""
    firsts = {_first(row) for row in rows}
    same = Message.objects.filter(Q(pk__in=firsts) | Q(first__in=firsts)).exclude(read_at=None, done_at=None)
    return {first or pk for pk, first in same.values_list("pk", "first")}


def _stands(row: Message) -> bool:
    found = house().topics.get(row.topic)
    return found is not None and row.level < MOST_LEVELS and found.stands(row.data)


def above(row: Message, about: Mapping[int, Subject]) -> list[To]:
    """Whom it is told next: those who are there and may see what it is about; nobody above the last."""
    subject = about.get(row.case or 0)
    if row.case and subject is None:
        return []
    nexts = (next(_those(start, subject), None) for start in _starts(row))
    return list(islice(dict.fromkeys(to for to in nexts if to), MOST_AT_ONCE))


def _starts(row: Message) -> list[Held]:
    """The role over a block that it was for, or those that its one reader holds."""
    if row.person is None:
        return [Held(row.role, row.block)] if row.role else []
    return list(actor_for(row.person).held)


def _those(start: Held, subject: Subject | None) -> Iterator[To]:
    for held in _up(start):
        if held_over([held.role], held.block) and (subject is None or _may_see(held, subject)):
            yield To(held.role, held.block)


def _up(start: Held) -> Iterator[Held]:
    if start.role == Role.BLOCK_LEADER:
        yield from _leaders_above(start.block)
    role = start.role
    while role in ABOVE:
        role = str(ABOVE[role])
        yield Held(role, start.block)


def _leaders_above(block: str) -> Iterator[Held]:
    while len(chain := chain_of(block)) > 1:
        found, leader = answers_for(chain[-2].code)
        if leader is None:
            return
        yield Held(Role.BLOCK_LEADER.value, found.code)
        block = found.code


def _may_see(held: Held, subject: Subject) -> bool:
    """Whether whoever holds this may see the case: a neighbour who leads a block is told of no sensitive one."""
    return bool(policy.may_know(Actor(id="", name="", held=(held,)), *subject))


def _line(row: Message, to: To) -> Entry:
    thread = f"case:{row.case}" if row.case else "system"
    about: dict[str, JSON] = {"topic": row.topic, "message": row.pk, "level": row.level + 1}
    return Entry(thread, "message_raised", WORKER.id, to.block, about | {"to": to.role, "block": to.block})


def _put_above(raised: Sequence[tuple[Message, To]], first: int) -> None:
    for number, (row, to) in enumerate(raised, first):
        unread = {"unread_role": row.role, "unread_block": row.block}
        put_all(row.topic, [Draft({**row.data, **unread}, number, row.case, to, _first(row), row.level + 1)])
