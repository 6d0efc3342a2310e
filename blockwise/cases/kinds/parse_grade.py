"""A kind's grade, read: the field that holds it, and the table that it is worked out by."""

from __future__ import annotations

from .model import Condition, Field, Grade, GradeRow
from .reader import Reader, words_of

LOWEST, HIGHEST = -(2**31), 2**31 - 1


def grade_field(entry: Reader) -> Field:
    """What stands on the case."""
    keys = entry.at("grade")
    grades = tuple((one.name, one.words()) for one in keys["grades"].named().values())
    return Field(keys["name"].word(), "choice", words_of(keys), choices=grades, opening=False, computed=True)


def grade_of(entry: Reader) -> Grade:
    keys = entry.at("grade")
    rows = tuple(_row(item) for item in keys["table"].items())
    otherwise = keys["otherwise"].word() if "otherwise" in keys else ""
    return Grade(keys["name"].word(), keys["of"].names(), rows, otherwise)


def _row(item: Reader) -> GradeRow:
    keys = item.at("grade.table")
    parts, between = [], []
    for name, entry in keys["when"].named().items():
        if entry.mapping:
            ends = entry.keys((), ("low", "high"))
            low, high = (ends[end].integer(LOWEST, HIGHEST) if end in ends else None for end in ("low", "high"))
            between.append((name, low, high))
        else:
            parts.append((name, entry.code_or_codes()))
    return GradeRow(Condition(tuple(parts)), tuple(between), keys["grade"].word())
