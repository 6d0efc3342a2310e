"""Whether the record is well: sealed, its keys there, the time to be believed."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from blockwise.clock import real_now
from blockwise.rooms import Finding, seconds

from . import clockwatch
from . import keys as master
from .models import ReplayClock
from .seals import unsealed_for

OLDEST_UNSEALED = timedelta(minutes=5)
CLOCK_APART = timedelta(seconds=5)


def seal() -> Finding:
    age = unsealed_for()
    return Finding("seal", age < OLDEST_UNSEALED, False, seconds(age))


def keys() -> Finding:
    """The master keys can be read; that all which the database needs are here was looked at before the start."""
    return Finding("keys", True, True, f"{len(master.keyring().keys)} master keys")


def clock() -> Finding:
    """The machine's time may not differ from the database server's; a replay's moves."""
    apart = timedelta()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            apart = abs(cursor.fetchone()[0] - real_now())
    stands = ReplayClock.objects.filter(speed=0).values_list("city_at", flat=True).first()
    if stands and apart < CLOCK_APART:
        return Finding("clock", False, False, f"the replay's clock stands at {stands:%Y-%m-%dT%H:%M:%SZ}")
    return Finding("clock", apart < CLOCK_APART, True, seconds(apart))


def time() -> Finding:
    """Calls are taken whatever the time; what goes by it waits while it is doubted."""
    found = clockwatch.look()
    return Finding("time", not found.doubt, False, found.words() or "believed")
