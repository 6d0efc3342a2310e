"""A column of cells turned from text into numbers, counts, dates or codes, a block at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from blockwise.exchange import dates
from blockwise.exchange.dates import Dates

LARGEST_COUNT: Final = 1_000_000_000
DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SHOWN: Final = 40


@dataclass(frozen=True)
class Cell:
    """What a cell must hold. `low`, `high`: the ends of the range, both allowed."""

    kind: Literal["text", "number", "count", "date"]
    low: float = -np.inf
    high: float = np.inf


TEXT: Final = Cell("text")
NUMBER: Final = Cell("number")
COUNT: Final = Cell("count", 0, LARGEST_COUNT)
DATE: Final = Cell("date")


@dataclass(frozen=True)
class Texts:
    """Texts as codes (int32) into `names`, which stand in the order in which the file has them first."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]


class BadCellError(Exception):
    """A cell that cannot be taken; `row` counts from 0 within the block."""

    def __init__(self, row: int, what: str, fix: str) -> None:
        super().__init__(what)
        self.row, self.what, self.fix = row, what, fix


@dataclass
class Column:
    """The cells of one column, gathered block by block."""

    name: str
    cell: Cell
    years: tuple[int, int] | None
    parts: list[NDArray[Any]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    calendar: list[tuple[int, int]] = field(default_factory=list)

    def take(self, texts: Any) -> None:
        """One block, as an Arrow array of strings. BadCellError names the first cell that does not fit."""
        trimmed = pc.utf8_trim_whitespace(texts)
        if self.cell.kind in ("number", "count"):
            self.parts.append(self._numbers(trimmed))
        else:
            self.parts.append(self._codes(trimmed))

    def whole(self) -> Any:
        """float64, int64, `Dates` or `Texts`."""
        if self.cell.kind == "number":
            return _joined(self.parts, np.float64)
        if self.cell.kind == "count":
            return _joined(self.parts, np.int64)
        codes = _joined(self.parts, np.int32)
        if self.cell.kind == "text":
            return Texts(codes, tuple(self.known))
        table = np.array(self.calendar, dtype=np.int64).reshape(-1, 2)
        return Dates(table[codes, 0], table[codes, 1].astype(np.uint8))

    def _codes(self, texts: Any) -> NDArray[np.int32]:
        """A text or a date is looked at once, however often it stands in the file."""
        encoded = pc.dictionary_encode(texts)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        seen = encoded.dictionary.to_pylist()
        for index, text in enumerate(seen):
            if text not in self.known:
                self._new(text, indices, index)
        return np.asarray(np.array([self.known[text] for text in seen], dtype=np.int32)[indices])

    def _new(self, text: str, indices: NDArray[Any], index: int) -> None:
        if not text:
            self._empty(int(np.argmax(indices == index)))
        if self.cell.kind == "date":
            try:
                day, precision = dates.parse(text[:SHOWN], self.years)
            except ValueError as error:
                row = int(np.argmax(indices == index))
                raise BadCellError(row, f"{self.name}: {error}", "Write dates as 2026-03-31.") from None
            self.calendar.append(((day - dates.EPOCH).days, precision))
        self.known[text] = len(self.known)

    def _numbers(self, texts: Any) -> NDArray[Any]:
        try:
            values = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            values = self._one_by_one(texts.to_pylist())
        cell = self.cell
        self._refuse(~np.isfinite(values), texts, "is not a finite number", "Leave the row out, or give its number.")
        self._refuse(values < cell.low, texts, f"is less than {cell.low:g}", "Correct the number.")
        self._refuse(values > cell.high, texts, f"is more than {cell.high:g}", "Correct the number.")
        if cell.kind == "number":
            return np.asarray(values)
        self._refuse(values != np.floor(values), texts, "is not a whole number", "Give a count of cases.")
        return np.asarray(values, dtype=np.int64)

    def _one_by_one(self, texts: Sequence[str]) -> NDArray[np.float64]:
        for row, text in enumerate(texts):
            if not text:
                self._empty(row)
            if not DECIMAL.fullmatch(text) and text.lower() not in ("nan", "inf", "-inf"):
                raise BadCellError(row, f"{self.name}: “{text[:SHOWN]}” is not a number.", "Write it as 12.5.")
        return np.array([float(text) for text in texts])

    def _refuse(self, wrong: NDArray[np.bool_], texts: Any, what: str, fix: str) -> None:
        if wrong.any():
            row = int(np.argmax(wrong))
            raise BadCellError(row, f"{self.name}: {texts[row].as_py()[:SHOWN]} {what}.", fix)

    def _empty(self, row: int) -> NoReturn:
        raise BadCellError(row, f"{self.name}: the cell is empty.", "Fill it in, or leave the row out.")


def _joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
