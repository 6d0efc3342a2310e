"""A new case out of what was parsed for its opening, not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockwise.access.actors import Actor
from blockwise.ledger import vault

from ..kinds.model import Act, Kind, Words
from ..models import Case
from ..rules.moments import Moment
from . import receipts
from .effects import Change
from .opening import Opening


def made(kind: Kind, opening: Opening, actor: Actor, moment: Moment, rule: str) -> Change:
    """The opening as a change: the case, what its line says, and what is sealed."""
    place = opening.place
    point = place.point or (None, None)
    case = Case(
        kind=kind.name,
        kind_text_id=kind.digest,
        stage=kind.open_stage,
        type=opening.type,
        priority=opening.priority,
        sensitive=opening.sensitive,
        channel=opening.channel,
        block_id=place.block,
        department=kind.department,
        place_kind=place.kind,
        place_found=place.found,
        lon_e7=point[0],
        lat_e7=point[1],
        fields=opening.values.kept,
        opened_by=actor.id,
        opened_at=moment.at,
    )
    opened = Act("open", Words("", ""), kind.open_sentence, kind.open_roles, (), to=kind.open_stage)
    change = Change(case, kind, opened, {}, actor, moment.at, line_data=dict(moment.said))
    change.line_data.update(
        kind=kind.name, text=kind.digest, stage=case.stage, type=case.type, priority=case.priority,
        channel=case.channel, place_kind=place.kind, place_found=place.found,
        block=case.block_id, fields=opening.values.kept, rule=rule,
    )  # fmt: skip
    if place.point:
        change.line_data["point"] = list(place.point)
    seal(change, {"place": place.exact, **receipts.made(kind), **opening.values.sealed})
    return change


def seal(change: Change, values: Mapping[str, Any]) -> None:
    """Let these be sealed under the case's key; its row and its line have their digests."""
    if values:
        change.sealed += [vault.salted(name, value) for name, value in values.items()]
        digests = {text.name: text.digest for text in change.sealed}
        change.line_data["sealed"] = digests
        change.case.sealed = {**change.case.sealed, **digests}
