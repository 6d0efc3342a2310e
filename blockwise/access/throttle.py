"""How often: a bucket in this process for rates, a row in the database for what all processes count."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

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
  "count" = CASE WHEN kept."window" > %s AND kept."window" < %s THEN kept."count" + 1 ELSE 1 END,
  "window" = CASE WHEN kept."window" > %s AND kept."window" < %s THEN kept."window" ELSE excluded."window" END
RETURNING "count"
"""
_MARK = """
INSERT INTO access_throttle AS kept ("key", "window", "count") VALUES (%s, %s, 1)
ON CONFLICT ("key") DO UPDATE SET
  "count" = CASE WHEN kept."window" > %s AND kept."window" < %s THEN kept."count" + 1 ELSE 1 END,
  "window" = excluded."window"
RETURNING "count"
"""
_AHEAD = timedelta(minutes=1)  # by which processes' clocks may differ; a later window is of a clock that was ahead
_MOST = 10_000  # buckets kept; beyond that the full ones are dropped


@dataclass(frozen=True)
class Slowing:
    """So many wrong tries are free; each further one doubles the wait after it, from a second to the longest."""

    free: int
    longest: int  # seconds

    def after(self, tries: int) -> int:
        """Seconds to wait after the last of so many tries."""
        return 0 if tries < self.free else min(self.longest, 2 ** min(tries - self.free, 30))


def of_factor(user_id: int) -> str:
    """Under which wrong second factors of a person are counted."""
    return f"factor:{user_id}"


def network_of(address: str) -> str:
    """Whose an address is, as far as it tells: an IPv4 address, or the /64 of an IPv6 one, of which one has many."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))
    return str(found)


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
    moments = (now - timedelta(seconds=window_s), now, now + _AHEAD)
    oldest, at, newest = (connection.ops.adapt_datetimefield_value(moment) for moment in moments)
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [_hashed(key), at, oldest, newest, oldest, newest])
        tries = int(cursor.fetchone()[0])
    if limit is not None and tries > limit:
        raise _too_many(window_s)
    return tries


def check(key: str, limit: int, window_s: int) -> None:
    """Raise TooMany when `key` was already counted `limit` times in the present window; writes nothing."""
    now = clock.real_now()
    since, until = now - timedelta(seconds=window_s), now + _AHEAD
    row = Throttle.objects.filter(key=_hashed(key), window__gt=since, window__lt=until, count__gte=limit).first()
    if row is not None:
        raise _too_many((row.window - since).total_seconds())


def mark(key: str, forget_s: int) -> int:
    """Count one more of `key` and keep when it was; how many there were with no more than `forget_s` between them."""
    now = clock.real_now()
    moments = (now, now - timedelta(seconds=forget_s), now + _AHEAD)
    at, oldest, newest = (connection.ops.adapt_datetimefield_value(moment) for moment in moments)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [_hashed(key), at, oldest, newest])
        return int(cursor.fetchone()[0])


def marked(key: str, forget_s: int) -> bool:
    """Whether `key` was marked in the last `forget_s`."""
    return _row(key, clock.real_now(), forget_s) is not None


def slow(key: str, slowing: Slowing, forget_s: int) -> None:
    """Raise TooMany while the last mark of `key` is to be waited after; writes nothing, so that waiting is no try."""
    now = clock.real_now()
    row = _row(key, now, forget_s)
    left = slowing.after(row.count) - (now - row.window).total_seconds() if row else 0
    if left > 0:
        raise _too_many(left)


def _row(key: str, now: datetime, forget_s: int) -> Throttle | None:
    since, until = now - timedelta(seconds=forget_s), now + _AHEAD
    return Throttle.objects.filter(key=_hashed(key), window__gt=since, window__lt=until).first()


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
