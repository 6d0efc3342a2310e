"""What was ended for good: tokens, roles, passwords, persons shut out; noted in HOME/revocations.jsonl.

A restore brings back an older database, in which all of that is still in force: it is ended there again. What no
journal can know of is ended altogether: every session, and every token where this home kept no journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from blockwise.ledger import canonical
from blockwise.ledger.journal import Journal
from blockwise.ledger.models import Line


@dataclass(frozen=True)
class Revocation:
    """`subject` tells whose, in any copy of the database; the last of one `group` and subject holds.

    `line` and `hash` are of the line that says so: a record that holds it knows of this and of all before it.
    """

    group: str
    act: str
    subject: str
    line: int
    hash: str
    at: str


@dataclass(frozen=True)
class Ended:
    """What a restore ended. `again`: what was ended before; `passwords`: logins that need a new one.

    `all_tokens`: this home cannot know which were revoked, so that all had to end.
    """

    again: int = 0
    passwords: tuple[str, ...] = ()
    sessions: int = 0
    tokens: int = 0
    all_tokens: bool = False


JOURNAL = Journal("revocations.jsonl", Revocation)
_at_restore: list[Callable[[list[Revocation], bool], Ended]] = []


def note(group: str, subject: str, line: Line) -> None:
    """Note that the line ended the subject; before its commit, so that no crash leaves out what was ended."""
    JOURNAL.note(made(group, subject, line))


def made(group: str, subject: str, line: Line) -> Revocation:
    return Revocation(group, line.act, subject, line.number, line.hash, canonical.moment(line.recorded_at))


def at_restore(work: Callable[[list[Revocation], bool], Ended]) -> None:
    """From now on a restore calls `work` with what to end again and whether anything else may have been ended."""
    _at_restore[:] = [work]


def end_again(noted: Iterable[Revocation], *, all_known: bool) -> Ended:
    """End in this database what was ended after it; in the caller's transaction."""
    last = {(one.group, one.subject): one for one in noted}
    unknown = [one for one in last.values() if not _on_record(one)]
    for work in _at_restore:
        return work(unknown, all_known)
    return Ended()


def _on_record(one: Revocation) -> bool:
    return Line.objects.filter(number=one.line, hash=one.hash).exists()
