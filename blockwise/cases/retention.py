"""What a closed case holds in the vault is erased when it has been kept as long as its kind declares."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from blockwise.ledger import erase
from blockwise.ledger.models import DataKey

from .clocks import WORKER
from .kinds import registry
from .models import Case, KindText


def erase_ended(now: datetime) -> int:
    """Erase the closed cases whose time is over at `now`; how many. One that was opened again is kept."""
    done = 0
    for digest in KindText.objects.values_list("digest", flat=True):
        days = registry.parsed(digest).retention_days
        reason = f"kept {days} days after its end, as its kind declares"
        for case in list(_unerased().filter(kind_text=digest, closed_at__lt=now - timedelta(days=days))):
            done += erase.erase(case.thread, WORKER, reason) is not None
    return done


def _unerased() -> QuerySet[Case]:
    thread = Concat(Value("case:"), Cast(OuterRef("pk"), CharField()))
    return Case.objects.filter(Exists(DataKey.objects.filter(thread=thread, wrapped__isnull=False)), final=True)
