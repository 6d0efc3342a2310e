"""When an act is held to have happened: as it is claimed, inside what the record supports; outside, at the nearer edge.

The record supports no act before its case was opened, and none after it was received. A phone whose clock is a few
minutes fast is absorbed so, and the line says where it is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blockwise.clock import written
from blockwise.ledger.canonical import JSON

Edge = Literal["", "opening", "received"]


@dataclass(frozen=True)
class Moment:
    at: datetime  # by which clocks go
    claim: datetime | None = None
    edge: Edge = ""  # where it is held, when not as claimed

    @property
    def said(self) -> dict[str, JSON]:
        """What the line says beside the claim; nothing where that is believed."""
        return {"held": {"at": written(self.at), "by": self.edge}} if self.edge else {}


def supported(claim: datetime | None, received: datetime, opened: datetime | None = None) -> Moment:
    """`opened`: when its case was; a time beyond the receipt is of another clock and bounds nothing."""
    if claim is None or claim > received:
        return Moment(received, claim, "received" if claim else "")
    if opened and claim < opened <= received:
        return Moment(opened, claim, "opening")
    return Moment(claim, claim)
