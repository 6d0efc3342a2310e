"""Many rows are deleted a round at a time: nobody waits longer than one takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

A_ROUND = 1_000  # rows deleted in one transaction


def in_rounds(rows: QuerySet[Any]) -> Iterator[int]:
    """Delete these rows; how many each round took."""
    while some := list(rows.values_list("pk", flat=True)[:A_ROUND]):
        yield rows.filter(pk__in=some).delete()[0]
