"""The types that fields of kinds may have, each with everything about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.rooms import FieldType, JsonSchema, Said

from ..kinds.model import Field, meanings
from . import attachments, checklists, values, wall
from .inputs import Choices, Input
from .later_types import LATER_TYPES

WALL = "ISO 8601. Without an offset it is what the city's clocks show; a time that they skip or show twice is refused."
OPEN_CODE = "A reference number, kept in the open: letters or a year, digits, dashes; no telephone or identity number."
SOURCES: Choices = (
    ("told", _("told by the caller")),
    ("device", _("the caller's device")),
    ("network", _("the telephone network")),
)
CONTACT_LABELS: Mapping[str, Promise] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "address": _("Address"),
    "language": _("Language"),
}
TWICE: Choices = (("0", _("the first time")), ("1", _("the second time")))
CONTACT: JsonSchema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "string", "maxLength": longest} for name, longest in values.CONTACT.items()},
    "description": "Sealed; shown again only for an open act that needs it, and every look is a line.",
}
POSITION: JsonSchema = {
    "type": "object",
    "required": ["lon", "lat", "source"],
    "additionalProperties": False,
    "properties": {
        "lon": {"type": "number", "minimum": -180, "maximum": 180, "description": "WGS84 degrees."},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "source": {"enum": list(values.POSITION_SOURCES)},
        "at": {"type": "string", "format": "date-time"},
    },
    "description": "Sealed: a single fix of the caller's own position.",
}

ATTACHMENT: JsonSchema = {
    "type": "array",
    "items": {"type": "string", "pattern": f"^{attachments.NAME.pattern}$"},
    "minItems": 1,
    "maxItems": attachments.MOST,
    "description": "Names of files that were sent with POST /api/cases/{case_id}/attachments, by whoever acts.",
}


def _text(longest: int, said: str = "Sealed.") -> JsonSchema:
    return {"type": "string", "maxLength": longest, "description": said}


def _choices(field: Field) -> JsonSchema:
    return {"enum": [code for code, _words in field.choices], "description": meanings(field.choices)}


def _bounds(field: Field) -> JsonSchema:
    low = -values.LARGEST_INTEGER if field.low is None else field.low
    high = values.LARGEST_INTEGER if field.high is None else field.high
    return {"type": "integer", "minimum": low, "maximum": high}


def _chosen(field: Field, value: Any) -> Any:
    return dict(field.choices).get(str(value), value)


def _without_choices(field: Field) -> Iterator[Said]:
    if not field.choices:
        yield "has no choices", "Nothing could be given", "Write choices"


def _out_of_order(field: Field) -> Iterator[Said]:
    if field.low is not None and field.high is not None and field.low > field.high:
        yield "has low above high", "No number would fit", "Swap them"


def _asked_at_opening(field: Field) -> Iterator[Said]:
    if field.opening:
        yield "is asked at opening", "A file is sent to a case that is there", "Write opening: false, let an act ask"


def _contact_parts(field: Field) -> Mapping[str, Any]:
    return {"parts": tuple(Input(f"{field.name}.{part}", CONTACT_LABELS[part], "line") for part in values.CONTACT)}


def _position_parts(field: Field) -> Mapping[str, Any]:
    return {
        "parts": (
            Input(f"{field.name}.lon", _("Longitude"), "line"),
            Input(f"{field.name}.lat", _("Latitude"), "line"),
            Input(f"{field.name}.source", _("Known from"), "choice", choices=SOURCES),
        )
    }


FIELD_TYPES = (
    FieldType(
        "line", _("one line, written freely"), values.line,
        lambda _field: _text(values.LONGEST_LINE, "One line, sealed."), sealed=True, free=True,
    ),
    FieldType(
        "text", _("text, written freely"), values.text, lambda _field: _text(values.LONGEST_TEXT),
        sealed=True, free=True,
    ),
    FieldType(
        "code", _("reference number"), values.code,
        lambda _field: {**_text(values.LONGEST_CODE, OPEN_CODE), "pattern": values.CODE},
    ),
    FieldType(
        "choice", _("choice"), values.choice, _choices, lambda field: {"choices": field.choices}, shown=_chosen,
        keys=frozenset({"choices"}), faults=_without_choices,
    ),
    FieldType(
        "integer", _("whole number"), values.integer, _bounds, lambda field: {"low": field.low, "high": field.high},
        keys=frozenset({"low", "high"}), faults=_out_of_order,
    ),
    FieldType(
        "boolean", _("yes or no"), values.boolean, lambda _field: {"type": "boolean"},
        shown=lambda _field, value: _("yes") if value else _("no"),
    ),
    FieldType("date", _("day"), values.day, lambda _field: {"type": "string", "format": "date"}),
    FieldType(
        "datetime", _("time"), values.datetime_,
        lambda _field: {"type": "string", "maxLength": 40, "description": WALL},
        lambda _field: {"choices": TWICE if wall.turns() else ()}, shown=lambda _field, value: wall.words(str(value)),
        typed=lambda field, value: {field.name: wall.words(str(value)).replace(" ", "T")},
        readable=lambda value: bool(wall.moment_of(value)),
    ),
    FieldType(
        "contact", _("contact"), values.contact, lambda _field: CONTACT, _contact_parts, sealed=True, looked=True,
    ),
    FieldType(
        "position", _("a caller's own position"), values.position, lambda _field: POSITION, _position_parts,
        sealed=True, looked=True,
    ),
    FieldType(
        "name", _("a person's name"), values.name, lambda _field: _text(values.CONTACT["name"]),
        sealed=True, looked=True,
    ),
    FieldType(
        attachments.TYPE, _("pictures, documents, sound"), attachments.parse_names, lambda _field: ATTACHMENT,
        sealed=True, apart=True, faults=_asked_at_opening, since=2,
    ),
    *LATER_TYPES,
    checklists.FIELD,
)  # fmt: skip
