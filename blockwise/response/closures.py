"""Roads closed and opened by somebody who may, on the record under their name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.cases.values import unsealed
from blockwise.ledger import lines
from blockwise.ledger.lines import Entry
from blockwise.places import roads
from blockwise.places.actions import Record, close_roads, open_roads
from blockwise.places.given import Located
from blockwise.places.models import RoadClosure
from blockwise.places.queries import block_at
from blockwise.problems import NotFound


def close_at(
    found: Located, reason: str, actor: Actor, *, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> RoadClosure:
    """The road nearest to the point, both ways; from now on unless `starts_at` says otherwise."""
    policy.may_close_roads(actor, found.answer.block).require()
    [closure] = close_roads(
        [roads.edge_near(found.point.lon_e7, found.point.lat_e7)],
        starts_at=starts_at or clock.now(),
        ends_at=ends_at,
        reason=unsealed(reason, "reason"),
        record=_record(actor, found.answer.block),
    )
    return closure


def open_edge(edge: int, actor: Actor) -> None:
    """Ends the closures in force on the edge now. NotFound where there is none."""
    answer = block_at(*roads.middle_of(edge))
    block = answer.block if answer else ""
    policy.may_close_roads(actor, block).require()
    if not open_roads([edge], record=_record(actor, block)):
        raise NotFound(_("This road is not closed."), where="edge", fix=_("See /api/closures."))


def _record(actor: Actor, block: str) -> Record:
    def write(act: str, data: Mapping[str, Any]) -> None:
        lines.write([Entry(thread="system", act=act, actor=actor.id, block=block, data=data)])

    return write
