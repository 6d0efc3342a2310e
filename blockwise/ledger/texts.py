"""Do the sealed texts that lines name still give their digests? Only a database has them; an export does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from blockwise.ledger import keys, vault
from blockwise.ledger.line_text import LineText
from blockwise.ledger.models import DataKey, Line, Sealed


class Texts:
    """Counts of "opened", "erased" and "not opened" (their master key is not at hand)."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def first_unfit(self, lines: Sequence[LineText]) -> tuple[LineText, str] | None:
        """The first of these lines whose texts are not as it says, and why. Four queries."""
        named = [line for line in lines if line.sealed or line.act == "erased"]
        threads = {line.thread for line in named}
        data_keys = {key.thread: key for key in DataKey.objects.filter(thread__in=threads)}
        erased = set(Line.objects.filter(thread__in=threads, act="erased").values_list("thread", flat=True))
        rows = self._rows(named)
        for line in named:
            if why := self._unfit(line, data_keys.get(line.thread), line.thread in erased, rows):
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
        alive = key is not None and key.wrapped is not None
        if line.act == "erased":
            return _("its thread was erased, yet the key is there") if alive else None
        if erased:
            self.counts["erased"] += len(line.sealed)
            return None
        for name, digest in line.sealed.items():
            row = rows.get((line.thread, digest))
            if row is None or not alive:
                return _("its sealed text {name} is gone, and no line says it was erased").format(name=name)
            if not self._opens(key, row):
                return _("its sealed text {name} was altered").format(name=name)
        return None

    def _opens(self, key: DataKey | None, row: Sealed) -> bool:
        assert key is not None
        if (ring := keys.held()) is None or key.master not in ring.keys:
            self.counts["not opened"] += 1
            return True
        try:
            opened = vault.unsealed(vault.unwrapped(key), row) is not vault.Unopened
        except keys.KeyTrouble:
            return False
        self.counts["opened"] += opened
        return opened
