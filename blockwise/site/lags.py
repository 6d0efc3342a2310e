"""How far behind the worker is: how long the oldest thing waits that each job should have done by now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from blockwise.cases.models import Heartbeat
from blockwise.clock import real_now
from blockwise.rooms import house

from .worker import BEAT

ALIVE = timedelta(seconds=30)  # a worker that has gone round within it


def lags() -> dict[str, timedelta]:
    """Every job's, in the order of their list, after the heartbeat's own; empty where no worker is alive.

    What is to be done stands in the database for some jobs. The others are as late as the worker's last heartbeat
    told; where several work, as the one that is least behind, because one does the job for all.
    """
    now = real_now()
    beats = list(Heartbeat.objects.filter(beat_at__gt=now - ALIVE, beat_at__lt=now + ALIVE))
    if not beats:
        return {}
    since = now - max(beat.beat_at for beat in beats) - timedelta(seconds=BEAT)
    told = {job.name: job.oldest() if job.oldest else _beaten(beats, job.name) for job in house().jobs.values()}
    return {name: max(timedelta(), lag) for name, lag in {"heartbeat": since, **told}.items()}


def _beaten(beats: Sequence[Heartbeat], name: str) -> timedelta:
    return timedelta(seconds=min(beat.late.get(name, 0.0) for beat in beats))
