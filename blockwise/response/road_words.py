"""Roads and their closures in words: a segment by its street, a direction by its heading, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blockwise import clock
from blockwise.cases.rules.words import both
from blockwise.places.models import ClosureReason, Direction
from blockwise.places.roads import Closed
from blockwise.places.segments import Segment

TOWARDS: Final = (
    gettext_lazy("only towards the north"),
    gettext_lazy("only towards the north-east"),
    gettext_lazy("only towards the east"),
    gettext_lazy("only towards the south-east"),
    gettext_lazy("only towards the south"),
    gettext_lazy("only towards the south-west"),
    gettext_lazy("only towards the west"),
    gettext_lazy("only towards the north-west"),
)


def name_of(segment: Segment) -> str:
    """A segment in the reader's language, by its street and what crosses it at its ends."""
    street = str(both(*segment.name)) or _("unnamed road")
    crossing = [str(both(*end)) for end in dict.fromkeys(segment.ends) if any(end)]
    if len(crossing) > 1:
        return _("{street} between {one} and {other}").format(street=street, one=crossing[0], other=crossing[1])
    return _("{street} at {one}").format(street=street, one=crossing[0]) if crossing else street


def towards(bearing: float, direction: str) -> str:
    """A direction of an edge that runs so, in words; empty for both."""
    if direction == Direction.BOTH:
        return ""
    turned = bearing + (180 if direction == Direction.AGAINST else 0)
    return str(TOWARDS[round(turned / 45) % 8])


def words_of(closed: Closed) -> str:
    """Why, in which direction and until when, in the reader's language and the city's time."""
    start = _("from {time}").format(time=_time(closed.starts_at)) if closed.starts_at > clock.now() else ""
    end = _("until {time}").format(time=_time(closed.ends_at)) if closed.ends_at else ""
    reason = str(ClosureReason(closed.reason).label)
    return " · ".join(part for part in (reason, towards(closed.bearing, closed.direction), start, end) if part)


def _time(at: datetime) -> str:
    local = timezone.localtime(at)
    same = local.date() == timezone.localtime(clock.now()).date()
    return date_format(local, "H:i" if same else "m-d H:i")
