"""The text of a table, block by block of whole lines: one size limit, one encoding, one kind of line end."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from blockwise.problems import Invalid

BLOCK: Final = 1 << 24
LONGEST_LINE: Final = 1 << 20
LARGEST_FILE: Final = 1 << 32
OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
OUTER_SPACE: Final = re.compile(rb"^[ \t]+|[ \t]+$", re.MULTILINE)
BLANK_LINE: Final = re.compile(rb"^[ \t]*\n|^[ \t]+\Z", re.MULTILINE)
SPACE: Final = re.compile(rb'("[^"\n]*")|[ \t]+')


def fault(file: Path | str, line: int | None, what: str, fix: str) -> Invalid:
    """The refusal of a file at a line (counted from 1; None where no line is at fault)."""
    where = str(file) if line is None else f"{file}:{line}"
    return Invalid(what, where=where, fix=fix, more={"file": str(file), "line": line})


def blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, block) in order; lines end in a bare line feed, the byte order mark is gone.

    Raises Invalid for a file that is not there, too large, not UTF-8, or with a line over LONGEST_LINE bytes.
    """
    line = 1
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise fault(path, None, "It is no file on disk.", "Save it as a file first; it is read more than once.")
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST_FILE:
                raise fault(path, None, "The file is larger than 4 GiB.", "Split it, or count the cases by place.")
            for block in _whole_lines(path, file):
                text = block
                if line == 1:
                    text = text.removeprefix(codecs.BOM_UTF8)
                    if block.startswith(OTHER_ENCODINGS):
                        _not_utf8(path, 1)
                if b"\r" in text:
                    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                _check(path, line, text)
                yield line, text
                line += text.count(b"\n")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise fault(path, None, f"The file cannot be opened: {reason}.", "Check the name and the rights.") from None


def spaced(block: bytes) -> bytes:
    """The block with one tab where there were runs of blanks outside quotation marks, and none around a line."""
    text = OUTER_SPACE.sub(b"", block)
    return SPACE.sub(lambda found: found[1] or b"\t", text) if b'"' in text else re.sub(rb"[ \t]+", b"\t", text)


def without_blank_lines(block: bytes) -> tuple[bytes, list[int]]:
    """The block without its blank lines, and for each of them how many other lines stand before it."""
    if not (block[:1] in b" \t\n" or b"\n\n" in block or b"\n " in block or b"\n\t" in block):
        return block, []
    before, lines, end = [], 0, 0
    for found in BLANK_LINE.finditer(block):
        lines += block.count(b"\n", end, found.start())
        end = found.end()
        before.append(lines)
    return BLANK_LINE.sub(b"", block), before


def _whole_lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    lines = 0
    while block := file.read(BLOCK):
        if not block.endswith(b"\n"):
            block += file.readline(LONGEST_LINE)
        if len(block) >= BLOCK + LONGEST_LINE and not block.endswith(b"\n"):
            line = lines + block.count(b"\n") + 1
            raise fault(path, line, "The line is longer than a million bytes.", "Is this a table of text?")
        lines += block.count(b"\n")
        yield block


def _check(path: Path, line: int, block: bytes) -> None:
    """A null byte is UTF-8 too, but no text: it stands in files of another encoding."""
    try:
        block.decode()
    except UnicodeDecodeError as error:
        _not_utf8(path, line + block.count(b"\n", 0, error.start))
    if (null := block.find(b"\0")) >= 0:
        _not_utf8(path, line + block.count(b"\n", 0, null))


def _not_utf8(path: Path, line: int) -> NoReturn:
    raise fault(path, line, "The file is not UTF-8 text.", "Save it as UTF-8.")
