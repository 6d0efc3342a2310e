"""XLSX: one sheet's rows, its formulas by the results stored with them."""

from __future__ import annotations

import itertools
import xml.parsers.expat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, Final

from blockwise.exchange.tabular.batches import (
    SIZE,
    BadFile,
    Batch,
    Layout,
    Told,
    checked_names,
    joined_header,
    transposed,
)

LARGEST: Final = 1 << 30  # bytes of all parts, unpacked
LARGEST_TEXTS: Final = 1 << 28  # bytes of the shared texts, which are held in memory
MOST_PARTS: Final = 10_000
BEGINNING: Final = 1 << 20  # bytes of a part in which its document type would stand


@dataclass
class _Marks:
    """What openpyxl does not tell when it reads row by row: hidden rows, formulas whose result was not stored."""

    hidden: list[int] = field(default_factory=list)
    without: list[str] = field(default_factory=list)  # cells
    formulas: int = 0


def read(path: Path, layout: Layout, told: Told) -> Iterator[Batch]:
    """The rows after the header, by their numbers in the sheet. Hidden rows are read as the others, and told."""
    with _opened(path) as book:
        sheet = _sheet(path, book, layout, told)
        marks = _marks(path, sheet._worksheet_path)
        _tell(path, sheet.title, marks, told)
        sheet.reset_dimensions()
        yield from _batches(path, sheet, layout)


def first_rows(path: Path, layout: Layout, most: int) -> list[list[str]]:
    """The first rows as they stand, for finding the header."""
    with _opened(path) as book:
        sheet = _sheet(path, book, layout, Told())
        sheet.reset_dimensions()
        return [[_text(cell).strip() for cell in row] for row in itertools.islice(sheet.values, most)]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The book, closed in the end; whatever is wrong with its parts is a BadFile."""
    import openpyxl

    _refuse_bombs(path)
    _refuse_document_types(path)
    with path.open("rb") as file:
        book = None
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            yield book
        except (BadFile, GeneratorExit):
            raise
        except Exception as error:  # whatever openpyxl's parts raise: the file is a stranger's
            what = f"The file is no readable XLSX: {str(error)[:200]}."
            raise BadFile(what, where=str(path), fix="Save it again as .xlsx, or as CSV.") from error
        finally:
            if book is not None:
                book.close()


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        what = "The file is cut off or no XLSX."
        raise BadFile(what, where=str(path), fix="Fetch it again.") from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise BadFile("It is packed, and no XLSX.", where=str(path), fix="Unpack it first.")
    whole = sum(part.file_size for part in parts)
    texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if whole > LARGEST or len(parts) > MOST_PARTS or texts > LARGEST_TEXTS:
        what = f"The file unpacks to {whole:,} bytes in {len(parts):,} parts, {texts:,} of them texts."
        fix = f"At most {LARGEST:,} and {LARGEST_TEXTS:,} of texts are read: save the sheet as CSV."
        raise BadFile(what, where=str(path), fix=fix)


def _sheet(path: Path, book: Any, layout: Layout, told: Told) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if layout.sheet and layout.sheet not in names:
        what = f"There is no sheet {layout.sheet!r}."
        raise BadFile(what, where=str(path), fix=f"Sheets are {', '.join(names)}.")
    if not names:
        raise BadFile("The file has no sheet.", where=str(path), fix="Save it again as .xlsx.")
    chosen = layout.sheet or names[0]
    others = [name for name in names if name != chosen]
    aside = f"; {', '.join(others)} not" if others else ""
    told.say("sheet", f"The sheet {chosen} is read{aside}.")
    return book[chosen]


def _refuse_document_types(path: Path) -> None:
    """A document type could make short texts grow without end; no spreadsheet writes one."""

    def refuse(*_: Any) -> None:
        raise BadFile("The XML has a document type.", where=str(path), fix="Save the sheet again as .xlsx or CSV.")

    with zipfile.ZipFile(path) as packed:
        for part in [one for one in packed.namelist() if one.endswith((".xml", ".rels"))]:
            parser = xml.parsers.expat.ParserCreate()
            parser.StartDoctypeDeclHandler = refuse
            with packed.open(part) as file:
                _parse(parser, file, part, path, BEGINNING)


def _marks(path: Path, part: str) -> _Marks:
    """One more pass over the sheet's XML."""
    marks, here = _Marks(), {"cell": "", "formula": False, "value": False, "within": False}

    def start(name: str, found: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row" and found.get("hidden") in ("1", "true"):
            marks.hidden.append(int(found.get("r", 0)))
        elif tag == "c":
            here.update(cell=found.get("r", "?"), formula=False, value=False)
        elif tag == "f":
            here["formula"] = True
        here["within"] = tag in ("v", "t")

    def text(_: str) -> None:
        if here["within"]:
            here["value"] = True

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "c" and here["formula"]:
            marks.formulas += 1
            if not here["value"]:
                marks.without.append(str(here["cell"]))

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    with zipfile.ZipFile(path) as packed, packed.open(part.lstrip("/")) as file:
        _parse(parser, file, part, path, LARGEST)
    return marks


def _parse(parser: Any, file: IO[bytes], part: str, path: Path, most: int) -> None:
    """Up to `most` bytes; what a part says first is enough to see its document type."""
    try:
        while most > 0 and (chunk := file.read(min(most, 1 << 16))):
            parser.Parse(chunk, False)
            most -= len(chunk)
    except (xml.parsers.expat.ExpatError, zipfile.BadZipFile) as error:
        what = f"{part} cannot be read: {error}."
        raise BadFile(what, where=str(path), fix="Save it again as .xlsx, or as CSV.") from None


def _tell(path: Path, title: str, marks: _Marks, told: Told) -> None:
    if marks.without:
        what = f"{len(marks.without):,} formulas have no stored result, {marks.without[0]} first."
        fix = "Open the file in a spreadsheet and save it, so that results are stored."
        raise BadFile(what, where=f"{path}, sheet {title}", fix=fix)
    if marks.formulas:
        told.say("formulas", f"{marks.formulas:,} formulas are read by the results stored with them.")
    if marks.hidden:
        some = ", ".join(str(row) for row in marks.hidden[:5])
        told.say("hidden", f"{len(marks.hidden):,} hidden rows are read like the others ({some} ...).")


def _batches(path: Path, sheet: Any, layout: Layout) -> Iterator[Batch]:
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    first, last = layout.header
    head = [[_text(cell) for cell in row] for _number, row in itertools.islice(rows, last)][first - 1 :]
    names = joined_header(head)
    while names and not names[-1]:
        names.pop()
    names = checked_names(names, f"{path}, sheet {sheet.title}, row {last}")
    for chunk in iter(lambda: list(itertools.islice(rows, SIZE)), []):
        filled = [(number, _cells(row, len(names))) for number, row in chunk if any(cell is not None for cell in row)]
        numbers = [number for number, _row in filled]
        columns = transposed(names, [row for _number, row in filled])
        yield Batch(numbers, columns, blank=len(chunk) - len(filled))


def _cells(row: Sequence[Any], width: int) -> list[str]:
    cells = [_text(cell) for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
