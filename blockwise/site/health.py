"""Is it well? /healthz: the process answers. /readyz: what it needs to work, each with a figure."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.http import HttpRequest, JsonResponse

from blockwise.cases.models import Heartbeat
from blockwise.clock import real_now
from blockwise.rooms import Check, Finding, house, seconds

from . import proving
from .lags import lags

DEAD_AFTER = timedelta(seconds=30)  # a worker that has not gone round
JOB_LATE = timedelta(minutes=1)
LEAST_DISK = 500_000_000  # bytes
ASKED_AGAIN = 2.0  # seconds for which an answer is kept: a probe writes to the database


def database() -> Finding:
    """Writes a row and takes it back."""
    with transaction.atomic():
        Heartbeat.objects.update_or_create(worker="probe", defaults={"beat_at": real_now()})
        transaction.set_rollback(True)
    return Finding("database", True, True, connection.vendor)


def worker() -> Finding:
    now = real_now()
    believed = Heartbeat.objects.filter(beat_at__lt=now + DEAD_AFTER)  # a later one is of a clock that was ahead
    beat = believed.aggregate(latest=Max("beat_at"))["latest"]
    age = now - beat if beat else None
    return Finding("worker", age is not None and age < DEAD_AFTER, True, seconds(age))


def jobs() -> Finding:
    """How far behind each of the worker's jobs is, those furthest behind first."""
    behind = sorted(lags().items(), key=lambda job: job[1], reverse=True)
    figure = ", ".join(f"{name} {seconds(lag)}" for name, lag in behind)
    return Finding("jobs", all(lag < JOB_LATE for _name, lag in behind), False, figure or "never")


def disk() -> Finding:
    free = shutil.disk_usage(settings.HOME).free
    return Finding("disk", free > LEAST_DISK, True, f"{free // 1_000_000} MB free")


def rows() -> Finding:
    """Whether the worker met a row, in the last day, that is not as the record says."""
    last = proving.last_unfit()
    return Finding("rows", last is None, False, last or "as the record says")


_lock = threading.Lock()
_kept: tuple[float, list[Finding]] = (-ASKED_AGAIN, [])


def findings() -> list[Finding]:
    """Everything that was looked at, at most ASKED_AGAIN seconds old."""
    global _kept
    with _lock:
        if time.monotonic() - _kept[0] > ASKED_AGAIN:
            _kept = (time.monotonic(), [_found(check) for check in house().checks()])
        return _kept[1]


def _found(check: Check) -> Finding:
    try:
        return check.find()
    except Exception as error:  # noqa: BLE001  (whatever fails: the answer says that it failed)
        return Finding(check.find.__name__, False, check.vital, type(error).__name__)


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    found = findings()
    ready = all(one.ok for one in found if one.vital)
    words = "ready" if all(one.ok for one in found) else "degraded" if ready else "not ready"
    checks = {one.name: asdict(one) for one in found}
    return JsonResponse({"status": words, "checks": checks}, status=200 if ready else 503)
