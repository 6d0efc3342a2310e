"""What the API's document says of a kind: JSON Schema of an opening and of each act, out of the declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from blockwise.rooms import house

from ..engine.effects import needed, schemas
from ..engine.opening import LONGEST_ADDRESS, PLACE_KINDS
from ..kinds import registry
from ..kinds.check_links import OPENED_TYPE
from ..kinds.conditions import OUTCOME, TYPE
from ..kinds.model import Act, Field, Kind, Words, meanings
from ..rules import party_values
from ..rules.placing import FOUND, UNPLACED
from .condition_schema import branches, said, told

Schema = dict[str, Any]

PLACE: Schema = {
    "type": "object",
    "description": "Where it is. The exact place is sealed; of a dwelling nothing but its block stands in the open.",
    "additionalProperties": False,
    "properties": {
        "lon": {"type": "number", "minimum": -180, "maximum": 180, "description": "Degrees, in `crs`."},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "crs": {"enum": ["wgs84", "gcj02", "bd09"], "default": "wgs84"},
        "text": {"type": "string", "maxLength": LONGEST_ADDRESS, "description": "The address in words."},
        "kind": {"enum": list(PLACE_KINDS), "default": PLACE_KINDS[0]},
        "found": {"enum": [one for one in FOUND if one != UNPLACED], "description": "How exactly it was found."},
        "said": {"type": "string", "maxLength": LONGEST_ADDRESS, "description": "The caller's own words for it."},
    },
}
NEEDED: Schema = {**PLACE, "required": ["lon", "lat"]}
UNPLACED_TOO: Schema = {
    **PLACE,
    "properties": {
        **PLACE["properties"],
        "found": {"enum": list(FOUND), "description": "How exactly; none: there is no place yet, and no lon and lat."},
        "block": {"type": "string", "maxLength": 24, "description": "With none: the block that is to answer."},
    },
}
BLOCK: Schema = {
    "type": "object",
    "required": ["block"],
    "additionalProperties": False,
    "properties": {
        "block": {"type": "string", "maxLength": 24, "description": "The code of a block of today."},
        "text": {"type": "string", "maxLength": 200, "description": "What is said of the place, in words."},
    },
}
PRIORITY: Schema = {"type": "integer", "minimum": 1, "maximum": 4, "description": "1 is the highest."}
APART = "Although the two are far apart in place, time or type: without it such a merge is refused, and told how far."
BEYOND = "For a place where you may open no case: it is passed on to the block that answers there, out of your sight."


def opening(kind: Kind) -> Schema:
    """The body of POST /api/cases for this kind."""
    asked = [field for field in kind.fields if field.opening]
    priority = {**PRIORITY, "description": "The type's own when left out."}
    data = {**_place(kind), **_typed(kind), "priority": priority}
    if kind.channels:
        codes = [code for code, _words in kind.channels]
        data["channel"] = {"enum": codes, "default": codes[0], "description": meanings(kind.channels)}
    data |= {field.name: _field(field) | told(kind, field) for field in asked}
    needs = [*_place(kind), *(["type"] if kind.types else []), *(field.name for field in asked if field.required)]
    return {
        "type": "object",
        "title": _both(kind.title),
        "required": ["kind", "data"],
        "additionalProperties": False,
        "properties": {
            "kind": {"const": kind.name, "type": "string"},
            "data": _object(data, needs) | branches(kind, asked, {one.name for one in asked} | {TYPE}),
            "happened_at": {"type": "string", "format": "date-time", "maxLength": 40},
        },
    }


def _place(kind: Kind) -> Schema:
    """By its key; nothing where such a case has no place."""
    known: dict[str, Schema] = {"none": {}, "block": {"place": BLOCK}}
    return known.get(kind.place, {"place": UNPLACED_TOO if kind.unplaced else NEEDED})


def acting(kind: Kind, act: Act) -> Schema:
    """The `data` of this act, as POST /api/cases/{case_id}/acts/{act} takes it."""
    asked = [field for field in kind.fields if field.name in (*act.asks, *act.may_ask)]
    data = {field.name: _field(field) | told(kind, field) for field in asked}
    data |= {key: dict(schema) for key, schema in schemas(act.effects).items()}
    data |= (of_party := _of_party(kind, act))
    needs = [*act.asks, *needed(act.effects), *of_party]
    if act.retypes:
        data |= {**_typed(kind), "priority": PRIORITY, **_place(kind)}
    if act.retypes and kind.sends_units:
        data["pass_on"] = {"type": "boolean", "default": False, "description": BEYOND}
    if act.outcome:
        data["outcome"] = {"enum": [code for code, _words in kind.outcomes], "description": meanings(kind.outcomes)}
        needs.append("outcome")
    if act.why:
        data["why"] = {"enum": [code for code, _words in act.why], "description": meanings(act.why)}
        needs.append("why")
    if act.merge == "into":
        data["primary"] = {"type": "integer", "minimum": 1, "description": "The case that this one repeats."}
        data["apart"] = {"type": "boolean", "default": False, "description": APART}
        needs.append("primary")
    if act.links:
        said = f"The case that is its {act.links}, of those that you may see."
        data["linked_case"] = {"type": "integer", "minimum": 1, "description": said}
        needs.append("linked_case")
    if act.opens and act.opens.asks_type and (target := registry.all_current().get(act.opens.kind)):
        data[OPENED_TYPE] = _typed(target)["type"]
        needs.append(OPENED_TYPE)
    return {
        **_object(data, needs),
        **branches(kind, asked, {*act.asks, *((OUTCOME,) if act.outcome else ())}),
        "title": f"{_both(kind.noun)}: {_both(act.words)}",
        "description": _story(kind, act),
    }


def _of_party(kind: Kind, act: Act) -> Schema:
    role = kind.party_role(act.party) if act.party else None
    if role is None:
        return {}
    texts = {name: {"type": "string", "maxLength": party_values.LONGEST[name]} for name in role.fields}
    details = {
        **_object(texts, ()),
        "minProperties": 1,
        "description": f"{_both(role.words)}; sealed under its own key.",
    }
    known: Schema = {
        "party": {"type": "integer", "minimum": 1, "description": f"The number of the {_both(role.words)}."},
        "details": details,
        "consent": {"enum": list(party_values.CONSENTS)},
    }
    return {key: schema for key, schema in known.items() if key in party_values.KEYS[act.party_step or "adds"]}


def _object(data: Mapping[str, Any], needs: Iterable[str]) -> Schema:
    return {"type": "object", "required": list(needs), "additionalProperties": False, "properties": dict(data)}


def _story(kind: Kind, act: Act) -> str:
    where = ", ".join(act.from_stages)
    target = f"; the case is then {act.to}" if act.to else ""
    target += f"; the case is then {act.advance} or further" if act.advance else ""
    target += f"; it goes back to {act.returns} when no unit is left on it" if act.returns else ""
    target += f"; it begins a round: {act.begins}" if act.begins else ""
    target += f"; it ends the round: {act.ends}" if act.ends else ""
    target += f"; it opens a case of {act.opens.kind} at the same place" if act.opens else ""
    version = " It needs expected_version." if act.versioned else ""
    others = f" Not for whoever did {' or '.join(act.not_by)} on the case." if act.not_by else ""
    waits = f" It waits until its parts have ended: {', '.join(act.waits_for)}." if act.waits_for else ""
    only = f" Only when: {said(kind, act.when)}." if act.when else ""
    return f"Possible while the case is {where}, for {', '.join(act.roles)}{target}.{version}{others}{waits}{only}"


def _typed(kind: Kind) -> Schema:
    if not kind.types:
        return {}
    codes = [one.code for one in kind.types]
    return {"type": {"enum": codes, "description": meanings([(one.code, one.words) for one in kind.types])}}


def _field(field: Field) -> Schema:
    return {"title": _both(field.label), **house().field_types[field.type].schema(field)}


def _both(words: Words) -> str:
    return f"{words.en} {words.zh}"
