"""Bytes to text, at the edge: whatever is not clean UTF-8 is named with its line."""

import re
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import Problems

LONGEST_LINE: Final = 1_000_000
_BAD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read_text(path: Path, problems: Problems, largest: int, long_lines: bool = False) -> str | None:
    """The file's text without its byte order mark; None when it is absent, or unreadable and noted as such.

    `largest` in bytes. Lines over 1,000,000 bytes are refused unless `long_lines`.
    """
    if not path.is_file():
        return None
    name = path.name
    size = path.stat().st_size
    if size > largest:
        what = f"the file has {size:,} bytes, more than the {largest:,} it may have"
        problems.error(name, None, what, "Check that it is the right file")
        return None
    raw = path.read_bytes()
    if not long_lines and (line := _long_line(raw)):
        what = f"the line has more than {LONGEST_LINE:,} bytes"
        problems.error(name, line, what, "Break the file into one row a line")
        return None
    return _decoded(name, raw, problems)


def unclean(text: str) -> str | None:
    """What is wrong with a text: a NUL, another control character or half of a surrogate pair; else None."""
    found = _BAD.search(text)
    if not found:
        return None
    code = ord(found.group())
    if code == 0:
        return "a NUL character (U+0000)"
    kind = "half of a surrogate pair" if 0xD800 <= code <= 0xDFFF else "a control character"
    return f"{kind} (U+{code:04X})"


def _decoded(name: str, raw: bytes, problems: Problems) -> str | None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.error(name, 1, "the file is UTF-16, not UTF-8", "Save the file as UTF-8")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte {raw[error.start]:#04x} is not UTF-8{_guess(raw)}"
        problems.error(name, line, what, "Save the file as UTF-8")
        return None
    found = _BAD.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        problems.error(name, line, f"{unclean(text)} is in the text", "Remove the character")
        return None
    return text


def _guess(raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (the file looks like GB 18030 or GBK)"


def _long_line(raw: bytes) -> int:
    """Number of the first line that is too long; 0 when none is."""
    start, line = 0, 0
    while start < len(raw):
        line += 1
        end = raw.find(b"\n", start)
        end = len(raw) if end < 0 else end
        if end - start > LONGEST_LINE:
            return line
        start = end + 1
    return 0
