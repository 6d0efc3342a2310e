"""The features of a GeoJSON text, each with the line it begins on."""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Final

from blockwise.exchange.folder.problems import Problems

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


class _Broken(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, position: int, what: str) -> None:
        super().__init__(what)
        self.position = position


def features(file: str, text: str, problems: Problems) -> list[tuple[int, Any]] | None:
    """(line, feature) of a FeatureCollection, in file order; None, and a problem, when it is not one."""
    try:
        found = list(_collection(text))
    except _Broken as error:
        line = text.count("\n", 0, error.position) + 1
        if not text[error.position :].strip():
            problems.error(file, line, "the file ends in the middle", "Fetch or write the whole file again")
        else:
            problems.error(file, line, str(error), "Write it as a GeoJSON FeatureCollection")
        return None
    if not found:
        problems.error(file, 1, "there are no features", "Write it as a GeoJSON FeatureCollection")
        return None
    lines: list[tuple[int, Any]] = []
    line, counted = 1, 0
    for position, feature in found:
        line += text.count("\n", counted, position)
        counted = position
        lines.append((line, feature))
    return lines


def _collection(text: str) -> Iterator[tuple[int, Any]]:
    """(position, feature) of the top object's `features`; other members are read over."""
    at = _expect(text, 0, "{")
    seen = False
    while True:
        key, at = _value(text, at)
        at = _expect(text, at, ":")
        if key == "features":
            seen = True
            at = yield from _array(text, at)
        else:
            value, at = _value(text, at)
            if key == "type" and value != "FeatureCollection":
                raise _Broken(at, f"the type is {value!r}, not a FeatureCollection")
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    at = _skip(text, _expect(text, at, "}"))
    if at != len(text):
        raise _Broken(at, "there is more text after the end")
    if not seen:
        raise _Broken(0, "there are no features")


def _array(text: str, at: int) -> Generator[tuple[int, Any], None, int]:
    at = _skip(text, _expect(text, at, "["))
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _skip(text, at)
        feature, end = _value(text, at)
        yield at, feature
        at = _skip(text, end)
        if text[at : at + 1] != ",":
            return _expect(text, at, "]")
        at += 1


def _value(text: str, at: int) -> tuple[Any, int]:
    at = _skip(text, at)
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        unfinished = error.msg.startswith("Unterminated")
        raise _Broken(len(text) if unfinished else error.pos, f"not JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise _Broken(at, "a number or a nesting is too long") from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise _Broken(at, f"not JSON: {mark} is expected")
    return at + 1
