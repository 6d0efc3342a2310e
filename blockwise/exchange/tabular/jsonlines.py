"""JSON, one object a line, or one list of objects; an object within is a column with a dot: `place.lat`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from blockwise.exchange.tabular.batches import SIZE, BadFile, Batch, Told, checked_names, transposed

LONGEST_LINE: Final = 1_000_000  # characters
LARGEST_LIST: Final = 1 << 28  # bytes: a list is read whole


def read(path: Path, told: Told) -> Iterator[Batch]:
    """The objects; numbers are lines, of a list the places in it."""
    try:
        objects = _objects(path, told)
        for chunk in iter(lambda: list(itertools.islice(objects, SIZE)), []):
            yield _batch(chunk, path)
    except UnicodeDecodeError:
        raise BadFile("The file is not UTF-8, as JSON is.", where=str(path), fix="Save it as UTF-8.") from None
    except RecursionError:
        raise BadFile("The file is nested too deeply.", where=str(path), fix="Write plain values.") from None


def _objects(path: Path, told: Told) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        listed = file.read(4096).lstrip().startswith("[")
        file.seek(0)
        if not listed:
            told.say("form", "The file is JSON, one object a line.")
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), 1):
                if len(line) >= LONGEST_LINE:
                    fix = "Write one object a line."
                    raise BadFile("The line has a million characters.", where=f"{path}, line {number}", fix=fix)
                if line.strip():
                    yield number, _parsed(line)
            return
        if path.stat().st_size > LARGEST_LIST:
            fix = "Write one object a line."
            raise BadFile("A list of JSON objects of more than 256 MiB.", where=str(path), fix=fix)
        told.say("form", "The file is one list of JSON objects.")
        try:
            found = json.load(file)
        except ValueError as error:
            raise BadFile(f"The list is not JSON: {error}.", where=str(path), fix="Fetch it again.") from None
        yield from enumerate(found, 1)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _batch(chunk: list[tuple[int, Any]], path: Path) -> Batch:
    good = [(number, _flat(one)) for number, one in chunk if isinstance(one, dict)]
    bad = [(number, "the line is no JSON object") for number, one in chunk if not isinstance(one, dict)]
    names = list(dict.fromkeys(name for _number, one in good for name in one))
    numbers = [number for number, _one in good]
    if not names:
        return Batch([], {}, bad)
    checked_names(names, str(path))
    rows = [[one.get(name, "") for name in names] for _number, one in good]
    return Batch(numbers, transposed(names, rows), bad)


def _flat(one: Mapping[str, Any], before: str = "") -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in one.items():
        if isinstance(value, dict) and before.count(".") < 3:
            cells |= _flat(value, f"{before}{name}.")
        else:
            cells[before + name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
