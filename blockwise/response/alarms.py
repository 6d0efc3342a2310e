"""What has to be heard at the desk, whatever its queue is narrowed to (static/js/alarms.js)."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q

from blockwise import clock
from blockwise.access.actors import Actor

from .queries import open_cases
from .waiting import AT_WORK, quiet

NEW = timedelta(minutes=5)  # what is late for longer was heard
MOST = 200  # cases


def alarms(actor: Actor) -> dict[str, list[int]]:
    """Ids of cases. `urgent`: priority 1 without a unit. `waits`: without a unit, and nobody was sent in time. `late`:
    another promise is late. What is late is told only while that is new, but for a priority 1 that waits."""
    now = clock.now()
    rows = open_cases(actor).annotate(held=ExpressionWrapper(AT_WORK | quiet(), output_field=BooleanField()))
    newly_late = Q(due_at__lt=now, due_at__gte=now - NEW)
    told = rows.filter(newly_late | Q(priority=1, held=False)).order_by("priority", "-opened_at")
    found: dict[str, list[int]] = {"urgent": [], "waits": [], "late": []}
    for pk, priority, due_at, held in told.values_list("pk", "priority", "due_at", "held")[:MOST]:
        late = due_at is not None and due_at < now
        if priority == 1 and not held:
            found["urgent"].append(pk)
        if late:
            found["late" if held else "waits"].append(pk)
    return found
