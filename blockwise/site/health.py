"""Is it well? /healthz: the process answers. /readyz: what it needs to work, each with a figure."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.http import HttpRequest, JsonResponse

from blockwise.cases.models import Heartbeat
from blockwise.cases.outbox import oldest_waiting
from blockwise.clock import real_now
from blockwise.ledger import keys as master
from blockwise.ledger.models import Head, Line, Seal

DEAD_AFTER = timedelta(seconds=30)  # a worker that has not gone round
OLDEST_OUTBOX = timedelta(minutes=15)
OLDEST_UNSEALED = timedelta(minutes=5)
CLOCK_APART = timedelta(seconds=5)
LEAST_DISK = 500_000_000  # bytes
ASKED_AGAIN = 2.0  # seconds for which an answer is kept: a probe writes to the database


@dataclass(frozen=True)
class Finding:
    """`ok`: this is well. `vital`: when it is not, the server is not ready."""

    name: str
    ok: bool
    vital: bool
    figure: str


def database() -> Finding:
    """Writes a row and takes it back."""
    with transaction.atomic():
        Heartbeat.objects.update_or_create(worker="probe", defaults={"beat_at": real_now()})
        transaction.set_rollback(True)
    return Finding("database", True, True, connection.vendor)


def worker() -> Finding:
    beat = Heartbeat.objects.aggregate(latest=Max("beat_at"))["latest"]
    age = real_now() - beat if beat else None
    return Finding("worker", age is not None and age < DEAD_AFTER, True, _seconds(age))


def outbox() -> Finding:
    since = oldest_waiting()
    age = real_now() - since if since else timedelta()
    return Finding("outbox", age < OLDEST_OUTBOX, False, _seconds(age))


def seal() -> Finding:
    sealed = Seal.objects.aggregate(last=Max("last_line"))["last"] or 0
    first = Line.objects.filter(number__gt=sealed).order_by("number").values_list("recorded_at", flat=True).first()
    age = real_now() - first if first else timedelta()
    return Finding("seal", age < OLDEST_UNSEALED, False, _seconds(age))


def keys() -> Finding:
    """The master keys can be read; that all which the database needs are here was looked at before the start."""
    return Finding("keys", True, True, f"{len(master.keyring().keys)} master keys")


def disk() -> Finding:
    free = shutil.disk_usage(settings.HOME).free
    return Finding("disk", free > LEAST_DISK, True, f"{free // 1_000_000} MB free")


def clock() -> Finding:
    """The machine's time may not be behind the last line's, nor differ from the database server's."""
    apart = max(timedelta(), Head.objects.get(pk=1).recorded_at - real_now())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = max(apart, abs(cursor.fetchone()[0] - real_now()))
    return Finding("clock", apart < CLOCK_APART, True, _seconds(apart))


LOOKS: tuple[Callable[[], Finding], ...] = (database, worker, outbox, seal, keys, disk, clock)
_lock = threading.Lock()
_kept: tuple[float, list[Finding]] = (-ASKED_AGAIN, [])


def findings() -> list[Finding]:
    """Everything that was looked at, at most ASKED_AGAIN seconds old."""
    global _kept
    with _lock:
        if time.monotonic() - _kept[0] > ASKED_AGAIN:
            _kept = (time.monotonic(), [_looked(look) for look in LOOKS])
        return _kept[1]


def _looked(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Exception as error:  # noqa: BLE001  (whatever fails: the answer says that it failed)
        return Finding(look.__name__, False, True, type(error).__name__)


def _seconds(age: timedelta | None) -> str:
    return "never" if age is None else f"{age.total_seconds():.1f} s"


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    found = findings()
    ready = all(one.ok for one in found if one.vital)
    words = "ready" if all(one.ok for one in found) else "degraded" if ready else "not ready"
    checks = {one.name: asdict(one) for one in found}
    return JsonResponse({"status": words, "checks": checks}, status=200 if ready else 503)
