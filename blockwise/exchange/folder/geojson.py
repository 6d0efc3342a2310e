"""The features of a GeoJSON text, each with the line it begins on."""

import json
import re
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any, Final

from blockwise.exchange.folder.problems import Problems

LONG_LINE: Final = 500  # characters of a line in which one finds a place only by its column
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


class _Broken(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, position: int, what: str) -> None:
        super().__init__(what)
        self.position = position


def features(file: str, text: str, problems: Problems) -> list[tuple[int | str, Any]] | None:
    """(where, feature) of a FeatureCollection, in file order; None, and a problem, when it is not one.

    `where` is the line on which the feature begins; where that line holds more of them, with its column and number.
    """
    try:
        found = list(_collection(text))
    except _Broken as error:
        if not text[error.position :].strip():
            line = text.count("\n", 0, error.position) + 1
            problems.error(file, line, "the file ends in the middle", "Fetch or write the whole file again")
        else:
            where = _where(text, error.position)
            problems.error(file, where, str(error), "Write it as a GeoJSON FeatureCollection")
        return None
    if not found:
        problems.error(file, 1, "there are no features", "Write it as a GeoJSON FeatureCollection")
        return None
    places: list[tuple[int, int]] = []
    line, counted = 1, 0
    for position, _feature in found:
        line += text.count("\n", counted, position)
        counted = position
        places.append((line, position - text.rfind("\n", 0, position)))
    of_line = Counter(line for line, _column in places)
    return [
        (line if of_line[line] == 1 else f"{line}, column {column:,} (feature {number:,})", feature)
        for number, ((line, column), (_position, feature)) in enumerate(zip(places, found, strict=True), 1)
    ]


def _where(text: str, position: int) -> int | str:
    line, before = text.count("\n", 0, position) + 1, text.rfind("\n", 0, position)
    after = text.find("\n", position)
    length = (len(text) if after < 0 else after) - before
    return line if length < LONG_LINE else f"{line}, column {position - before:,}"


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
