"""The grade of a case, by its kind's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conditions import holds
from .model import GradeRow, Kind


def graded(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the grade that they come to; without one as long as not all that it is worked out of is given."""
    if kind.grade is None:
        return dict(fields)
    others = {name: value for name, value in fields.items() if name != kind.grade.name}
    found = _grade(kind, others)
    return {**others, kind.grade.name: found} if found else others


def _grade(kind: Kind, fields: Mapping[str, Any]) -> str:
    table = kind.grade
    if table is None or not all(fields.get(name) is not None for name in table.of):
        return ""
    return next((row.grade for row in table.rows if row_holds(kind, row, fields)), table.otherwise)


def row_holds(kind: Kind, row: GradeRow, fields: Mapping[str, Any]) -> bool:
    return holds(kind, row.when, fields) and all(
        (low is None or fields[name] >= low) and (high is None or fields[name] <= high)
        for name, low, high in row.between
    )


def regraded(kind: Kind, given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The grade, where some of what it is worked out of was given: the line says what it came to."""
    if kind.grade is None or not given.keys() & set(kind.grade.of) or kind.grade.name not in fields:
        return {}
    return {kind.grade.name: fields[kind.grade.name]}
