"""Messages are put, read and done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.ledger import lines
from blockwise.ledger.lines import Entry

from . import queries
from .models import Message, Reading
from .topics import topic

MOST = 200  # marked at once


@dataclass(frozen=True)
class To:
    """Whom a message is for: whoever holds `role` over `block`, or the person of this id."""

    role: str = ""
    block: str = ""
    person: int | None = None


@dataclass(frozen=True)
class Draft:
    """A message that is to be put. `line` caused it; with no `to` it only goes outside. `first`: the message that
    nobody read in time, raised to this `level`."""

    data: Mapping[str, Any]
    line: int
    case: int | None = None
    to: To = To()
    first: int | None = None
    level: int = 0


def put(name: str, data: Mapping[str, Any], line: int, *, case: int | None = None, to: Sequence[To] = (To(),)) -> None:
    """Put a message of the topic `name` inside the caller's transaction, one for each of `to`.

    `data` (JSON) holds no personal data. Invalid for an unknown topic.
    """
    put_all(name, [Draft(data, line, case, one) for one in to])


def put_all(name: str, drafts: Sequence[Draft]) -> None:
    """As `put`, for many."""
    now, within = clock.real_now(), topic(name).read_within
    late_at = now + within if within else None
    rows = [
        Message(
            topic=name, data=dict(one.data), line=one.line, case=one.case, role=one.to.role, block=one.to.block,
            person_id=one.to.person, created_at=now, late_at=late_at, first=one.first, level=one.level,
        )
        for one in drafts
    ]  # fmt: skip
    Message.objects.bulk_create(rows)


def read(actor: Actor, ids: Sequence[int]) -> int:
    """The person has read these of the messages that are theirs; how many they had not. The first reading is a line."""
    with transaction.atomic():
        found = queries.own(actor, ids)
        known = set(
            Reading.objects.filter(message__in=found, person=queries.person(actor)).values_list("message", flat=True)
        )
        new = [message for message in found if message.pk not in known]
        now = clock.real_now()
        Reading.objects.bulk_create(
            Reading(message=message, person_id=queries.person(actor), at=now) for message in new
        )
        first = [message for message in new if message.read_at is None]
        Message.objects.filter(pk__in=[message.pk for message in first]).update(read_at=now)
        lines.write([_line(message, "message_read", actor) for message in first])
    return len(new)


def done(actor: Actor, ids: Sequence[int]) -> int:
    """These messages need nothing more, for anybody; how many did until now. Each is a line."""
    read(actor, ids)
    with transaction.atomic():
        found = [message for message in queries.own(actor, ids) if message.done_at is None]
        Message.objects.filter(pk__in=[message.pk for message in found]).update(
            done_at=clock.real_now(), done_by=actor.id
        )
        lines.write([_line(message, "message_done", actor) for message in found])
    return len(found)


def _line(message: Message, act: str, actor: Actor) -> Entry:
    thread = f"case:{message.case}" if message.case else "system"
    return Entry(thread, act, actor.id, message.block, {"topic": message.topic, "message": message.pk})
