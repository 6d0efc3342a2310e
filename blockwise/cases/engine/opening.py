"""What is given when a case is opened, parsed and located before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.places.given import Located, locate, standing
from blockwise.problems import Invalid

from ..kinds.grading import graded
from ..kinds.model import Kind, PlaceMode
from ..rules.answers import of_opening
from ..rules.placing import FOUND, UNPLACED
from ..rules.values import plain

PLACE_KINDS = ("dwelling", "premises", "street", "crossing", "open")
UNKNOWN = "unknown"  # the kind of a place that is not known yet
PLACE_KEYS = frozenset({"lon", "lat", "crs", "text", "kind", "found", "said", "block"})
LONGEST_ADDRESS = 200
OWN_KEYS = frozenset({"type", "priority", "place", "channel"})


@dataclass(frozen=True)
class Place:
    """Where it is. The exact place is sealed; a row keeps the point only when nobody lives there."""

    located: Located | None  # None: not known yet
    block: str  # that answers
    kind: str
    text: str
    found: str = ""  # one of placing.FOUND; empty: not said
    said: str = ""  # the caller's own words, where others stand for them

    @property
    def point(self) -> tuple[int, int] | None:
        """The point that may stand outside the vault (1e-7 degree); None for a dwelling, and where there is none."""
        if self.located is None or self.kind == "dwelling":
            return None
        return self.located.point.lon_e7, self.located.point.lat_e7

    @property
    def exact(self) -> dict[str, Any]:
        """What the vault keeps; lon_e7 and lat_e7 are None where there is no point yet."""
        point = self.located.point if self.located else None
        said = {"said": self.said} if self.said else {}
        at = {"lon_e7": point.lon_e7, "lat_e7": point.lat_e7} if point else {"lon_e7": None, "lat_e7": None}
        return {**at, "text": self.text, **said}


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


def parse_opening(kind: Kind, data: Mapping[str, Any], home: str = "") -> Opening:
    """The opening of a case of `kind`; Invalid names the first field that cannot be used. `home` as in parse_place."""
    asked = [field for field in kind.fields if field.opening]
    refuse_unknown(data, OWN_KEYS | {field.name for field in asked})
    code, priority, sensitive = parse_type(kind, data)
    values = split(kind, graded(kind, of_opening(kind, data, code)))
    return Opening(
        code, priority, sensitive, _channel(kind, data), parse_place(data.get("place"), home, kind.place), values
    )


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


def parse_place(value: object, home: str = "", mode: PlaceMode = "point") -> Place:
    """A place {lon, lat, crs, text, kind}; whoever does not say what it is gets the careful reading: a dwelling.

    `home`: the block that answers while there is no place yet (found: none), or where there never is one; empty where
    the kind needs a place. `mode`: what the kind's cases have (model.py).
    """
    if mode == "none":
        return _without(value, home)
    if not isinstance(value, dict):
        raise Invalid(_("A place is needed."), where="place", fix=_way_out(home))
    if mode == "block":
        return _block_alone(value)
    refuse_unknown(value, PLACE_KEYS, "place.")
    found = _found(value.get("found"))
    text = plain(_unless_left_out(value.get("text"), ""), "place.text", LONGEST_ADDRESS)
    said = plain(_unless_left_out(value.get("said"), ""), "place.said", LONGEST_ADDRESS)
    block = _unless_left_out(value.get("block"), "")
    if found == UNPLACED:
        _refuse_point(value, home)
        return Place(
            None, standing(block, where="place.block") if block not in ("", home) else home, UNKNOWN, text, found, said
        )
    if block:
        itself = _("Leave it out: the place says which block answers.")
        raise Invalid(_("A block is given for a place that is known."), where="place.block", fix=itself)
    kind = _unless_left_out(value.get("kind"), "premises" if mode == "premises" else "dwelling")
    if mode == "premises" and kind != mode:
        way_out = _("Leave it out, or give premises.")
        raise Invalid(_("Such a case is about premises."), where="place.kind", fix=way_out)
    if not isinstance(kind, str) or kind not in PLACE_KINDS:
        fix = _("Give one of: %s.") % ", ".join(PLACE_KINDS)
        raise Invalid(_("This kind of place is not known."), where="place.kind", fix=fix)
    located = locate(value.get("lon"), value.get("lat"), _unless_left_out(value.get("crs"), "wgs84"))
    return Place(located, located.answer.block, kind, text, found, said)


def _without(value: object, home: str) -> Place:
    if value not in (None, "", {}):
        raise Invalid(_("Such a case has no place."), where="place", fix=_("Leave it out."))
    return Place(None, home, UNKNOWN, "")


def _block_alone(value: Mapping[str, Any]) -> Place:
    refuse_unknown(value, {"block", "text"}, "place.")
    text = plain(_unless_left_out(value.get("text"), ""), "place.text", LONGEST_ADDRESS)
    return Place(None, standing(value.get("block"), where="place.block"), UNKNOWN, text)


def _way_out(home: str) -> Promise:
    if home:
        return _("Choose a place that was found, a point on the map, or that there is no place yet.")
    return _("Choose a place that was found, or a point on the map.")


def _refuse_point(value: Mapping[str, Any], home: str) -> None:
    """`found: none` is for a kind that waits for a place, and for a place without a point."""
    if not home:
        raise Invalid(_("A place is needed."), where="place", fix=_way_out(home))
    if given := next((name for name in ("lon", "lat") if value.get(name) not in (None, "")), ""):
        fix = _("Leave out the point, or say how the place was found.")
        what = _("There is a point, and it is said that there is no place yet.")
        raise Invalid(what, where=f"place.{given}", fix=fix)


def _found(value: object) -> str:
    found = _unless_left_out(value, "")
    if not isinstance(found, str) or (found and found not in FOUND):
        fix = _("Give one of: %s.") % ", ".join(FOUND)
        raise Invalid(_("This is no way in which a place is found."), where="place.found", fix=fix)
    return found


def split(kind: Kind, values: Mapping[str, Any]) -> Given:
    personal = {field.name for field in kind.fields if field.personal}
    return Given(
        {name: value for name, value in values.items() if name not in personal},
        {name: value for name, value in values.items() if name in personal},
    )


def refuse_unknown(data: Mapping[str, Any], known: frozenset[str] | set[str], where: str = "") -> None:
    if unknown := sorted(str(key) for key in data.keys() - known):
        fix = _("Known here: %s.") % ", ".join(sorted(known))
        raise Invalid(_("This field is not known."), where=f"{where}{unknown[0]}"[:80], fix=fix)


def _channel(kind: Kind, data: Mapping[str, Any]) -> str:
    codes = [code for code, _words in kind.channels]
    channel = _unless_left_out(data.get("channel"), codes[0] if codes else "")
    if codes and channel not in codes:
        raise Invalid(_("This channel is not known."), where="channel", fix=_("Give one of: %s.") % ", ".join(codes))
    if not codes and channel:
        raise Invalid(_("This kind has no channels."), where="channel", fix=_("Leave it out."))
    return str(channel)


def _unless_left_out(value: object, otherwise: str) -> object:
    """None and the empty text say nothing; 0, [] and {} are wrong and are not passed over."""
    return otherwise if value is None or value == "" else value
