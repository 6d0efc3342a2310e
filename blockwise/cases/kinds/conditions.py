"""Whether a condition holds, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from .model import CHECKLIST, Condition, Field, Kind

TYPE, OUTCOME = "type", "outcome"  # what a condition may name beside fields
CHOSEN = ("choice", "choices", "boolean")  # the types of fields that it may name
TRUTHS = ("true", "false")
OK, FAULT = "ok", "fault"  # of a whole checklist: no item, or some item, at fault
Values = Mapping[str, Any]  # what is kept on a case, its type and its outcome among it


def holds(kind: Kind, condition: Condition | None, values: Values) -> bool:
    """Whether all of it is so; without a condition it always is."""
    return condition is None or all(one_of(kind, name, wanted, values) for name, wanted in condition.parts)


def one_of(kind: Kind, name: str, wanted: Iterable[str], values: Values) -> bool:
    if name == TYPE:
        return any(is_of(str(values.get(TYPE)), one) for one in wanted)
    return bool(set(_said(kind, name, values)) & set(wanted))


def is_of(code: str, branch: str) -> bool:
    """Whether a type is this one, or of this branch."""
    return code == branch or code.startswith(f"{branch}.")


def is_asked(kind: Kind, field: Field, values: Values) -> bool:
    """Whether the question is put; never by an answer to a question that is not."""
    return holds(kind, field.asked_when, values)


def is_needed(kind: Kind, field: Field, values: Values) -> bool:
    """Whether its own condition requires an answer."""
    return (
        field.required_when is not None and is_asked(kind, field, values) and holds(kind, field.required_when, values)
    )


def _said(kind: Kind, name: str, values: Values) -> list[str]:
    """The choices that count: none of a question that is not asked; a yes or no that was not given is a no."""
    field = kind.field_named(name)
    value = values.get(name) if field is None or is_asked(kind, field, values) else None
    if field is not None and field.type == "boolean":
        return ["true" if value is True else "false"]
    if isinstance(value, dict):
        return [FAULT if FAULT in value.values() else OK]
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value in (None, "") else [str(value)]


def in_words(kind: Kind, condition: Condition) -> str:
    """ "Depth is deep or very deep; Water is yes", in the reader's language."""
    told = [_("%(field)s is %(choices)s") % _part(kind, name, wanted) for name, wanted in condition.parts]
    return _("; ").join(told)


def _part(kind: Kind, name: str, wanted: Iterable[str]) -> dict[str, str]:
    own = {TYPE: _("Type"), OUTCOME: _("Outcome")}
    field = kind.field_named(name)
    label = own.get(name) or (str(field.label) if field else name)
    return {"field": label, "choices": _(" or ").join(_choice(kind, name, one) for one in wanted)}


def _choice(kind: Kind, name: str, code: str) -> str:
    if name == TYPE:
        return _type(kind, code)
    field = kind.field_named(name)
    if field is not None and field.type == "boolean":
        return _("yes") if code == "true" else _("no")
    if field is not None and field.type == CHECKLIST:
        return _("with some item at fault") if code == FAULT else _("without a fault")
    return str(dict(kind.outcomes if name == OUTCOME else field.choices if field else ()).get(code, code))


def _type(kind: Kind, code: str) -> str:
    """The words of a type, or of a branch above types."""
    leaf = next((one for one in kind.types if is_of(one.code, code)), None)
    if leaf is None:
        return code
    return str(leaf.words if leaf.code == code else leaf.parents[code.count(".")])
