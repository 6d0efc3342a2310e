"""Whether a grade is of a matter or place and answers whatever is given. It is never one of somebody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import yaml

from .check_conditions import choices_of
from .check_shape import ENGINE_FIELDS
from .check_words import plain_chinese, plain_english
from .doubt_words import GROUPS
from .faults import Faults, Path
from .grading import row_holds
from .model import Field, Grade, GradeRow, Kind
from .nodes import scalars
from .refused_keys import SCORE, Refusal

TYPES, SUBJECTS = ("choice", "boolean", "integer"), ("place", "matter", "agency")
MOST, COMBINATIONS, LARGEST = 3, 5000, 1_000_000_000
OF_PEOPLE = ("lives", "works", "origin", "believes", "owes", "was", "people")


def check_grade(kind: Kind, faults: Faults) -> None:
    """Note what the grade may not be made of, and what it leaves without an answer."""
    grade = kind.grade
    if grade is None:
        return
    before = len(faults.found)
    _check_name(kind, grade, faults)
    if kind.subject not in SUBJECTS:
        what, way_out = f"a grade of {kind.subject}", "Grade the matter or the place in a kind about it"
        faults.add(("grade",), "score", what, "Somebody's own application is somebody: people get no grade", way_out)
    for number, name in enumerate(grade.of):
        _check_of(kind, name, ("grade", "of", str(number)), faults)
    if not 1 <= len(grade.of) <= MOST:
        why = "Whoever reads it must see how it came to be"
        faults.add(("grade", "of"), "wrong-grade", f"it is made of {len(grade.of)} fields", why, "Name one to three")
    for number, row in enumerate(grade.rows):
        _check_row(kind, grade, row, ("grade", "table", str(number)), faults)
    codes = _codes(kind, grade)
    if grade.otherwise and grade.otherwise not in codes:
        _unknown(grade.otherwise, codes, ("grade", "otherwise"), faults)
    if len(faults.found) == before:
        _check_whole(kind, grade, faults)


def check_grade_words(root: yaml.MappingNode, faults: Faults) -> None:
    """A grade and what it is made of speak of no people."""
    texts = [(path, text) for path, text in scalars(root) if path[-1] in ("zh", "en") and text not in ("zh", "en")]
    made_of = {text for path, text in scalars(root) if path[:2] == ("grade", "of") and len(path) > 2}
    for path, text in texts:
        if path[0] == "grade" or (path[0] == "fields" and path[1] in made_of):
            refuse_people(path, text, "the grade", SCORE, faults)


def refuse_people(path: Path, text: str, what: str, refusal: Refusal, faults: Faults) -> None:
    """Note each group of words for people that a `zh` or an `en` speaks in."""
    for group in (group for group in GROUPS if group.code in OF_PEOPLE):
        plain = plain_chinese(text) if path[-1] == "zh" else plain_english(text)
        if found := (group.chinese if path[-1] == "zh" else group.english).search(plain):
            code, why, way_out = refusal
            faults.add(path, code, f"{what} speaks of people: “{found.group().strip()}”", why, way_out)


def _codes(kind: Kind, grade: Grade) -> tuple[str, ...]:
    return choices_of(kind, grade.name) or ()


def _check_name(kind: Kind, grade: Grade, faults: Faults) -> None:
    path = ("grade", "name")
    if grade.name in ENGINE_FIELDS or sum(field.name == grade.name for field in kind.fields) > 1:
        why = "Something else is kept under this name"
        faults.add(path, "reserved-name", f"{grade.name} is taken", why, "Choose another name")
    for act in kind.acts:
        for key, names in (("asks", act.asks), ("may_ask", act.may_ask), ("drops", act.drops)):
            if grade.name in names:
                why, way_out = "It is worked out, and given by nobody", "Ask for what it is made of"
                what = f"{act.name} names {grade.name}"
                faults.add(("acts", act.name, key, str(names.index(grade.name))), "wrong-grade", what, why, way_out)


def _check_of(kind: Kind, name: str, path: Path, faults: Faults) -> None:
    field = kind.field_named(name)
    why = "It is made of what is chosen or counted and kept in the open, on every case"
    if field is None or field.computed or field.personal or field.type not in TYPES:
        what = f"{name} is no choice, yes or no, or whole number that is kept in the open"
        faults.add(path, "wrong-grade", what, why, "Name a field of type choice, boolean or integer")
    elif field.asked_when:
        what = f"{name} is asked only under a condition"
        faults.add(path, "wrong-grade", what, why, "Name a field that is always asked")


def _check_row(kind: Kind, grade: Grade, row: GradeRow, path: Path, faults: Faults) -> None:
    if row.grade not in (codes := _codes(kind, grade)):
        _unknown(row.grade, codes, (*path, "grade"), faults)
    for name, wanted in row.when.parts:
        known = (choices_of(kind, name) or ()) if name in grade.of else ()
        for code in (code for code in wanted if code not in known):
            _unknown(f"{name}: {code}", known, (*path, "when", name), faults)
    for name, low, high in row.between:
        field = kind.field_named(name)
        if name not in grade.of or field is None or field.type != "integer":
            what = f"{name} is no whole number that the grade is made of"
            faults.add((*path, "when", name), "wrong-grade", what, "It would never hold", "Name one of `of`")
        elif low is not None and high is not None and low > high:
            what = f"{name} has low above high"
            faults.add((*path, "when", name), "wrong-grade", what, "No number would fit", "Swap them")


def _unknown(code: str, known: tuple[str, ...], path: Path, faults: Faults) -> None:
    way_out = f"Write one of: {', '.join(known) or '(nothing is declared)'}"
    faults.add(path, "unknown-choice", f"there is no {code}", "It would never be so", way_out)


def _check_whole(kind: Kind, grade: Grade, faults: Faults) -> None:
    """Every combination has an answer, every row is met, and every grade is given."""
    fields = [field for name in grade.of if (field := kind.field_named(name))]
    values = [list(_values(kind, grade, field)) for field in fields]
    if prod(len(one) for one in values) > COMBINATIONS:
        why = "Whoever reads it must see how it came to be"
        faults.add(
            ("grade",), "wrong-grade", "its table has very many combinations", why, "Use fewer fields or choices"
        )
        return
    met, given = set(), set()
    for chosen in product(*values):
        answers = dict(zip(grade.of, chosen, strict=True))
        number = next((n for n, row in enumerate(grade.rows) if row_holds(kind, row, answers)), None)
        if number is None and not grade.otherwise:
            said = ", ".join(f"{name} {str(value).lower()}" for name, value in answers.items())
            why = "A grade that is missing is taken for a low one"
            faults.add(("grade", "table"), "grade-incomplete", f"no row for {said}", why, "Add a row, or otherwise")
            return
        met.add(number)
        given.add(grade.otherwise if number is None else grade.rows[number].grade)
    for number in set(range(len(grade.rows))) - met:
        path = ("grade", "table", str(number))
        faults.add(path, "wrong-grade", "the row is never met", "The rows before it take all", "Move or remove it")
    for code in sorted({*_codes(kind, grade)} - given):
        path = ("grade", "grades", code)
        faults.add(path, "wrong-grade", f"{code} is never given", "No row leads to it", "Add a row or remove it")


def _values(kind: Kind, grade: Grade, field: Field) -> Iterator[Any]:
    """What the field may be, of numbers those at which a row begins or ends."""
    if field.type == "boolean":
        yield from (True, False)
    elif field.type == "choice":
        yield from choices_of(kind, field.name) or ()
    else:
        least = -LARGEST if field.low is None else field.low
        most = LARGEST if field.high is None else field.high
        ends = [(low, high) for row in grade.rows for name, low, high in row.between if name == field.name]
        edges = {least, most, *(e for low, _h in ends if low is not None for e in (low - 1, low))}
        edges |= {e for _l, high in ends if high is not None for e in (high, high + 1)}
        yield from sorted(one for one in edges if least <= one <= most)
