"""In which encoding a text file is written, decided from all of it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from blockwise.exchange.tabular.batches import BadFile, Told

CHUNK: Final = 1 << 22
NAMES: Final = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "gb18030": "GB 18030 (GBK is part of it)",
    "cp1252": "Windows-1252",
}
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
PAIRED: Final = 0.7  # least share of high bytes in runs of two and more for Chinese text; Latin letters stand alone


def decided(path: Path, given: str | None, told: Told) -> str:
    """A codec's name: the one given, the one marked, or the one that all bytes fit. BadFile where none does."""
    if given:
        _demand(path, given)
        told.say("encoding", f"The text is read as {given}, as the map says.")
        return given
    with path.open("rb") as file:
        first = file.read(CHUNK)
    for mark, name in _MARKS.items():
        if first.startswith(mark):
            plain = name.removesuffix("-sig")
            _demand(path, name)
            told.say("encoding", f"The text is {NAMES[plain]}: its first bytes say so.")
            return name
    if b"\0" in first:
        even, odd = first[0::2].count(0), first[1::2].count(0)
        name = "utf-16-be" if even > odd else "utf-16-le"
        _demand(path, name)
        told.say("encoding", f"The text is {NAMES[name]}: every other byte of it is zero.")
        return name
    name = next((name for name in ("utf-8", "gb18030", "cp1252") if _fits(path, name) is None), "")
    if name == "gb18030" and _paired(path) < PAIRED and _fits(path, "cp1252") is None:
        name = "cp1252"
    if not name:
        line, byte = _fits(path, "utf-8") or (1, 0)
        what = f"Byte {byte:#04x} fits none of UTF-8, GB 18030 and Windows-1252."
        fix = "Name the encoding in the map: `file: {encoding: big5}`, or save the file as UTF-8."
        raise BadFile(what, where=f"{path}, line {line}", fix=fix)
    told.say("encoding", f"The text is {NAMES[name]}: all of the file fits it.")
    return name


def _demand(path: Path, name: str) -> None:
    if wrong := _fits(path, name):
        line, byte = wrong
        what = f"Byte {byte:#04x} is not {name}."
        raise BadFile(what, where=f"{path}, line {line}", fix="Correct the encoding in the map, or the file.")


def _fits(path: Path, name: str) -> tuple[int, int] | None:
    """Line and value of the first byte that the codec cannot read; None where it reads all."""
    decoder = codecs.getincrementaldecoder(name)()
    line = 1
    try:
        for chunk, last in _chunks(path):
            line += decoder.decode(chunk, last).count("\n")
    except UnicodeDecodeError as error:
        return line + error.object.count(b"\n", 0, error.start), error.object[error.start] if error.object else 0
    return None


def _chunks(path: Path) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk, False
    yield b"", True


def _paired(path: Path) -> float:
    high = paired = 0
    for chunk, _last in _chunks(path):
        for run in _HIGH.findall(chunk):
            high += len(run)
            paired += len(run) if len(run) > 1 else 0
    return paired / high if high else 0.0
