"""Journals of the home: what was taken away for good, one JSON object a line, so that no restore brings it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from blockwise.ledger import files
from blockwise.problems import Invalid

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True)
class Journal(Generic[T]):
    """A file in the home, and in every backup, that holds entries of one dataclass of texts and numbers."""

    name: str
    entry: Callable[..., T]

    def path(self) -> Path:
        return files.home() / self.name

    def note(self, *entries: T) -> None:
        """Add to the home's journal; it is on the disk when this returns."""
        if entries:
            files.append(self.path(), "\n".join(json.dumps(asdict(one), ensure_ascii=False) for one in entries))

    def noted(self, folder: Path | None = None) -> list[T]:
        """What the journal of the home (or of a backup) holds. A last line that a crash cut short is left out."""
        path = (folder or files.home()) / self.name
        if not path.exists():
            return []
        whole = path.read_text().split("\n")[:-1]
        return [self._read(line, f"{path}:{place}") for place, line in enumerate(whole, 1)]

    def take_over(self, entries: Iterable[T]) -> None:
        """Note what is not noted here yet."""
        known = set(self.noted())
        self.note(*(one for one in entries if one not in known))

    def begin(self) -> None:
        """From now on the home keeps this journal, though nothing may be in it."""
        files.create(self.path(), b"")

    def _read(self, line: str, place: str) -> T:
        try:
            return self.entry(**json.loads(line))
        except (ValueError, TypeError):
            fix = _("Mend the journal; nothing else knows.")
            raise Invalid(_("This is no entry of the journal."), where=place, fix=fix) from None
