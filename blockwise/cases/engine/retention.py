"""What a closed case holds in the vault is erased when it has been kept as long as its kind declares.

It is kept from the moment its end was received: a time that is only claimed brings no erasure nearer. Every case is
looked at again inside the transaction that erases it, because one may have been opened again meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from blockwise.ledger import erase
from blockwise.ledger.models import DataKey

from ..kinds import registry
from ..models import Case, KindText
from .clocks import WORKER


def erase_ended(now: datetime) -> int:
    """Erase the closed cases whose time is over at `now`; how many."""
    return sum(erasures(now))


def erasures(now: datetime) -> Iterator[int]:
    """The same case by case: whether each was erased."""
    for digest in list(KindText.objects.values_list("digest", flat=True)):
        yield from _erasures(digest, now)


def due(now: datetime) -> int:
    """How many `erase_ended` would erase."""
    return sum(_unerased(_over(digest, now)).count() for digest in KindText.objects.values_list("digest", flat=True))


def _over(digest: str, now: datetime) -> QuerySet[Case]:
    kind = registry.parsed(digest)
    if kind.unreadable:  # nobody knows how long
        return Case.objects.none()
    before = now - timedelta(days=kind.retention_days)
    return Case.objects.filter(kind_text=digest, final=True, end_received_at__lt=before)


def _erasures(digest: str, now: datetime) -> Iterator[int]:
    reason = f"kept {registry.parsed(digest).retention_days} days after its end, as its kind declares"
    over = _over(digest, now)
    for case in list(_unerased(over).order_by("pk")):
        again = over.filter(pk=case.pk).select_for_update()
        yield int(erase.erase(case.thread, WORKER, reason, still=again.exists) is not None)


def _unerased(cases: QuerySet[Case]) -> QuerySet[Case]:
    thread = Concat(Value("case:"), Cast(OuterRef("pk"), CharField()))
    return cases.filter(Exists(DataKey.objects.filter(thread=thread, wrapped__isnull=False)))
