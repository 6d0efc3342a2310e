"""Whose messages there are, and which wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.queries import held_over, holders
from blockwise.access.seams import CaseLike, seams
from blockwise.places.current import places
from blockwise.places.queries import in_subtree
from blockwise.rooms import Role, Topic, house

from .models import Delivery, Message, Reading
from .topics import Subject

PAGE = 100
MOST_NAMED = 10


@dataclass(frozen=True)
class InboxRow:
    """A message to one reader."""

    message: Message
    topic: Topic
    words: str
    block: str  # its name
    url: str
    read: bool


class NotRead(NamedTuple):
    """Who has not read what, since when; `who`: the role over a block that it was for, `names`: who holds it now."""

    label: Promise
    who: str
    names: Sequence[str]
    since: datetime


def person(actor: Actor) -> int:
    """The user's id. Programs act for one too; the system reads nothing."""
    return int(actor.id.removeprefix("user:"))


def addressed(actor: Actor) -> QuerySet[Message]:
    """What is for this person, or for a role that they hold over its block."""
    policy.demand_scope(actor, "message.read")
    return Message.objects.filter(
        reduce(or_, [Q(person=person(actor)), *(_of(held.role, held.block) for held in actor.held)])
    )


def _of(role: str, block: str) -> Q:
    """A leader is told what is for the own block, and not all that is told to the leaders below."""
    where = Q(block=block) if role == Role.BLOCK_LEADER else in_subtree("block", block)
    return Q(role=role) & where


def is_for(actor: Actor, message: Message) -> bool:
    """As `addressed`, of one message."""
    if message.role == Role.BLOCK_LEADER:
        return any(held.role == message.role and held.block == message.block for held in actor.held)
    return message.person_id == person(actor) or bool(policy.may_read_messages(actor, message.role, message.block))


def own(actor: Actor, ids: Sequence[int]) -> list[Message]:
    """Those of these messages that are for the actor and may be seen, locked in their order."""
    rows = addressed(actor).filter(pk__in=ids).select_for_update().order_by("pk")
    return seen(actor, list(rows))[0]


def inbox(actor: Actor, *, done: bool = False, before: int | None = None, unread: bool = False) -> list[InboxRow]:
    """The newest PAGE messages of the actor with an id below `before`; `done`: those that need nothing more."""
    rows = addressed(actor).filter(done_at__isnull=not done).annotate(is_read=_is_read(actor)).order_by("-pk")
    rows = rows.filter(pk__lt=before) if before else rows
    rows = rows.filter(is_read=False) if unread else rows
    found, about = seen(actor, list(rows[:PAGE]))
    topics = house().topics
    return [_shown(message, topics[message.topic], about) for message in found if message.topic in topics]


def _shown(message: Message, topic: Topic, about: dict[int, Subject]) -> InboxRow:
    words = worded(topic, message, about.get(message.case or 0))
    read = bool(getattr(message, "is_read", False))
    return InboxRow(message, topic, words, _block(message.block), topic.page(message.data), read)


def worded(topic: Topic, message: Message, subject: Subject | None) -> str:
    """What it says, and of one that was raised, who did not read it: a role over a block, never a name."""
    words = topic.words(message.data, subject)
    if not message.first:
        return words
    role = message.data["unread_role"]
    if not role:
        return _("{words} (not read in time)").format(words=words)
    who = role_over(role, message.data["unread_block"])
    return _("{words} (not read in time: {who})").format(words=words, who=who)


def role_over(role: str, block: str) -> str:
    """As it is shown: the role's name, and the block's."""
    return f"{Role(role).label}, {_block(block)}"


def _block(code: str) -> str:
    facts = places().blocks.get(code)
    if facts is None:
        return code
    chinese = (get_language() or "en").startswith("zh")
    return facts.name if chinese or not facts.name_en else facts.name_en


def seen(actor: Actor, rows: Sequence[Message]) -> tuple[list[Message], dict[int, Subject]]:
    """Without those about a case that may not be seen, or not any more; and what the messages are about, by case."""
    about = subjects(rows)
    sent: policy.Sent = {}
    known = {case for case, subject in about.items() if policy.may_know(actor, *subject, sent)}
    return [row for row in rows if not row.case or row.case in known], about


def subjects(rows: Sequence[Message]) -> dict[int, Subject]:
    """The kind and case of each that is about one."""
    ids = {row.case for row in rows if row.case}
    return dict(seams.cases.subjects(ids)) if ids and seams.cases else {}


def on_page(case: CaseLike, _kind: object, _actor: Actor) -> Mapping[str, Any]:
    """For the case's page."""
    return {"messages": not_read(case.pk)}


def not_read(case: int) -> list[NotRead]:
    """What about this case asks to be read and was read by nobody yet, the oldest first."""
    asking = [name for name, found in house().topics.items() if found.read_within]
    rows = Message.objects.filter(case=case, read_at=None, done_at=None, topic__in=asking).order_by("pk")
    return [_not_read(row) for row in rows.exclude(person=None, role="").select_related("person")[:MOST_NAMED]]


def _not_read(row: Message) -> NotRead:
    people = [row.person] if row.person else holders(row.role, row.block, MOST_NAMED)
    chinese = (get_language() or "en").startswith("zh")
    names = [one.name if chinese or not one.name_en else one.name_en for one in people]
    return NotRead(
        house().topics[row.topic].label, role_over(row.role, row.block) if row.role else "", names, row.created_at
    )


def unread(actor: Actor, most: int = PAGE) -> int:
    """How many messages wait for the actor unread, counted up to `most`."""
    return addressed(actor).filter(~_is_read(actor), done_at=None)[:most].count()


def _is_read(actor: Actor) -> Exists:
    return Exists(Reading.objects.filter(message=OuterRef("pk"), person=person(actor)))


def unreached(most: int = 50) -> list[str]:
    """Whom unread messages are for that reach nobody ("dispatcher 9901"), and topics that only go outside and that no
    way takes ("publication")."""
    waiting = Message.objects.filter(read_at=None, done_at=None)
    pairs = (
        waiting.filter(person=None).exclude(role="").values_list("role", "block").order_by("role", "block").distinct()
    )
    nobody = [f"{role} {block}" for role, block in pairs[:most] if not held_over([role], block)]
    going = waiting.filter(person=None, role="").exclude(Exists(Delivery.objects.filter(message=OuterRef("pk"))))
    return nobody + list(going.values_list("topic", flat=True).order_by("topic").distinct()[:most])
