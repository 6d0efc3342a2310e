"""What the API's document says of a kind: JSON Schema of an opening and of each act, out of the declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .effects import needed, schemas
from .kinds.model import Act, Field, Kind, Words
from .opening import LONGEST_ADDRESS, PLACE_KINDS
from .values import CONTACT, LARGEST_INTEGER, LONGEST_LINE, LONGEST_TEXT, POSITION_SOURCES

Schema = dict[str, Any]

PLACE: Schema = {
    "type": "object",
    "description": "Where it is. The exact place is sealed; of a dwelling nothing but its block stands in the open.",
    "required": ["lon", "lat"],
    "additionalProperties": False,
    "properties": {
        "lon": {"type": "number", "minimum": -180, "maximum": 180, "description": "Degrees, in `crs`."},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "crs": {"enum": ["wgs84", "gcj02", "bd09"], "default": "wgs84"},
        "text": {"type": "string", "maxLength": LONGEST_ADDRESS, "description": "The address in words."},
        "kind": {"enum": list(PLACE_KINDS), "default": PLACE_KINDS[0]},
    },
}
PRIORITY: Schema = {"type": "integer", "minimum": 1, "maximum": 4, "description": "1 is the highest."}
OPEN_LINE = "Kept in the open: identity numbers, phone numbers and number plates are refused."


def opening(kind: Kind) -> Schema:
    """The body of POST /api/cases for this kind."""
    asked = [field for field in kind.fields if field.opening]
    data = {"place": PLACE, **_typed(kind), "priority": {**PRIORITY, "description": "The type's own when left out."}}
    if kind.channels:
        codes = [code for code, _words in kind.channels]
        data["channel"] = {"enum": codes, "default": codes[0], "description": _meanings(kind.channels)}
    data |= {field.name: _field(field) for field in asked}
    needs = ["place", *(["type"] if kind.types else []), *(field.name for field in asked if field.required)]
    return {
        "type": "object",
        "title": _both(kind.title),
        "required": ["kind", "data"],
        "additionalProperties": False,
        "properties": {
            "kind": {"const": kind.name, "type": "string"},
            "data": _object(data, needs),
            "happened_at": {"type": "string", "format": "date-time", "maxLength": 40},
        },
    }


def acting(kind: Kind, act: Act) -> Schema:
    """The `data` of this act, as POST /api/cases/{case_id}/acts/{act} takes it."""
    data = {field.name: _field(field) for field in kind.fields if field.name in (*act.asks, *act.may_ask)}
    data |= {key: dict(schema) for key, schema in schemas(act.effects).items()}
    needs = [*act.asks, *needed(act.effects)]
    if act.retypes:
        data |= {**_typed(kind), "priority": PRIORITY, "place": PLACE}
    if act.outcome:
        data["outcome"] = {"enum": [code for code, _words in kind.outcomes], "description": _meanings(kind.outcomes)}
        needs.append("outcome")
    if act.merge == "into":
        data["primary"] = {"type": "integer", "minimum": 1, "description": "The case that this one repeats."}
        needs.append("primary")
    return {
        **_object(data, needs),
        "title": f"{_both(kind.noun)}: {_both(act.words)}",
        "description": _story(kind, act),
    }


def _object(data: Mapping[str, Any], needs: Iterable[str]) -> Schema:
    return {"type": "object", "required": list(needs), "additionalProperties": False, "properties": dict(data)}


def _story(kind: Kind, act: Act) -> str:
    where = ", ".join(act.from_stages)
    target = f"; the case is then {act.to}" if act.to else ""
    target += f"; the case is then {act.advance} or further" if act.advance else ""
    version = " It needs expected_version." if act.versioned else ""
    return f"Possible while the case is {where}, for {', '.join(act.roles)}{target}.{version}"


def _typed(kind: Kind) -> Schema:
    if not kind.types:
        return {}
    codes = [one.code for one in kind.types]
    return {"type": {"enum": codes, "description": _meanings([(one.code, one.words) for one in kind.types])}}


def _field(field: Field) -> Schema:
    return {"title": _both(field.label), **_FIELDS[field.type](field)}


def _integer(field: Field) -> Schema:
    low = -LARGEST_INTEGER if field.low is None else field.low
    high = LARGEST_INTEGER if field.high is None else field.high
    return {"type": "integer", "minimum": low, "maximum": high}


def _choice(field: Field) -> Schema:
    return {"enum": [code for code, _words in field.choices], "description": _meanings(field.choices)}


_CONTACT: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "string", "maxLength": longest} for name, longest in CONTACT.items()},
    "description": "Sealed; shown again only for an open act that needs it, and every look is a line.",
}
_POSITION: Schema = {
    "type": "object",
    "required": ["lon", "lat", "source"],
    "additionalProperties": False,
    "properties": {
        "lon": {"type": "number", "minimum": -180, "maximum": 180, "description": "WGS84 degrees."},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "source": {"enum": list(POSITION_SOURCES)},
        "at": {"type": "string", "format": "date-time"},
    },
    "description": "Sealed: a single fix of the caller's own position.",
}
_FIELDS: dict[str, Callable[[Field], Schema]] = {
    "line": lambda _field: {"type": "string", "maxLength": LONGEST_LINE, "description": OPEN_LINE},
    "text": lambda _field: {"type": "string", "maxLength": LONGEST_TEXT, "description": "Sealed."},
    "name": lambda _field: {"type": "string", "maxLength": CONTACT["name"], "description": "Sealed."},
    "choice": _choice,
    "integer": _integer,
    "boolean": lambda _field: {"type": "boolean"},
    "date": lambda _field: {"type": "string", "format": "date"},
    "datetime": lambda _field: {"type": "string", "format": "date-time"},
    "contact": lambda _field: _CONTACT,
    "position": lambda _field: _POSITION,
}


def _both(words: Words) -> str:
    return f"{words.en} {words.zh}"


def _meanings(known: Iterable[tuple[str, Words]]) -> str:
    return "; ".join(f"{code}: {_both(words)}" for code, words in known)
