"""What is given when a case is opened, parsed and located before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.places.given import Located, locate
from blockwise.problems import Invalid

from .kinds.model import Field, Kind
from .values import parse_asked, plain

PLACE_KINDS = ("dwelling", "premises", "street", "crossing", "open")
PLACE_KEYS = frozenset({"lon", "lat", "crs", "text", "kind"})
LONGEST_ADDRESS = 200
OWN_KEYS = frozenset({"type", "priority", "place", "channel"})


@dataclass(frozen=True)
class Place:
    """Where it is. The exact place is sealed; a row keeps the point only when nobody lives there."""

    located: Located
    kind: str
    text: str

    @property
    def point(self) -> tuple[int, int] | None:
        """The point that may stand outside the vault (1e-7 degree), or None for a dwelling."""
        point = self.located.point
        return None if self.kind == "dwelling" else (point.lon_e7, point.lat_e7)

    @property
    def exact(self) -> dict[str, Any]:
        """What the vault keeps."""
        point = self.located.point
        return {"lon_e7": point.lon_e7, "lat_e7": point.lat_e7, "text": self.text}


@dataclass(frozen=True)
class Given:
    """Parsed values of an opening or an act, split into what is kept in the open and what is sealed."""

    kept: dict[str, Any]
    sealed: dict[str, Any]


@dataclass(frozen=True)
class Opening:
    type: str
    priority: int
    sensitive: bool
    channel: str
    place: Place
    values: Given


def parse_opening(kind: Kind, data: Mapping[str, Any]) -> Opening:
    """The opening of a case of `kind`; Invalid names the first field that cannot be used."""
    asked = [field for field in kind.fields if field.opening]
    refuse_unknown(data, OWN_KEYS | {field.name for field in asked})
    code, priority, sensitive = parse_type(kind, data)
    needed = tuple(field.name for field in asked if field.required)
    optional = tuple(field.name for field in asked if not field.required)
    values = split(kind, parse_asked(kind, data, needed, optional))
    return Opening(code, priority, sensitive, _channel(kind, data), parse_place(data.get("place")), values)


def parse_type(kind: Kind, data: Mapping[str, Any]) -> tuple[str, int, bool]:
    """Type code, priority (given, else the type's) and whether such cases are sensitive."""
    if not kind.types:
        if data.get("type"):
            raise Invalid(_("This kind has no types."), where="type", fix=_("Leave it out."))
        return "", parse_priority(data.get("priority"), 3), kind.sensitive
    found = kind.type_coded(str(data.get("type", "")))
    if found is None:
        known = ", ".join(entry.code for entry in kind.types[:40])
        raise Invalid(_("This type is not known."), where="type", fix=_("Give one of: %s.") % known)
    return found.code, parse_priority(data.get("priority"), found.priority), kind.sensitive or found.sensitive


def parse_priority(value: object, otherwise: int) -> int:
    if value is None or value == "":
        return otherwise
    if isinstance(value, bool) or str(value) not in {"1", "2", "3", "4"}:
        raise Invalid(_("The priority must be 1, 2, 3 or 4."), where="priority", fix=_("1 is the highest."))
    return int(str(value))


def parse_place(value: object) -> Place:
    """A place {lon, lat, crs, text, kind}; whoever does not say what it is gets the careful reading: a dwelling."""
    if not isinstance(value, dict):
        raise Invalid(
            _("A place is needed."),
            where="place",
            fix=_("Choose a place that was found, or a point on the map (lon and lat)."),
        )
    refuse_unknown(value, PLACE_KEYS, "place.")
    kind = value.get("kind") or "dwelling"
    if kind not in PLACE_KINDS:
        fix = _("Give one of: %s.") % ", ".join(PLACE_KINDS)
        raise Invalid(_("This kind of place is not known."), where="place.kind", fix=fix)
    text = plain(value.get("text") or "", "place.text", LONGEST_ADDRESS)
    return Place(locate(value.get("lon"), value.get("lat"), value.get("crs") or "wgs84"), kind, text)


def split(kind: Kind, values: Mapping[str, Any]) -> Given:
    personal = {field.name for field in kind.fields if is_sealed(field)}
    return Given(
        {name: value for name, value in values.items() if name not in personal},
        {name: value for name, value in values.items() if name in personal},
    )


def is_sealed(field: Field) -> bool:
    return field.personal or field.type in {"text", "contact", "position", "name"}


def refuse_unknown(data: Mapping[str, Any], known: frozenset[str] | set[str], where: str = "") -> None:
    if unknown := sorted(str(key) for key in data.keys() - known):
        fix = _("Known here: %s.") % ", ".join(sorted(known))
        raise Invalid(_("This field is not known."), where=f"{where}{unknown[0]}"[:80], fix=fix)


def _channel(kind: Kind, data: Mapping[str, Any]) -> str:
    codes = [code for code, _words in kind.channels]
    channel = data.get("channel") or (codes[0] if codes else "")
    if codes and channel not in codes:
        raise Invalid(_("This channel is not known."), where="channel", fix=_("Give one of: %s.") % ", ".join(codes))
    if not codes and channel:
        raise Invalid(_("This kind has no channels."), where="channel", fix=_("Leave it out."))
    return str(channel)
