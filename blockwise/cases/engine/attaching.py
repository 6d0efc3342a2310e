"""Files come to a case in two steps: one is sent, made anew and sealed; then an act names it, and its line tells so.

Between the two it waits, seen by nobody. What no act names within a day is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.attachments.anew import Anew, Refused
from blockwise.attachments.examine import examined
from blockwise.ledger import sealed_files
from blockwise.problems import Forbidden, Invalid, TooMany

from ..kinds import registry
from ..kinds.model import Field
from ..models import Case, Upload
from ..rules import attachments as rules
from ..rules.sight import not_there, open_acts
from .effects import Change
from .idempotency import once

KEPT_FOR = timedelta(days=1)
MOST_WAITING = 24  # of one person
A_ROUND = 100  # files deleted in one transaction
MOST_STORED = 240  # files of a case, thumbnails too
FILE = "file"
FACTS = ("width", "height", "pages", "ms")


@dataclass(frozen=True)
class FileSent:
    """A file that waits for an act to name it. `facts`: width and height in pixels, pages, or ms of sound."""

    case: int
    name: str
    type: str
    bytes: int
    facts: dict[str, int]
    again: bool = False


def send(case_id: int, content: bytes, actor: Actor, *, key: str | None = None, where: str = FILE) -> FileSent:
    """Take in a file for a case, made anew. A Problem says why it is not kept; nothing is written then."""
    policy.demand_scope(actor, "case.act")
    case = able(case_id, actor)
    rules.refuse_large(len(content), where)
    body = {"attach": case.pk, "sha256": hashlib.sha256(content).hexdigest()}
    try:
        made = examined(content)
    except Refused as refused:
        raise rules.refusal(refused.why, where) from None
    return once(FileSent, actor.id, key, body, partial(_keep, case, made, actor))


def able(case_id: int, actor: Actor) -> Case:
    """The case, if some act that takes files is open to this actor now."""
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
    kind = registry.of(case) if case else None
    if case is None or kind is None or not policy.may_know(actor, kind, case):
        raise not_there()
    if not any(rules.takes(kind, act) for act in open_acts(case, actor)):
        fix = _("Look at the acts that are open to you.")
        raise Forbidden(_("No act that is open to you now takes attachments."), where=FILE, fix=fix)
    return case


def _keep(case: Case, made: Anew, actor: Actor) -> FileSent:
    if Upload.objects.filter(actor=actor.id).count() >= MOST_WAITING:
        fix = _("Name them in an act, or wait a day: they go by themselves.")
        more = {"retry_after": int(KEPT_FOR.total_seconds())}
        raise TooMany(_("%d files that you sent wait for an act.") % MOST_WAITING, where=FILE, fix=fix, more=more)
    if sealed_files.count(case.thread) >= MOST_STORED:
        raise Invalid(_("This case holds as many files as a case may."), where=FILE, fix=_("Describe it in words."))
    name = sealed_files.keep(case.thread, made.content)
    thumb = sealed_files.keep(case.thread, made.thumb) if made.thumb else ""
    waiting = Upload(
        name=name, thumb=thumb, case=case, actor=actor.id, type=made.type,
        bytes=len(made.content), facts=made.facts, sent_at=clock.real_now(),
    )  # fmt: skip
    waiting.save(force_insert=True)
    return FileSent(case.pk, name, made.type, len(made.content), made.facts)


def named(change: Change, values: Mapping[str, Any]) -> dict[str, Any]:
    """Let the act's line tell of the files that were given; the values that are left are those of other fields."""
    fields = rules.fields_of(change.kind, values)
    told = [entry for field in fields for entry in _named(change, field, values[field.name])]
    if told:
        change.line_data["attachments"] = told
    taken = {field.name for field in fields}
    return {name: value for name, value in values.items() if name not in taken}


def _named(change: Change, field: Field, names: list[str]) -> list[dict[str, Any]]:
    rows = Upload.objects.select_for_update().filter(case=change.case, actor=change.actor.id).in_bulk(names)
    if len(rows) < len(names):
        fix = _("Send it again; what no act names within a day is gone.")
        raise Invalid(_("A file is not there, or was attached already."), where=field.name, fix=fix)
    Upload.objects.filter(pk__in=names).delete()
    return [_facts(field, rows[name]) for name in names]


def _facts(field: Field, row: Upload) -> dict[str, Any]:
    thumb = {"thumb": row.thumb} if row.thumb else {}
    facts = {name: row.facts[name] for name in FACTS if name in row.facts}
    return {"field": field.name, "name": row.name, "type": row.type, "bytes": row.bytes, **facts, **thumb}


def waiting(case: Case, actor: Actor, names: list[str]) -> list[FileSent]:
    """Those of these files that still wait for an act of this actor."""
    rows = Upload.objects.filter(case=case, actor=actor.id).in_bulk(names)
    return [
        FileSent(case.pk, name, rows[name].type, rows[name].bytes, rows[name].facts) for name in names if name in rows
    ]


def forget_thread(thread: str) -> None:
    """What waits for a case whose texts are erased, in the transaction that erases them."""
    room, _colon, number = thread.partition(":")
    if room == "case":
        Upload.objects.filter(case=int(number)).delete()


def sweep() -> Iterator[int]:
    """Delete what was sent and not named within a day, a round at a time; how many each took."""
    old: QuerySet[Upload] = Upload.objects.filter(sent_at__lt=clock.real_now() - KEPT_FOR)
    while old.exists():
        with transaction.atomic():
            rows = list(old.select_for_update()[:A_ROUND])
            sealed_files.drop(name for row in rows for name in (row.name, row.thumb) if name)
            Upload.objects.filter(pk__in=[row.pk for row in rows]).delete()
        yield len(rows)
