"""What the API's document says of conditions: in words always, and as if and then where the body itself decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import override

from blockwise.rooms import house

from ..kinds.conditions import TYPE, in_words, is_of
from ..kinds.model import Condition, Field, Kind

Schema = dict[str, Any]


def said(kind: Kind, condition: Condition) -> str:
    with override("en"):
        return in_words(kind, condition)


def told(kind: Kind, field: Field) -> Schema:
    """The description of a field, with when it is asked and when it is needed."""
    words = [f"Only when: {said(kind, field.asked_when)}."] if field.asked_when else []
    words += [f"Needed when: {said(kind, field.required_when)}."] if field.required_when else []
    if not words:
        return {}
    own = house().field_types[field.type].schema(field).get("description", "")
    return {"description": " ".join([own, *words]).strip()}


def branches(kind: Kind, fields: Iterable[Field], decided: Collection[str]) -> Schema:
    """`decided`: what a body always says, or what counts as not given without it."""
    found: list[Schema] = []
    for field in fields:
        asked, needed = field.asked_when, field.required_when
        if asked and _simple(kind, asked, decided):
            found.append({"if": {"not": _given(kind, asked)}, "then": {"not": {"required": [field.name]}}})
        if needed and _simple(kind, needed, decided) and (asked is None or _simple(kind, asked, decided)):
            both = [_given(kind, one) for one in (asked, needed) if one]
            found.append({"if": {"allOf": both}, "then": {"required": [field.name]}})
    return {"allOf": found} if found else {}


def _simple(kind: Kind, condition: Condition, decided: Collection[str]) -> bool:
    """Whether the body alone decides it, by choices that are always asked."""
    fields = [kind.field_named(name) for name in condition.names]
    plain = all(field is None or (field.asked_when is None and field.type != "boolean") for field in fields)
    return plain and set(condition.names) <= set(decided)


def _given(kind: Kind, condition: Condition) -> Schema:
    parts: Mapping[str, Schema] = {name: _one(kind, name, wanted) for name, wanted in condition.parts}
    return {"required": list(parts), "properties": dict(parts)}


def _one(kind: Kind, name: str, wanted: tuple[str, ...]) -> Schema:
    field = kind.field_named(name)
    if name == TYPE:
        return {"enum": [one.code for one in kind.types if any(is_of(one.code, branch) for branch in wanted)]}
    return {"contains": {"enum": list(wanted)}} if field and field.type == "choices" else {"enum": list(wanted)}
