"""Forms made from a kind's declaration alone: what is asked, and reading back what was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Problem

from . import effects
from .kinds.model import Act, CaseType, Field, Kind, Words
from .opening import is_sealed
from .values import CONTACT

Choices = tuple[tuple[str, Any], ...]
Groups = tuple[tuple[str, Choices], ...]

PLACE_KINDS: Choices = (
    ("dwelling", _("dwelling")),
    ("premises", _("premises")),
    ("street", _("street")),
    ("crossing", _("crossing")),
    ("open", _("open ground")),
)
SOURCES: Choices = (
    ("told", _("told by the caller")),
    ("device", _("the caller's device")),
    ("network", _("the telephone network")),
)
CONTACT_LABELS: dict[str, Promise] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "address": _("Address"),
    "language": _("Language"),
}
PRIORITIES: Choices = tuple((str(number), str(number)) for number in (1, 2, 3, 4))


@dataclass(frozen=True)
class Input:
    """One thing asked. `type` names its part of templates/cases/input.html; `wrong` is a refusal in words."""

    name: str
    label: Any
    type: str
    required: bool = False
    sealed: bool = False
    choices: Choices = ()
    groups: Groups = ()
    parts: tuple[Input, ...] = ()
    low: int | None = None
    high: int | None = None
    value: Any = ""
    wrong: Any = ""


EFFECT_INPUTS = (  # of what effects take, what a person is asked; the rest is for programs
    Input("units", _("Units, by code"), "codes", required=True),
    Input("unit", _("Unit, by code"), "line", required=True),
    Input("override", _("Although it is off shift or not available (recorded)"), "boolean"),
)


def opening_inputs(kind: Kind) -> list[Input]:
    """What is asked when a case of this kind is opened, in the order of the declaration."""
    asked = [_of_field(field, required=field.required) for field in kind.fields if field.opening]
    return [Input("place", _("Where"), "place", required=True, parts=_place_parts()), *_type_inputs(kind), *asked]


def _type_inputs(kind: Kind) -> list[Input]:
    found = []
    if kind.types:
        found.append(Input("type", _("Type"), "type", required=True, groups=type_groups(kind.types)))
    found.append(Input("priority", _("Priority"), "priority", choices=PRIORITIES))
    if kind.channels:
        found.append(Input("channel", _("Channel"), "choice", required=True, choices=kind.channels))
    return found


def act_inputs(kind: Kind, act: Act) -> list[Input]:
    """What an act asks, what it may be given, and what its effects take."""
    asked = [_of_field(field, required=True) for field in _named(kind, act.asks)]
    optional = [_of_field(field, required=False) for field in _named(kind, act.may_ask)]
    found = asked + optional
    if act.outcome:
        found.insert(0, Input("outcome", _("Outcome"), "choice", required=True, choices=kind.outcomes))
    if act.retypes:
        types = [replace(entry, required=False) for entry in _type_inputs(kind) if entry.name != "channel"]
        found += [*types, Input("place", _("Where"), "place", parts=_place_parts())]
    if act.merge == "into":
        found.append(Input("primary", _("Number of the case that it repeats"), "integer", required=True, low=1))
    taken = effects.inputs(act.effects)
    return found + [entry for entry in EFFECT_INPUTS if entry.name in taken]


def type_groups(types: Iterable[CaseType]) -> Groups:
    """The type tree as option groups: the words above each leaf, in order of first appearance."""
    groups: dict[str, list[tuple[str, Words]]] = {}
    for entry in types:
        groups.setdefault(" · ".join(str(words) for words in entry.parents), []).append((entry.code, entry.words))
    return tuple((name, tuple(leaves)) for name, leaves in groups.items())


def _named(kind: Kind, names: Iterable[str]) -> list[Field]:
    return [field for name in names if (field := kind.field_named(name))]


def _of_field(field: Field, *, required: bool) -> Input:
    parts: tuple[Input, ...] = ()
    if field.type == "contact":
        parts = tuple(Input(f"{field.name}.{part}", CONTACT_LABELS[part], "line") for part in CONTACT)
    if field.type == "position":
        parts = (
            Input(f"{field.name}.lon", _("Longitude"), "line"),
            Input(f"{field.name}.lat", _("Latitude"), "line"),
            Input(f"{field.name}.source", _("Known from"), "choice", choices=SOURCES),
        )
    return Input(
        field.name, field.label, field.type, required, is_sealed(field), field.choices, parts=parts,
        low=field.low, high=field.high,
    )  # fmt: skip


def _place_parts() -> tuple[Input, ...]:
    return (
        Input("place.text", _("Where"), "line"),
        Input("place.lon", _("Longitude"), "line"),
        Input("place.lat", _("Latitude"), "line"),
        Input("place.kind", _("Kind of place"), "choice", choices=PLACE_KINDS),
    )


def filled(inputs: Iterable[Input], posted: Mapping[str, Any], problem: Problem | None = None) -> list[Input]:
    """The same inputs with what was typed, and the refusal at the one it is about."""
    return [_filled(entry, posted, problem) for entry in inputs]


def _filled(entry: Input, posted: Mapping[str, Any], problem: Problem | None) -> Input:
    parts = tuple(_filled(part, posted, problem) for part in entry.parts)
    hit = problem is not None and problem.where == entry.name
    return replace(entry, parts=parts, value=posted.get(entry.name, ""), wrong=_said(problem) if hit else "")


def _said(problem: Problem | None) -> str:
    return f"{problem.what} {problem.fix}".strip() if problem else ""


def read(inputs: Iterable[Input], posted: QueryDict) -> dict[str, Any]:
    """What was given, as the engine takes it; what was left empty is left out."""
    given = {entry.name: _read(entry, posted) for entry in inputs}
    return {name: value for name, value in given.items() if value not in ("", None, {})}


def _read(entry: Input, posted: QueryDict) -> Any:
    if entry.parts:
        texts = {part.name.split(".")[-1]: posted.get(part.name, "").strip() for part in entry.parts}
        kept = {name: text for name, text in texts.items() if text}
        numbered = {"lon", "lat"} & kept.keys()
        return kept if numbered or entry.type == "contact" else {}
    if entry.type == "boolean":
        return entry.name in posted
    value = posted.get(entry.name, "").strip()
    if entry.type == "codes":
        return [code for code in posted.getlist(entry.name) for code in code.split()]
    if entry.type == "datetime" and value:
        return _with_zone(value)
    return value


def _with_zone(value: str) -> str:
    """The page's local time with the city's zone; what is not a time is passed on for the engine to refuse."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return value
    return timezone.make_aware(parsed).isoformat() if parsed.tzinfo is None else value
