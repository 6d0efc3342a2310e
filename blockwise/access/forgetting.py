"""What nobody needs any more goes, a round at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from blockwise import clock
from blockwise.ledger.rounds import in_rounds

from .models import Session, Throttle
from .signing_in import KNOWN_S

KEPT = timedelta(seconds=KNOWN_S)


def throttles() -> Iterator[int]:
    return in_rounds(Throttle.objects.filter(window__lt=clock.real_now() - KEPT))


def sessions() -> Iterator[int]:
    return in_rounds(Session.objects.filter(expire_date__lt=clock.real_now()))
