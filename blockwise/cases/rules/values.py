"""What somebody gave for a kind's fields, parsed at the edge: JSON without floats, or a refusal naming the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.places.coordinates import PointError, parse_point
from blockwise.problems import Invalid
from blockwise.rooms import house

from .. import personal
from ..kinds.model import Field, Kind
from . import wall

LONGEST_TEXT = 5_000
LONGEST_LINE = 200
LONGEST_CODE = 40
# A letter or a year comes first, so that no telephone number is one.
CODE = r"^(?:[A-Za-z]{1,4}-?[0-9]+|(?:19|20)[0-9]{2,})(?:-[A-Za-z]{0,2}[0-9]+)*$"
LARGEST_INTEGER = 1_000_000_000
FAR = timedelta(days=366 * 10)
FAST = timedelta(minutes=15)  # as far as a clock that is ahead is absorbed; beyond, it is a wrong zone or day
CONTACT = {"name": 80, "phone": 32, "address": 200, "language": 20}
POSITION_SOURCES = ("network", "device", "told")
_UNPRINTABLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\ud800-\udfff\ufffe\uffff]")


def plain(value: object, where: str, longest: int, *, lines: bool = False) -> str:
    """A text without control characters and lone surrogates, NFC, stripped; Invalid beyond `longest` characters."""
    if not isinstance(value, str):
        raise Invalid(_("This must be text."), where=where)
    if _UNPRINTABLE.search(value) or (not lines and "\n" in value):
        raise Invalid(_("The text holds characters that cannot be shown."), where=where, fix=_("Remove them."))
    text = unicodedata.normalize("NFC", value).strip()
    if len(text) > longest:
        fix = _("Give at most %(longest)d characters.") % {"longest": longest}
        raise Invalid(_("The text is too long."), where=where, fix=fix)
    return text


def unsealed(value: object, where: str, longest: int = LONGEST_LINE) -> str:
    """A text that is kept outside the vault: refused when it would identify a person."""
    text = plain(value, where, longest)
    if seen := personal.found_in(text):
        raise Invalid(_("This looks like %(what)s.") % {"what": seen.what}, where=where, fix=seen.instead)
    return text


def moment(value: object, where: str) -> datetime:
    """An aware time within ten years before and a day after now (city time), in UTC."""
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        fix = _("Give it like 2026-05-01T08:30:00+08:00, with its zone.")
        raise Invalid(_("This is not a time with a zone."), where=where, fix=fix)
    now = clock.now()
    if not now - FAR <= parsed <= now + FAR:
        raise Invalid(_("This time is too far from now."), where=where, fix=_("Check the year and the zone."))
    return parsed.astimezone(UTC)


def claimed(value: object, where: str = "happened_at") -> datetime:
    """When something is claimed to have happened: as `moment`, and not in the future. A clock that is a little fast is
    absorbed (moments.py)."""
    parsed = moment(value, where)
    if parsed > clock.now() + FAST:
        raise Invalid(_("This time is in the future."), where=where, fix=_("Check the zone it was written in."))
    return parsed


def iso(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(field: Field, value: object) -> Any:
    """The field's value as JSON without floats; Invalid names the field."""
    return house().field_types[field.type].parse(field, value)


def parse_asked(kind: Kind, given: Mapping[str, Any], asked: tuple[str, ...], may: tuple[str, ...]) -> dict[str, Any]:
    """The declared fields found in `given`, parsed; Invalid when one of `asked` is missing."""
    values: dict[str, Any] = {}
    for name in (*asked, *may):
        field = kind.field_named(name)
        if field is None:
            continue
        raw = given.get(name)
        if raw is None or raw in ("", []):
            if name in asked:
                raise Invalid(_("This is needed: %(field)s.") % {"field": field.label}, where=name)
            continue
        values[name] = parse(field, raw)
        if kind.lies_ahead(name):
            refuse_past(field, values[name])
    return values


def refuse_past(field: Field, value: str) -> None:
    """A promise cannot be made for a time that is over, or a day that is over where the city is."""
    if field.type == "datetime":
        if datetime.fromisoformat(value) <= clock.now():
            what = _("This time is over: %(field)s.") % {"field": field.label}
            raise Invalid(what, where=field.name, fix=_("Give a later time."))
        return
    if date.fromisoformat(value) < wall.shown(clock.now()).date():
        fix = _("Give today or a later day.")
        raise Invalid(_("This day is over: %(field)s.") % {"field": field.label}, where=field.name, fix=fix)


def line(field: Field, value: object) -> str:
    return plain(value, field.name, LONGEST_LINE)


def text(field: Field, value: object) -> str:
    return plain(value, field.name, LONGEST_TEXT, lines=True)


def name(field: Field, value: object) -> str:
    return plain(value, field.name, CONTACT["name"])


def boolean(field: Field, value: object) -> bool:
    return truth(value, field.name)


def code(field: Field, value: object) -> str:
    """A reference number: kept in the open, so that neither a sentence nor a name fits into it."""
    text = unsealed(value, field.name, LONGEST_CODE)
    if not re.fullmatch(CODE, text, re.ASCII):
        fix = _("Give letters or a year, digits and dashes, like R-2026-0117.")
        raise Invalid(_("This is not a reference number."), where=field.name, fix=fix)
    unsealed(text.replace("-", ""), field.name, LONGEST_CODE)
    return text


def choice(field: Field, value: object) -> str:
    if value not in [code for code, _words in field.choices]:
        known = ", ".join(code for code, _words in field.choices)
        raise Invalid(_("This is not one of the choices."), where=field.name, fix=_("Give one of: %s.") % known)
    return str(value)


def whole_number(value: object) -> int | None:
    """A whole number as a program or a form gives it; None where it is none."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip(), re.ASCII):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def integer(field: Field, value: object) -> int:
    value = whole_number(value)
    if value is None:
        raise Invalid(_("This must be a whole number."), where=field.name)
    low = -LARGEST_INTEGER if field.low is None else field.low
    high = LARGEST_INTEGER if field.high is None else field.high
    if not low <= value <= high:
        fix = _("Give a number from %(low)d to %(high)d.") % {"low": low, "high": high}
        raise Invalid(_("The number is out of range."), where=field.name, fix=fix)
    return value


def truth(value: object, where: str) -> bool:
    """True or false as JSON or a form gives it; left out is false."""
    if value in (None, ""):
        return False
    if value in (True, "true", "on", "1"):
        return True
    if value in (False, "false", "off", "0"):
        return False
    raise Invalid(_("This must be true or false."), where=where)


def day(field: Field, value: object) -> str:
    return day_at(value, field.name)


def day_at(value: object, where: str) -> str:
    try:
        parsed = date.fromisoformat(str(value))
    except ValueError as error:
        fix = _("Give it like 2026-05-01.")
        raise Invalid(_("This is not a date."), where=where, fix=fix) from error
    if abs(parsed - clock.now().date()) > FAR:
        raise Invalid(_("This date is too far from now."), where=where, fix=_("Check the year."))
    return parsed.isoformat()


def datetime_(field: Field, value: object) -> str:
    return iso(wall_time(value, field.name))


def wall_time(value: object, where: str) -> datetime:
    """A moment; without an offset it is what the city's clocks show, which must be one moment and no other."""
    text = str(value).strip()
    try:
        parsed = datetime.fromisoformat(text) if re.search(r"[T ]\d\d", text) else None
        only = parsed if parsed is None or parsed.tzinfo else _only(parsed, where)
    except (ValueError, OverflowError):
        only = None
    if only is None:
        fix = _("Give it like 2026-05-01T08:30, as the city's clocks show it.")
        raise Invalid(_("This is not a time."), where=where, fix=fix)
    return moment(only, where)


def _only(shown: datetime, where: str) -> datetime:
    found = wall.moments(shown)
    if not found:
        fix = _("Give %(time)s, or another time.") % {"time": wall.after_the_gap(shown).strftime("%H:%M")}
        raise Invalid(_("The clocks are set forward then and skip this time."), where=where, fix=fix)
    if len(found) > 1:
        first, second = (one.isoformat(timespec="minutes") for one in found)
        fix = _("Say which: %(first)s or %(second)s.") % {"first": first, "second": second}
        plain = _("Say which: the first or the second time.")
        what = _("The clocks are set back then and show this time twice.")
        raise Invalid(what, where=where, fix=fix, plain=plain, more={"times": [first, second]})
    return found[0]


def contact(field: Field, value: object) -> dict[str, str]:
    given = _object(field, value, frozenset(CONTACT))
    texts = {key: plain(text, f"{field.name}.{key}", CONTACT[key]) for key, text in given.items() if text is not None}
    return {key: text for key, text in texts.items() if text}


def position(field: Field, value: object) -> dict[str, Any]:
    given = _object(field, value, frozenset({"lon", "lat", "source", "at"}))
    try:
        point = parse_point(given.get("lon"), given.get("lat"))
    except PointError as error:
        raise Invalid(str(error), where=field.name) from error
    if given.get("source") not in POSITION_SOURCES:
        fix = _("Give one of: %s.") % ", ".join(POSITION_SOURCES)
        raise Invalid(_("Say where the position came from."), where=f"{field.name}.source", fix=fix)
    at = moment(given["at"], f"{field.name}.at") if given.get("at") else clock.now()
    return {"lon_e7": point.lon_e7, "lat_e7": point.lat_e7, "source": given["source"], "at": iso(at)}


def _object(field: Field, value: object, keys: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not keys >= value.keys():
        fix = _("Give an object with: %s.") % ", ".join(sorted(keys))
        raise Invalid(_("This is not understood."), where=field.name, fix=fix)
    return value
