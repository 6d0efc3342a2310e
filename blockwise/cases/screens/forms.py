"""Forms made from a kind's declaration alone: what is asked, and reading back what was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Problem
from blockwise.rooms import house

from ..engine import effects
from ..kinds import finding, registry
from ..kinds.check_links import OPENED_TYPE
from ..kinds.model import CHECKLIST, Act, Field, Kind
from ..models import Case
from ..rules import attachments, wall
from ..rules.answers import standing
from ..rules.inputs import Branch, Choices, Input, Leaf
from ..rules.placing import UNPLACED
from . import party_pages
from .conditional import conditional

PLACE_KINDS: Choices = (
    ("dwelling", _("dwelling")),
    ("premises", _("premises")),
    ("street", _("street")),
    ("crossing", _("crossing")),
    ("open", _("open ground")),
)
PRIORITIES: Choices = tuple((str(number), str(number)) for number in (1, 2, 3, 4))


def opening_inputs(kind: Kind) -> list[Input]:
    """What is asked when a case of this kind is opened, in the order of the declaration."""
    asked = [_of_field(field, required=field.required) for field in kind.fields if field.opening]
    return conditional(kind, [*_place(kind, required=True), *_type_inputs(kind), *asked], {})


def _type_inputs(kind: Kind) -> list[Input]:
    found = []
    if kind.types:
        found.append(Input("type", _("Type"), "type", required=True, branches=branches(kind), kind=kind.name))
    found.append(Input("priority", _("Priority"), "priority", choices=PRIORITIES))
    if kind.channels:
        found.append(Input("channel", _("Channel"), "choice", required=True, choices=kind.channels))
    return found


def act_inputs(kind: Kind, act: Act, case: Case | None = None) -> list[Input]:
    """What an act asks, what it may be given, and what its effects take; with the choices that there are on `case`."""
    asked = [_of_field(field, required=True) for field in _named(kind, act.asks)]
    optional = [_of_field(field, required=False) for field in _named(kind, act.may_ask)]
    found = party_pages.inputs(kind, act) + asked + optional
    if act.why:
        found.insert(0, Input("why", _("Reason"), "choice", required=True, choices=act.why))
    if act.outcome:
        found.insert(0, Input("outcome", _("Outcome"), "choice", required=True, choices=kind.outcomes))
    if act.retypes:
        types = [replace(entry, required=False) for entry in _type_inputs(kind) if entry.name != "channel"]
        found = [*_place(kind), *types, *found]
    if act.retypes and kind.sends_units:
        found.append(Input("pass_on", _("Outside your blocks: pass it on to whoever answers there"), "boolean"))
    if act.merge == "into":
        found.append(Input("primary", _("Number of the case that it repeats"), "integer", required=True, low=1))
        found.append(Input("apart", _("It is the same event all the same"), "boolean"))
    if act.links:
        found.append(Input("linked_case", _("Number of the other case"), "integer", required=True, low=1))
    if act.opens and act.opens.asks_type and (target := registry.all_current().get(act.opens.kind)):
        label = _("%(kind)s: type") % {"kind": target.noun}
        found.insert(0, Input(OPENED_TYPE, label, "type", required=True, branches=branches(target), kind=target.name))
    taken = effects.asked(act.effects)
    offered = [replace(one, choices=one.offers(case, kind)) if case and one.offers else one for one in taken]
    return offered + conditional(kind, found, standing(case) if case else {})


def without_files(kind: Kind, act: Act, case: Case | None = None) -> list[Input]:
    """The same on a screen that sends no files: those are given on the case's own page."""
    return [entry for entry in act_inputs(kind, act, case) if entry.type != attachments.TYPE]


def branches(kind: Kind) -> tuple[Branch, ...]:
    """The type tree by the words above each leaf, in order of first appearance."""
    keys = finding.keys(kind)
    found: dict[tuple[str, str], list[Leaf]] = {}
    for one in kind.types:
        above = (" · ".join(str(words) for words in one.parents), finding.branch(one.parents))
        found.setdefault(above, []).append(Leaf(one.code, one.words, one.priority, keys[one.code]))
    return tuple(Branch(words, find, tuple(leaves)) for (words, find), leaves in found.items())


def _named(kind: Kind, names: Iterable[str]) -> list[Field]:
    return [field for name in names if (field := kind.field_named(name))]


def _of_field(field: Field, *, required: bool) -> Input:
    more = house().field_types[field.type].input(field)
    return Input(field.name, field.label, field.type, required, field.personal, **more)


def _place(kind: Kind, *, required: bool = False) -> list[Input]:
    if kind.place == "none":
        return []
    if kind.place == "block":
        block = Input("place.block", _("Block (its code)"), "line", required=required)
        return [Input("place", _("Block"), "place_block", required=required, parts=(block,))]
    parts = (
        Input("place.text", _("Where"), "line"),
        Input("place.lon", _("Longitude"), "line"),
        Input("place.lat", _("Latitude"), "line"),
        Input("place.kind", _("Kind of place"), "choice", choices=PLACE_KINDS),
        Input("place.found", _("How it was found"), "line"),
        Input("place.said", _("The caller's words"), "line"),
        Input("place.block", _("Block"), "line"),
    )
    return [Input("place", _("Where"), "place", required=required, parts=parts, unplaced=kind.unplaced)]


def typed(posted: QueryDict) -> dict[str, Any]:
    """What was posted, by input; all that was ticked where more than one was."""
    return {name: given[0] if len(given) == 1 else given for name, given in posted.lists() if given}


def filled(inputs: Iterable[Input], posted: Mapping[str, Any], problem: Problem | None = None) -> list[Input]:
    """The same inputs with what was typed, and the refusal at the one it is about."""
    return [_filled(entry, posted, problem) for entry in inputs]


def _filled(entry: Input, posted: Mapping[str, Any], problem: Problem | None) -> Input:
    parts = tuple(_filled(part, posted, problem) for part in entry.parts)
    hit = problem is not None and problem.where == entry.name
    value = posted.get(entry.name, "")
    if entry.type == "choices":
        value = [value] if isinstance(value, str) else value
    return replace(entry, parts=parts, value=value, wrong=_said(problem) if hit else "")


def _said(problem: Problem | None) -> str:
    return f"{problem.what} {problem.plain}".strip() if problem else ""


def read(inputs: Iterable[Input], posted: QueryDict) -> dict[str, Any]:
    """What was given, as the engine takes it; what was left empty is left out."""
    given = {entry.name: _read(entry, posted) for entry in inputs}
    return {name: value for name, value in given.items() if value not in ("", None, {})}


def _read(entry: Input, posted: QueryDict) -> Any:
    if entry.parts:
        texts = {part.name.split(".")[-1]: posted.get(part.name, "").strip() for part in entry.parts}
        kept = {name: text for name, text in texts.items() if text}
        if entry.type in ("contact", "period", "place_block", CHECKLIST, party_pages.TYPE):
            return kept
        numbered = {"lon", "lat"} & kept.keys()
        if entry.type == "place":
            return _placed(kept, bool(numbered))
        return kept if numbered else {}
    if entry.type == "boolean":
        return entry.name in posted
    if entry.type in (attachments.TYPE, "choices"):
        return [name for name in posted.getlist(entry.name) if name] or ""
    value = posted.get(entry.name, "").strip()
    if entry.type == "codes":
        return [code for code in posted.getlist(entry.name) for code in code.split()]
    if entry.type == "pairs":
        return dict(pair.split("@", 1) for pair in value.split() if "@" in pair)
    if entry.type == "datetime" and value:
        return _said_which(value, posted.get(f"{entry.name}.twice", ""))
    return value


def _placed(kept: dict[str, str], numbered: bool) -> dict[str, str]:
    """A place that was chosen; words alone choose none. What kind of place it is is not known before the place."""
    if kept.get("found") == UNPLACED:
        return {name: text for name, text in kept.items() if name != "kind"}
    return {name: text for name, text in kept.items() if name != "block"} if numbered else {}


def _said_which(value: str, twice: str) -> str:
    """The moment that was meant, of a time that the clocks show twice; anything else is left to the engine."""
    try:
        found = wall.moments(datetime.fromisoformat(value).replace(tzinfo=None))
    except ValueError:
        return value
    return found[int(twice)].isoformat() if len(found) > 1 and twice in ("0", "1") else value
