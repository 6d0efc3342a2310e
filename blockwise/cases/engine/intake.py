"""The frozen intake: what a case was when it was first reported, in the opening's own transaction.

The source follows from the account that opened, never from what is typed: who is on duty outside is official, and who
writes down at a desk what somebody says is not, unless the way in is one that no member of the public uses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

from django.core.exceptions import ValidationError

from blockwise.access.actors import PUBLIC, REPLAY, Actor
from blockwise.ledger import begin
from blockwise.ledger.canonical import sha256
from blockwise.ledger.lines import Entry, content_of, data_of, write
from blockwise.ledger.models import Line
from blockwise.rooms import Role

from ..models import Case, Intake

DESKS = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.CLERK, Role.MEDIATOR})
INSIDE = DESKS | {Role.ANALYST, Role.OVERSIGHT, Role.ADMINISTRATOR}  # none of them finds anything on duty
NOBODYS = frozenset({PUBLIC.id, REPLAY.id})  # the public itself, and calls of the past
OF_THE_PUBLIC = frozenset({"", "phone", "app", "web", "counter", "letter", "message"})  # ways in; others are official
TABLE = Intake._meta.db_table
TAKEN_IN = "intake_taken_in"
_A_PAGE = 500


def keep(case: Case, actor: Actor, *, referred: bool = False) -> None:
    """Of a case that was just saved for the first time. `referred`: an act on another case opened it, and what the
    public said is in that one's row."""
    told = source(actor.id, actor.roles(), case.channel)
    Intake.objects.create(
        case=case,
        kind=case.kind,
        type=case.type,
        reported_at=case.opened_at,
        block=case.block_id,
        channel=case.channel,
        source=Intake.Source.OFFICIAL if referred else told,
        place_kind=case.place_kind,
    )


def source(actor: str, roles: Collection[str], channel: str) -> Intake.Source:
    """Public where a member of the public said it: by themselves, or to somebody who holds a desk and nothing else
    than roles inside."""
    said = actor in NOBODYS or (bool(DESKS & {*roles}) and INSIDE.issuperset(roles))
    return Intake.Source.PUBLIC if said and channel in OF_THE_PUBLIC else Intake.Source.OFFICIAL


def due() -> bool:
    """Whether cases of an earlier version are there, whose rows were not taken in since: told by the record alone, so
    that no row that was put in or taken away by hand keeps `verify` from looking."""
    opened = Line.objects.filter(act="open", thread_number=1, thread__startswith="case:").order_by("number").first()
    return opened is not None and TABLE not in content_of(opened).get("state", {}) and _said_before() is None


def take_in() -> int:
    """Once, in `begin`'s transaction and as it does, rows of the cases that are there, out of their opening lines; how
    many. A case whose opening line cannot be read gets none, and is named by the last line that this writes."""
    taken, unread = 0, list[int]()
    for part, opened in groupby(_opened(), key=lambda one: begin.part_of(TABLE, one[0].pk)):
        found = {case.pk: _reported(case, line) for case, line in opened}
        unread += [pk for pk, row in found.items() if row is None]
        if rows := [row for row in found.values() if row]:
            Intake.objects.bulk_create(rows)
            write([Entry(part, "taken_in", begin.ACTOR)])
        taken += len(rows)
    write([Entry(begin.THREAD, TAKEN_IN, begin.ACTOR, data={"rows": taken, "unread": unread})])
    return taken


def unread() -> list[int]:
    """The cases that have no row, because their opening line could not be read when the others were taken in."""
    line = _said_before()
    return [int(pk) for pk in data_of(line).get("unread", ())] if line else []


def _said_before() -> Line | None:
    return Line.objects.filter(thread=begin.THREAD, act=TAKEN_IN).order_by("-thread_number").first()


def _opened() -> Iterator[tuple[Case, Line | None]]:
    """Each case without a row, with its first line."""
    last, cases = 0, Case.objects.filter(intake=None).only("pk", "opened_at").order_by("pk")
    while page := list(cases.filter(pk__gt=last)[:_A_PAGE]):
        first = Line.objects.filter(thread__in=[case.thread for case in page], thread_number=1)
        lines = {line.thread: line for line in first}
        yield from ((case, lines.get(case.thread)) for case in page)
        last = page[-1].pk


def _reported(case: Case, line: Line | None) -> Intake | None:
    """As its opening line has it; None where that cannot be read whole."""
    if line is None or line.act != "open" or sha256(line.canonical) != line.hash:
        return None
    said, data = content_of(line), data_of(line)
    try:
        told = {name: data[name] for name in ("kind", "type", "channel", "place_kind", "block")}
        _what, role, *_over = data["rule"].split(" ")
        by = source(line.actor, {role}, told["channel"])
        row = Intake(case=case, reported_at=_moment(case, said["happened_at"]), source=by, **told)
        row.clean_fields(exclude=["case"])
    except (KeyError, ValueError, AttributeError, TypeError, ValidationError):
        return None
    return row


def _moment(case: Case, claimed: str | None) -> datetime:
    """As claimed; else when it was opened, which no act changes."""
    return datetime.fromisoformat(claimed) if claimed else case.opened_at
