"""Erasing: a thread's key is destroyed, its sealed texts deleted, and that this was done is itself a line.

Every erasure is also noted in HOME/erasures.jsonl, so that restoring an older backup does not bring anything back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, files, wipe
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import DataKey, Line, Sealed
from blockwise.problems import Invalid, NotFound

LONGEST_REASON = 200
_A_QUERY = 500


@dataclass(frozen=True)
class Erasure:
    """`key_made_at` tells the key: after a restore another case may carry the same number."""

    thread: str
    key_made_at: str
    erased_at: str
    actor: str
    reason: str


def journal() -> Path:
    return files.home() / "erasures.jsonl"


def noted(path: Path) -> list[Erasure]:
    """The erasures a journal holds; none without one. A last line that a crash cut short is left out."""
    if not path.exists():
        return []
    whole = path.read_text().split("\n")[:-1]
    return [_read(line, f"{path}:{place}") for place, line in enumerate(whole, 1)]


def _read(line: str, place: str) -> Erasure:
    try:
        return Erasure(**json.loads(line))
    except (ValueError, TypeError):
        raise Invalid(_("This is no erasure."), where=place, fix=_("Mend the journal; nothing else knows.")) from None


def note(erasure: Erasure) -> None:
    """Add an erasure to the home's journal; it is on the disk when this returns."""
    files.append(journal(), json.dumps(asdict(erasure), ensure_ascii=False))


def erase(thread: str, actor: str, reason: str) -> Line | None:
    """Destroy the thread's key and texts for good; the line, or None if that was done before.

    A transaction of its own (RuntimeError inside another). The journal is written before the commit: after a
    crash between the two, `reapply` finishes it. NotFound if nothing was ever sealed in the thread, ValueError for
    a reason that is empty or too long. The caller decides who may, whether a legal hold stands against it, and that
    the reason, which nobody can erase, identifies no person.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ValueError(f"reason: empty or longer than {LONGEST_REASON}")
    with transaction.atomic(durable=True):
        key = DataKey.objects.select_for_update().filter(thread=thread).first()
        if key is None:
            raise NotFound(_("Nothing was ever sealed here."), where=thread)
        if key.wrapped is None:
            return None
        erasure = Erasure(thread, canonical.moment(key.created_at), canonical.moment(real_now()), actor, reason)
        line = _destroy(key, erasure)
        note(erasure)
    wipe.empty_log()
    return line


def reapply(erasures: Iterable[Erasure]) -> int:
    """Do again what the database does not know of (an older backup, a crash before the commit); how many."""
    known = {(erasure.thread, erasure.key_made_at): erasure for erasure in erasures}
    threads, done = list(dict.fromkeys(thread for thread, _made_at in known)), 0
    for start in range(0, len(threads), _A_QUERY):
        some = threads[start : start + _A_QUERY]
        for key in DataKey.objects.filter(thread__in=some, wrapped__isnull=False).order_by("thread"):
            if erasure := known.get((key.thread, canonical.moment(key.created_at))):
                done += _again(erasure)
    if done:
        wipe.empty_log()
    return done


def finish() -> int:
    """Finish what this home's journal holds and its database does not: for the start of a server."""
    return reapply(noted(journal()))


def _again(erasure: Erasure) -> bool:
    with transaction.atomic(durable=True):
        key = DataKey.objects.select_for_update().get(thread=erasure.thread)
        if key.wrapped is not None:
            _destroy(key, erasure)
            return True
    return False


def _destroy(key: DataKey, erasure: Erasure) -> Line:
    texts = Sealed.objects.filter(thread=key.thread).delete()[0]
    key.wrapped = None
    key.erased_at = datetime.fromisoformat(erasure.erased_at)
    key.save(update_fields=["wrapped", "erased_at"])
    data: dict[str, JSON] = {"texts": texts, "reason": erasure.reason, "erased_at": erasure.erased_at}
    return write([Entry(key.thread, "erased", erasure.actor, _block_of(key.thread), data)])[0]


def _block_of(thread: str) -> str:
    last = Line.objects.filter(thread=thread).order_by("-thread_number").values_list("block", flat=True).first()
    return last or ""
