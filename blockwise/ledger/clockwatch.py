"""Is the machine's time to be believed? It is held against the record and against a clock that nobody can set.

What goes by the time (retention, shifts, escalation, what is forgotten or unlocked after a while) asks first. Nothing
here keeps a call from being taken. What is doubted stays so until an operator says which time is true.

A silence is the time for which nothing ran; it explains a clock that is ahead by as much. While a process runs nothing
does: there, the machine's ticks since its start tell how far the clock may have come.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from blockwise.clock import real_now
from blockwise.ledger import canonical
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import ClockState, Head, Line, Seal

log = logging.getLogger("blockwise.clock")
BACK = timedelta(seconds=5)  # a clock that is put right by less goes on
STEP = timedelta(minutes=1)  # back by less is waited for
LEAP = timedelta(minutes=10)  # ahead within a running process; a machine may have been held up for as long
NIGHT = timedelta(days=1)  # a longer silence is explained, but nothing is erased after it unasked
SEASON = timedelta(days=60)  # a longer one is not explained
_KEPT = timedelta(seconds=10)  # how often the time that is believed is written down
SILENCE, STEPPED, AHEAD, BEHIND = "silence", "stepped", "ahead", "behind"
_lock = threading.Lock()
_base: tuple[int, datetime, float] | None = None  # confirmations, time and ticks at the last look


@dataclass(frozen=True)
class Look:
    """`doubt` is empty where the time is believed. `last`: the latest time that was believed before, or recorded."""

    doubt: str
    now: datetime
    last: datetime

    @property
    def goes_on(self) -> bool:
        """Shifts may turn, clocks escalate, tracks and locks be forgotten."""
        return self.doubt in ("", SILENCE)

    @property
    def erases(self) -> bool:
        """What cannot be undone may be done by this time."""
        return not self.doubt

    def words(self) -> str:
        """What is doubted, what waits, and what to do; empty where the time is believed."""
        if not self.doubt:
            return ""
        now, last = (f"{moment:%Y-%m-%d %H:%M:%S} UTC" for moment in (self.now, self.last))
        what = {
            SILENCE: "a long silence. Retention waits",
            STEPPED: "the clock went back. Retention, shifts, escalation and locks wait until it is there again",
            AHEAD: "no silence explains that. Retention, shifts, escalation and locks wait",
            BEHIND: "the clock went back. Retention, shifts, escalation and locks wait",
        }[self.doubt]
        fix = " Put the clock right if it is wrong, then run `blockwise clock confirm`."
        todo = "" if self.doubt == STEPPED else fix
        return f"The machine says {now}, the last time known here is {last}: {what}.{todo}"


def look() -> Look:
    """Compare the time with the last line, the last seal, the last look and the machine's ticks."""
    global _base
    with _lock:
        now, ticks = _now_and_ticks()
        state = _state(now)
        last = _last(state)
        doubt = _judged(state, last, now, ticks)
        if doubt not in (state.doubt, STEPPED):
            state.known_at = last if doubt == BEHIND else state.seen_at
            rows = ClockState.objects.filter(pk=1, confirmations=state.confirmations)
            rows.update(doubt=doubt, known_at=state.known_at)
            log.warning("the machine's time is doubted: %s", doubt)
        known = state.known_at if doubt not in ("", STEPPED) else None
        found = Look(doubt, now, known or last)
        if found.goes_on:
            _base = state.confirmations, now, ticks
            if now - state.seen_at >= _KEPT:
                ClockState.objects.filter(pk=1, seen_at__lt=now).update(seen_at=now)
    return found


def confirm(actor: str) -> Line:
    """The machine's time is true, says the actor: what is recorded ahead of it counts against it no more."""
    with transaction.atomic():
        state = ClockState.objects.select_for_update().get(pk=_state(real_now()).pk)
        now, last = real_now(), _last(state)
        data = {"now": canonical.moment(now), "last": canonical.moment(last), "doubt": state.doubt}
        (line,) = write([Entry("system", "clock_confirmed", actor, data=data)])
        state.seen_at, state.doubt, state.confirmations = now, "", state.confirmations + 1
        state.excused_to = max(_recorded())
        state.save()
    return line


def forget() -> None:
    """As a process that has just begun: it knows nothing of the time before its first look."""
    global _base
    with _lock:
        _base = None


def _judged(state: ClockState, last: datetime, now: datetime, ticks: float) -> str:
    if state.doubt in (AHEAD, BEHIND):
        return state.doubt
    if last - now > BACK:
        return BEHIND if last - now > STEP else STEPPED
    if _base is not None and _base[0] == state.confirmations:
        ahead = now - _base[1] - timedelta(seconds=ticks - _base[2])
        return AHEAD if ahead > LEAP else state.doubt
    silence = now - state.seen_at
    return AHEAD if silence > SEASON else SILENCE if silence > NIGHT else state.doubt


def _state(now: datetime) -> ClockState:
    """The one row; where there is none yet, the last line or seal is the time that is believed."""
    state = ClockState.objects.filter(pk=1).first()
    if state is None:
        made = ClockState(pk=1, seen_at=max(_recorded(), default=now))
        ClockState.objects.bulk_create([made], ignore_conflicts=True)
        state = ClockState.objects.get(pk=1)
    return state


def _last(state: ClockState) -> datetime:
    counted = [at for at in _recorded() if state.excused_to is None or at > state.excused_to]
    return max([state.seen_at, *counted])


def _recorded() -> list[datetime]:
    """When the last line and the last seal were made, as far as there are any."""
    lines = Head.objects.filter(number__gt=0).values_list("recorded_at", flat=True)
    seals = Seal.objects.order_by("-number").values_list("sealed_at", flat=True)
    return [*lines[:1], *seals[:1]]


def _now_and_ticks() -> tuple[datetime, float]:
    """Both of one moment: a process may be held up between reading the one and the other."""
    while True:
        before, now = _ticks(), real_now()
        if (after := _ticks()) - before < 1:
            return now, after


def _ticks() -> float:
    """Seconds that no setting of the clock changes, sleep included where the machine counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
