"""Where a replay may begin: behind everything that was played before, for its clock never runs backwards."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Max
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import REPLAY
from blockwise.cases.models import Case
from blockwise.ledger.models import ReplayClock
from blockwise.problems import Conflict


def played_until() -> datetime:
    """When the last call of an earlier run came in; long ago when there was none."""
    last = Case.objects.filter(kind="call", opened_by=REPLAY.id).aggregate(at=Max("opened_at"))["at"]
    return last or datetime.min.replace(tzinfo=UTC)


def demand_ahead(first: datetime) -> None:
    """Conflict unless calls from `first` on lie ahead of the replay's clock and of what was played."""
    stands = ReplayClock.objects.values_list("city_at", flat=True).first()
    played = played_until()
    until = max(played, stands or played)
    if first < until or first == played:
        what = _("These calls begin at {first:%Y-%m-%d %H:%M}; a replay has come to {until:%Y-%m-%d %H:%M} here.")
        fix = _("Play later ones, or load the city with --purpose replay into a database of its own.")
        raise Conflict(format_lazy(what, first=first, until=until), where="calls.parquet", fix=fix)
