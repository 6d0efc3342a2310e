"""Which questions an act puts, by what was answered with it and by what stands on the case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Conflict, Invalid

from ..kinds.conditions import OUTCOME, TYPE, Values, holds, in_words, is_asked, is_needed
from ..kinds.model import Act, Field, Kind
from ..models import Case
from .values import parse_asked


def standing(case: Case) -> dict[str, Any]:
    """What conditions look at, as the case is."""
    return {**case.fields, TYPE: case.type, OUTCOME: case.outcome}


def of_opening(kind: Kind, data: Mapping[str, Any], code: str) -> dict[str, Any]:
    """What was answered at the opening of a case of this type; Invalid names the first answer that cannot be used."""
    asked = [field for field in kind.fields if field.opening]
    needed = tuple(field.name for field in asked if field.required)
    optional = tuple(field.name for field in asked if not field.required)
    given = parse_asked(kind, data, needed, optional)
    return _as_asked(kind, asked, given, {TYPE: code}, ())


def of_act(kind: Kind, act: Act, data: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """The same for an act on a case."""
    given = parse_asked(kind, data, act.asks, act.may_ask)
    known = {name: value for name, value in standing(case).items() if name not in act.drops}
    known |= {TYPE: data["type"]} if act.retypes and data.get("type") else {}
    known |= {OUTCOME: data.get("outcome")} if act.outcome else {}
    asked = [field for name in (*act.asks, *act.may_ask) if (field := kind.field_named(name))]
    return _as_asked(kind, asked, given, known, {*known, *case.sealed})


def _as_asked(
    kind: Kind, fields: Iterable[Field], given: dict[str, Any], known: Values, there: Collection[str]
) -> dict[str, Any]:
    """`given` without a no to what was not asked; `there`: what the case has already."""
    values = {**known, **given}
    found = dict(given)
    for field in fields:
        if field.name in given and not is_asked(kind, field, values):
            if given[field.name] is not False:
                raise _unasked(kind, field)
            del found[field.name]
        elif field.name not in {*given, *there} and is_needed(kind, field, values):
            raise _needed(kind, field)
    return found


def _unasked(kind: Kind, field: Field) -> Invalid:
    assert field.asked_when is not None  # what has no condition is asked
    fix = _("Leave it empty. It is asked only when: %(when)s.") % {"when": in_words(kind, field.asked_when)}
    return Invalid(_("This is not asked here: %(field)s.") % {"field": field.label}, where=field.name, fix=fix)


def _needed(kind: Kind, field: Field) -> Invalid:
    assert field.required_when is not None  # is_needed says so
    fix = _("It is needed when: %(when)s.") % {"when": in_words(kind, field.required_when)}
    return Invalid(_("This is needed: %(field)s.") % {"field": field.label}, where=field.name, fix=fix)


def is_possible(kind: Kind, act: Act, case: Case) -> bool:
    """Whether the act's own condition holds on the case."""
    return holds(kind, act.when, standing(case))


def refuse_impossible(kind: Kind, act: Act, case: Case) -> None:
    if act.when is None or is_possible(kind, act, case):
        return
    fix = _("It is possible only when: %(when)s.") % {"when": in_words(kind, act.when)}
    what = _("“%(act)s” is not possible on this case.") % {"act": act.words}
    raise Conflict(what, where="act", fix=fix)
