"""How often: a bucket in this process for rates, a row in the database for what all processes count."""

from __future__ import annotations

import hashlib
import threading
import time
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import TooMany

from .models import Throttle

_BUCKETS: dict[str, tuple[float, float]] = {}  # key -> (tokens left, at)
_LOCK = threading.Lock()
_HIT = """
INSERT INTO access_throttle AS kept ("key", "window", "count") VALUES (%s, %s, 1)
ON CONFLICT ("key") DO UPDATE SET
  "count" = CASE WHEN kept."window" > %s THEN kept."count" + 1 ELSE 1 END,
  "window" = CASE WHEN kept."window" > %s THEN kept."window" ELSE excluded."window" END
RETURNING "count"
"""
_MOST = 10_000  # buckets kept; beyond that the full ones are dropped


def bucket(key: str, rate: float, *, burst: float | None = None) -> None:
    """Take one from the bucket `key`, which refills at `rate` a second up to `burst` (or `rate`).

    Raises TooMany when it is empty. It costs no query: each process has its own buckets.
    """
    full = rate if burst is None else burst
    now = time.monotonic()
    with _LOCK:
        left, at = _BUCKETS.get(key, (full, now))
        left = min(full, left + (now - at) * rate)
        if left < 1:
            _BUCKETS[key] = (left, now)
            raise _too_many((1 - left) / rate)
        _BUCKETS[key] = (left - 1, now)
        if len(_BUCKETS) > _MOST:
            _drop_old(now)


def forget() -> None:
    """Empty this process's buckets."""
    with _LOCK:
        _BUCKETS.clear()


def _drop_old(now: float) -> None:
    for key in [key for key, (_left, at) in _BUCKETS.items() if now - at > 60]:
        del _BUCKETS[key]
    if len(_BUCKETS) > _MOST:
        _BUCKETS.clear()


def hit(key: str, limit: int | None, window_s: int) -> int:
    """Count one more try of `key` in the present window, for all processes; the count is returned.

    One atomic statement on both engines. Raises TooMany past `limit` (None: only counted).
    """
    now = clock.real_now()
    moments = (now - timedelta(seconds=window_s), now)
    oldest, at = (connection.ops.adapt_datetimefield_value(moment) for moment in moments)
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [_hashed(key), at, oldest, oldest])
        tries = int(cursor.fetchone()[0])
    if limit is not None and tries > limit:
        raise _too_many(window_s)
    return tries


def check(key: str, limit: int, window_s: int) -> None:
    """Raise TooMany when `key` was already counted `limit` times in the present window; writes nothing."""
    since = clock.real_now() - timedelta(seconds=window_s)
    row = Throttle.objects.filter(key=_hashed(key), window__gt=since, count__gte=limit).first()
    if row is not None:
        raise _too_many((row.window - since).total_seconds())


def clear(*keys: str) -> None:
    Throttle.objects.filter(key__in=[_hashed(key) for key in keys]).delete()


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _too_many(seconds: float) -> TooMany:
    wait = max(1, round(seconds + 0.499))
    return TooMany(
        _("There were too many tries."),
        fix=_("Wait a moment and try again."),
        more={"retry_after": wait},
    )
