"""Erasing: a thread's key is destroyed, its sealed texts deleted, and that this was done is itself a line.

Every erasure is also noted in HOME/erasures.jsonl, so that restoring an older backup does not bring anything back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, wipe
from blockwise.ledger.canonical import JSON
from blockwise.ledger.journal import Journal
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import DataKey, Line, Sealed, SealedFile
from blockwise.problems import NotFound

LONGEST_REASON = 200
_with_it: list[Callable[[str], None]] = []
_below: list[Callable[[str], Iterable[str]]] = []
_A_QUERY = 500


@dataclass(frozen=True)
class Erasure:
    """`first`, the hash of the thread's first line, tells it: after a restore another may carry the same number.

    A line cannot be changed unnoticed, a key's date can: `key_made_at` tells only where an earlier version noted no
    `first`.
    """

    thread: str
    key_made_at: str
    erased_at: str
    actor: str
    reason: str
    first: str = ""

    def is_of(self, key: DataKey, first: str) -> bool:
        return self.first == first if self.first else self.key_made_at == canonical.moment(key.created_at)


JOURNAL = Journal("erasures.jsonl", Erasure)


def with_it(work: Callable[[str], None]) -> None:
    """From now on do `work` for each thread that is erased, in its transaction: a room above keeps traces of it."""
    _with_it.append(work)


def below(threads: Callable[[str], Iterable[str]]) -> None:
    """From now on these threads are erased with the thread that is given, in its transaction."""
    _below.append(threads)


def note(erasure: Erasure) -> None:
    """Add an erasure to the home's journal; it is on the disk when this returns."""
    JOURNAL.note(erasure)


def erase(thread: str, actor: str, reason: str, *, still: Callable[[], bool] = lambda: True) -> Line | None:
    """Destroy the thread's key and texts for good; the line, or None if that was done before or is not `still` due.

    A transaction of its own (RuntimeError inside another); `still` is asked in it first, and locks what it looks at.
    The journal is written before the commit: after a crash between the two, `reapply` finishes it. NotFound if
    nothing was ever sealed in the thread, ValueError for a reason that is empty or too long. The caller decides who
    may, whether a legal hold stands against it, and that the reason, which nobody can erase, identifies no person.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ValueError(f"reason: empty or longer than {LONGEST_REASON}")
    with transaction.atomic(durable=True):
        if not still():
            return None
        key = DataKey.objects.select_for_update().filter(thread=thread).first()
        if key is None:
            raise NotFound(_("Nothing was ever sealed here."), where=thread)
        if key.wrapped is None:
            return None
        made_at, now = canonical.moment(key.created_at), canonical.moment(real_now())
        erasure = Erasure(thread, made_at, now, actor, reason, _first_of([thread]).get(thread, ""))
        line = _destroy(key, erasure)
        note(erasure)
    wipe.empty_log()
    return line


def reapply(erasures: Iterable[Erasure]) -> int:
    """Do again what the database does not know of (an older backup, a crash before the commit); how many."""
    return sum(_reapplied(erasures))


def finish() -> int:
    """Finish what this home's journal holds and its database does not."""
    return sum(finishing())


def finishing() -> Iterator[int]:
    """The same in pieces: how many threads each erased again."""
    return _reapplied(JOURNAL.noted())


def _reapplied(erasures: Iterable[Erasure]) -> Iterator[int]:
    for alive in _alive(erasures):
        done = sum(_again(erasure) for _key, erasure in alive)
        if done:
            wipe.empty_log()
        yield done


def undone() -> tuple[int, str] | None:
    """The first line and the thread of a key that is there although this home noted its erasure; None if none is."""
    alive = chain.from_iterable(_alive(JOURNAL.noted()))
    found = [key.thread for key, _erasure in alive if _still_alive(key)]
    first = Line.objects.filter(thread__in=found[:_A_QUERY]).order_by("number").first()
    return (first.number, first.thread) if first else None


def _still_alive(key: DataKey) -> bool:
    """Looked at behind the lock: an erasure under way has noted itself before its commit."""
    with transaction.atomic():
        return DataKey.objects.select_for_update().filter(thread=key.thread, wrapped__isnull=False).exists()


def _alive(erasures: Iterable[Erasure]) -> Iterator[list[tuple[DataKey, Erasure]]]:
    """Keys that are there although one of these erasures is theirs, those of some threads at a time."""
    by_thread: dict[str, list[Erasure]] = {}
    for erasure in erasures:
        by_thread.setdefault(erasure.thread, []).append(erasure)
    threads = list(by_thread)
    for start in range(0, len(threads), _A_QUERY):
        some = threads[start : start + _A_QUERY]
        keys = list(DataKey.objects.filter(thread__in=some, wrapped__isnull=False).order_by("thread"))
        firsts = _first_of([key.thread for key in keys])
        theirs = {
            key: [one for one in by_thread[key.thread] if one.is_of(key, firsts.get(key.thread, ""))] for key in keys
        }
        yield [(key, mine[0]) for key, mine in theirs.items() if mine]


def _first_of(threads: list[str]) -> dict[str, str]:
    """Each thread's first line's hash."""
    lines = Line.objects.filter(thread__in=threads, thread_number=1)
    return dict(lines.values_list("thread", "hash"))


def _again(erasure: Erasure) -> bool:
    with transaction.atomic(durable=True):
        key = DataKey.objects.select_for_update().get(thread=erasure.thread)
        if key.wrapped is not None:
            _destroy(key, erasure)
            return True
    return False


def _destroy(key: DataKey, erasure: Erasure) -> Line:
    """The thread's key and those of the threads below it; the line of the first."""
    names = [name for threads in _below for name in threads(key.thread)]
    more = DataKey.objects.select_for_update().filter(thread__in=names, wrapped__isnull=False).order_by("thread")
    return write([_destroyed(one, erasure) for one in (key, *more)])[0]


def _destroyed(key: DataKey, erasure: Erasure) -> Entry:
    texts = Sealed.objects.filter(thread=key.thread).delete()[0]
    files = SealedFile.objects.filter(thread=key.thread).delete()[0]
    for work in _with_it:
        work(key.thread)
    key.wrapped = None
    key.erased_at = datetime.fromisoformat(erasure.erased_at)
    key.save(update_fields=["wrapped", "erased_at"])
    data: dict[str, JSON] = {"texts": texts, "files": files, "reason": erasure.reason, "erased_at": erasure.erased_at}
    return Entry(key.thread, "erased", erasure.actor, _block_of(key.thread), data)


def _block_of(thread: str) -> str:
    last = Line.objects.filter(thread=thread).order_by("-thread_number").values_list("block", flat=True).first()
    return last or ""
