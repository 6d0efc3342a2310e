"""Do keys and sealed texts fit the lines that name them? Only a database has them; an export does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from blockwise.ledger import canonical, keys, sealed_files, vault
from blockwise.ledger.line_text import LineText
from blockwise.ledger.models import DataKey, Line, Sealed, SealedFile

LATE = timedelta(seconds=5)  # by which the machine's clock may have been set back between a key and its line
EARLY = timedelta(hours=1)  # longer than any transaction between a key and the line it is made for


class Texts:
    """Counts of "opened", "erased", "not opened" (their master key is not at hand) and of attached "files"."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first_shut = ""  # the first text that was not opened: its line and thread
        self._last = ""  # when the line before these was recorded

    def first_unfit(self, lines: Sequence[LineText]) -> tuple[LineText, str] | None:
        """The first of these lines whose key or texts are not as it says, and why. Six queries, and one a file."""
        before = dict(zip(map(id, lines), [self._last, *(line.recorded_at for line in lines)], strict=False))
        self._last = lines[-1].recorded_at
        named = [line for line in lines if line.sealed or line.files or line.act == "erased" or line.thread_number == 1]
        threads = {line.thread for line in named}
        data_keys = {key.thread: key for key in DataKey.objects.filter(thread__in=threads)}
        erased = set(Line.objects.filter(thread__in=threads, act="erased").values_list("thread", flat=True))
        left = {thread for kept in (Sealed, SealedFile) for thread in _threads_of(kept, erased)}
        rows = self._rows(named)
        for line in named:
            key = data_keys.get(line.thread)
            why = _undated(line, key, before[id(line)]) if key and key.wrapped is not None else None
            if line.act == "erased":
                why = _unerased(line, key, line.thread in left)
            if why := why or self._unfit(line, key, line.thread in erased, rows):
                return line, why
        return None

    def _rows(self, lines: Iterable[LineText]) -> dict[tuple[str, str], Sealed]:
        digests = [digest for line in lines for digest in line.sealed.values()]
        found = {}
        for start in range(0, len(digests), 200):
            some = digests[start : start + 200]
            threads = {line.thread for line in lines}
            for row in Sealed.objects.filter(thread__in=threads, digest__in=some):
                found[row.thread, row.digest] = row
        return found

    def _unfit(
        self, line: LineText, key: DataKey | None, erased: bool, rows: dict[tuple[str, str], Sealed]
    ) -> str | None:
        if erased:
            self.counts["erased"] += len(line.sealed)
            return None
        alive = key is not None and key.wrapped is not None
        for name, digest in line.sealed.items():
            row = rows.get((line.thread, digest))
            if row is None or not alive:
                return _("its sealed text {name} is gone, and no line says it was erased").format(name=name)
            if not self._opens(key, row, line):
                return _("its sealed text {name} was altered").format(name=name)
        return self._unfit_files(line)

    def _unfit_files(self, line: LineText) -> str | None:
        """By the hash of what is stored: no master key is needed for it."""
        for name, what in line.files.items():
            if sealed_files.misfit(line.thread, name):
                said = _("its attachment {name} ({what}) is gone or was altered, and no line says it was erased")
                return said.format(name=name[:12], what=what)
            self.counts["files"] += what == "name"
        return None

    def _opens(self, key: DataKey | None, row: Sealed, line: LineText) -> bool:
        assert key is not None
        if (ring := keys.held()) is None or key.master not in ring.keys:
            self.counts["not opened"] += 1
            self.first_shut = self.first_shut or f"{line.thread} ({line.number}, {row.name})"
            return True
        try:
            opened = vault.unsealed(vault.unwrapped(key), row) is not vault.Unopened
        except keys.KeyTrouble:
            return False
        self.counts["opened"] += opened
        return opened


def _threads_of(kept: type[Sealed] | type[SealedFile], threads: set[str]) -> set[str]:
    return set(kept.objects.filter(thread__in=threads).values_list("thread", flat=True))


def _unerased(line: LineText, key: DataKey | None, texts_left: bool) -> str | None:
    if key is not None and key.wrapped is not None:
        return _("its thread was erased, yet the key is there")
    if texts_left:
        return _("its thread was erased, yet sealed texts of it are there")
    erased_at = canonical.moment(key.erased_at) if key and key.erased_at else None
    return None if erased_at == line.data.get("erased_at") else _("its key was not destroyed when it says")


def _undated(line: LineText, key: DataKey, before: str) -> str | None:
    """A key is made in the transaction of the first line that needs it.

    A line no later than the one `before` it says nothing of an earliest: times never run backwards, clocks do.
    """
    recorded_at = datetime.fromisoformat(line.recorded_at)
    if line.sealed and key.created_at > recorded_at + LATE:
        return _("its thread's key was made after it")
    if line.thread_number == 1 and line.recorded_at > before and key.created_at < recorded_at - EARLY:
        return _("its thread's key was made long before it")
    return None
