"""The texts of a batch, field by field, as the map says them; nothing is judged yet but what a spreadsheet broke."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from blockwise.exchange.tabular.batches import BadFile, Batch
from blockwise.exchange.tabular.mapfile import Field, Map

DAMAGED: Final = re.compile(r"^(?:\d[.,]\d+E\+?\d{1,2}|\dE\+\d{1,2})$", re.ASCII | re.IGNORECASE | re.MULTILINE)
MIDNIGHT: Final = " 00:00:00"  # what a date cell of a sheet has behind its date, where another column has the time
EXACT: Final = ("code", "time", "day")  # kinds of field of which a rounded number keeps nothing


@dataclass
class Cells:
    """Reads one file's batches by a map; `mended` codes got leading zeros back."""

    plan: Map
    file: str = ""
    mended: int = 0
    _made: Counter[str] = field(default_factory=Counter)

    def check_columns(self, batch: Batch) -> None:
        """BadFile when the map names columns that the file has not, or a spreadsheet has broken those it has."""
        if missing := [name for name in self.plan.columns if _found(name, batch.columns) is None]:
            have = ", ".join(name for name in batch.columns if name)
            what = f"The columns {', '.join(missing)} are not in the file, which has {have[:500]}."
            fix = "Correct the map; `file: {header: ...}` says on which lines the header stands."
            raise BadFile(what, where=self.plan.file, fix=fix)

    def refuse_damaged(self, batch: Batch) -> None:
        """BadFile naming every column in which long numbers were rounded, as spreadsheets do on saving."""
        broken = {}
        for one in self.plan.fields.values():
            if self.plan.table.by_name[one.name].kind in EXACT:
                for name in one.columns:
                    cells = self.column(name, batch)
                    if DAMAGED.search("\n".join(cells)):
                        row = next(row for row, cell in enumerate(cells) if DAMAGED.search(cell))
                        broken[name] = (batch.numbers[row], cells[row])
        if broken:
            told = "; ".join(f"{name}, first in row {row}: {cell}" for name, (row, cell) in broken.items())
            what = f"A spreadsheet has rounded long numbers, and what they said is gone: {told}."
            fix = "Export the table again, and do not open and save it in a spreadsheet in between."
            raise BadFile(what, where=self.file, fix=fix)

    def column(self, name: str, batch: Batch) -> Sequence[str]:
        found = _found(name, batch.columns)
        return batch.columns[found] if found is not None else [""] * len(batch.numbers)

    def texts(self, one: Field, batch: Batch) -> Sequence[str]:
        """What the columns of a field say, put together; its table of words is not asked yet."""
        if one.made is not None:
            return self._codes(one.made, batch)
        if one.value is not None:
            return [one.value] * len(batch.numbers)
        columns = [self.column(name, batch) for name in one.columns]
        if len(columns) > 1 and self.plan.table.by_name[one.name].kind == "time":
            columns[0] = [cell.removesuffix(MIDNIGHT) for cell in columns[0]]
        if len(columns) == 1:
            cells = columns[0]
        else:
            rows = zip(*columns, strict=True)
            cells = [one.join.join(cell for cell in row if cell) for row in rows]
        if one.width:
            cells = [self._widened(cell, one.width) for cell in cells]
        return [one.before + cell if cell else cell for cell in cells] if one.before else cells

    def _widened(self, cell: str, width: int) -> str:
        if cell and len(cell) < width and cell.isdecimal():
            self.mended += 1
            return cell.zfill(width)
        return cell

    def _codes(self, before: str, batch: Batch) -> list[str]:
        """A code for each row out of all its cells, so that it has the same in every export; told apart by their
        number where several rows are alike."""
        codes = []
        for cells in zip(*batch.columns.values(), strict=True):
            digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=7).hexdigest().upper()
            self._made[digest] += 1
            again = self._made[digest]
            codes.append(f"{before}{digest}" if again == 1 else f"{before}{digest}X{again}")
        return codes


def _found(name: str, columns: Mapping[str, Sequence[str]]) -> str | None:
    """The column of that name, or the only one whose lowest heading it is."""
    if name in columns:
        return name
    ends = [one for one in columns if one.rpartition("/")[2] == name]
    return ends[0] if len(ends) == 1 else None
