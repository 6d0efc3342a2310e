"""Roads closed and opened by somebody who may, on the record under their name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.policy import Answer
from blockwise.ledger import lines
from blockwise.ledger.lines import Entry
from blockwise.places import roads
from blockwise.places.actions import Record, close_roads, open_roads
from blockwise.places.given import Located
from blockwise.places.models import ClosureReason, Direction, RoadClosure
from blockwise.places.queries import block_at
from blockwise.places.segments import Segment, segments_near
from blockwise.problems import Invalid, NotFound

LONGEST: Final = timedelta(days=7)  # after that somebody looks again
CHOICE: Final = 3  # segments offered at a point


def segments_at(found: Located) -> list[Segment]:
    """What may be meant by a point, nearest first. Invalid where no road is near."""
    return segments_near(found.point.lon_e7, found.point.lat_e7, CHOICE)


def may_close(actor: Actor, edge: int) -> Answer:
    """Whether somebody may close and open a road: who answers for its middle."""
    return policy.may_close_roads(actor, _block(edge))


def close_at(
    found: Located,
    reason: str,
    actor: Actor,
    *,
    ends_at: datetime,
    starts_at: datetime | None = None,
    edge: int | None = None,
    direction: str = Direction.BOTH,
) -> RoadClosure:
    """The road nearest to the point, or another one near it; from now on unless `starts_at` says otherwise."""
    near = segments_at(found)
    segment = near[0] if edge is None else next((one for one in near if one.edge == edge), None)
    if segment is None:
        raise Invalid(_("This road is not near the point."), where="road", fix=_("Choose one of those offered."))
    may_close(actor, segment.edge).require()
    starts_at = starts_at or clock.now()
    _check(reason, direction, starts_at, ends_at)
    asked = {"edge": segment.edge, "direction": direction, "reason": reason, "starts_at": starts_at, "ends_at": ends_at}
    if there := RoadClosure.objects.filter(**asked).first():
        return there  # told twice, it is one
    [closure] = close_roads(
        [segment.edge],
        direction=Direction(direction),
        starts_at=starts_at,
        ends_at=ends_at,
        reason=ClosureReason(reason),
        record=_record(actor, _block(segment.edge)),
    )
    return closure


def _check(reason: str, direction: str, starts_at: datetime, ends_at: datetime) -> None:
    if reason not in ClosureReason:
        raise Invalid(_("A closure needs one of the declared reasons."), where="reason", fix=", ".join(ClosureReason))
    if direction not in Direction:
        raise Invalid(_("This is no direction."), where="direction", fix=", ".join(Direction))
    if ends_at <= clock.now():
        raise Invalid(_("This end is past."), where="ends_at", fix=_("Give a later end."))
    if ends_at - starts_at > LONGEST:
        what = _("A road is closed for at most %d days.") % LONGEST.days
        raise Invalid(what, where="ends_at", fix=_("Give an earlier end, and close it again when it is needed."))


def open_edge(edge: int, actor: Actor) -> None:
    """Ends now the closures on the edge, and takes back those to come. NotFound where there is none."""
    may_close(actor, edge).require()
    if not open_roads([edge], record=_record(actor, _block(edge))):
        raise NotFound(_("This road is not closed."), where="edge", fix=_("See /api/closures."))


def _block(edge: int) -> str:
    answer = block_at(*roads.middle_of(edge))
    return answer.block if answer else ""


def _record(actor: Actor, block: str) -> Record:
    def write(act: str, data: Mapping[str, Any]) -> None:
        lines.write([Entry(thread="system", act=act, actor=actor.id, block=block, data=data)])

    return write
