"""The call history: each call's words, caller, place and urgency, in the columns of calls.parquet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from scipy.spatial import cKDTree

from blockwise.exchange.newcity.call_types import CALL_TYPES, CHANNEL_MIX, CHANNELS, KIN
from blockwise.exchange.newcity.demand import FIRST_DAY, Incidents, Surge, further
from blockwise.exchange.newcity.names import SURNAMES, Name
from blockwise.exchange.newcity.plan import Rng, stream
from blockwise.exchange.newcity.shape import EARTH
from blockwise.exchange.newcity.spots import BETWEEN, KINDS, SpotBook, Spots

ZONE = ZoneInfo("Asia/Shanghai")
ANONYMOUS, FOREIGN = 0.12, 0.02
NEAR, SEEN_FROM = 45.0, 150.0  # metres: spread of further callers, and how far an address may be theirs
NO_CALLER = ("alarm", "sensor", "officer")


@dataclass(frozen=True)
class Calls:
    """All calls by time, in arrays or lists (n,); `primary` is a row or -1, `surge` a number or -1."""

    at: np.ndarray
    type: np.ndarray
    primary: np.ndarray
    surge: np.ndarray
    degrees: np.ndarray
    place_kind: list[str]
    place: list[Name]
    channel: list[str]
    priority: np.ndarray
    caller: list[str | None]
    phone: list[str | None]
    text: list[str | None]
    language: list[str]
    injured: list[int | None]
    trapped: list[int | None]
    weapon: np.ndarray
    hazmat: np.ndarray


def moment(seconds: float) -> datetime:
    """A moment of the history (seconds from local midnight of its first day), in UTC."""
    start = datetime.combine(FIRST_DAY, time(), ZONE).astimezone(UTC)
    return start + timedelta(milliseconds=round(seconds * 1000))


def call_id(row: int) -> str:
    """The id of a call by its row."""
    return f"C{row + 1:06d}"


def calls(seed: int, first: Incidents, surges: list[Surge], book: SpotBook, outline: shapely.Polygon) -> Calls:
    """First and further calls, sorted by time; every point lies in the outline."""
    rng = stream(seed, "calls")
    spots = book.pick(rng, first.cell, _wanted(rng, first.type))
    of, delay = further(seed, first)
    seen = _seen_by_others(rng, book, spots, of, outline)
    at = np.concatenate([first.at, first.at[of] + delay])
    kind = np.concatenate([first.type, _retold(rng, first.type[of])])
    primary = np.concatenate([np.full(len(first.at), -1), of])
    surge = np.concatenate([first.surge, np.full(len(of), -1)])
    places = spots.name + seen.name
    kinds = np.concatenate([spots.kind, seen.kind])
    degrees = np.concatenate([spots.degrees, seen.degrees])
    order = np.lexsort((np.arange(len(at)), at))
    row_of = np.argsort(order)
    primary = np.where(primary < 0, -1, row_of[primary])[order]
    return _as_said(
        rng, at[order], kind[order], primary, surge[order], degrees[order],
        [KINDS[k] for k in kinds[order].tolist()], [places[i] for i in order.tolist()],
    )  # fmt: skip


def _choose(rng: Rng, chances: np.ndarray) -> np.ndarray:
    """One column of each row of chances (n, k)."""
    total = np.cumsum(chances, axis=1)
    return np.asarray((rng.random(len(chances))[:, None] * total[:, -1:] >= total).sum(axis=1))


def _wanted(rng: Rng, kind: np.ndarray) -> np.ndarray:
    return _choose(rng, np.array([t.spots for t in CALL_TYPES])[kind])


def _retold(rng: Rng, kind: np.ndarray) -> np.ndarray:
    """One in eight takes it for something else."""
    codes = [t.code for t in CALL_TYPES]
    kin = np.array([codes.index(KIN.get(code, code)) for code in codes])
    return np.where(rng.random(len(kind)) < 0.125, kin[kind], kind)


def _seen_by_others(rng: Rng, book: SpotBook, spots: Spots, of: np.ndarray, outline: shapely.Polygon) -> Spots:
    """Where further callers say it is: a stone's throw off, or the door they stand at."""
    base = spots.degrees[of]
    scale = np.column_stack([np.cos(np.radians(base[:, 1])), np.ones(len(base))]) * np.radians(EARTH)
    shift = np.clip(rng.normal(0, NEAR, base.shape), -2 * NEAR, 2 * NEAR)
    points = base + shift / scale
    out = ~shapely.contains_xy(outline, points[:, 0], points[:, 1])
    points[out] = base[out]
    scale0 = np.array([np.cos(np.radians(base[0, 1])), 1.0]) * np.radians(EARTH)
    found = cKDTree(book.addresses.degrees * scale0).query(points * scale0)
    away, door = np.asarray(found[0]), np.asarray(found[1])
    at_door = np.asarray((away < SEEN_FROM) & (rng.random(len(of)) < 0.5))
    points[at_door] = book.addresses.degrees[door[at_door]]
    kind = np.where(at_door, (book.addresses.use[door] > 0).astype(int), spots.kind[of])
    names = [
        (book.addresses.text[d], book.addresses.text_en[d]) if near else spots.name[i]
        for i, d, near in zip(of.tolist(), door.tolist(), at_door.tolist(), strict=True)
    ]
    return Spots(np.round(points, 7), kind, names)


def _as_said(
    rng: Rng, at: np.ndarray, kind: np.ndarray, primary: np.ndarray, surge: np.ndarray, degrees: np.ndarray,
    place_kind: list[str], place: list[Name],
) -> Calls:  # fmt: skip
    count = len(at)
    mix = np.array([CHANNEL_MIX[t.channels] for t in CALL_TYPES])[kind]
    mix[primary >= 0] = CHANNEL_MIX["public"]
    channel = [CHANNELS[c] for c in _choose(rng, mix).tolist()]
    priority = 1 + _choose(rng, np.array([t.urgency for t in CALL_TYPES])[kind])
    foreign = rng.random(count) < FOREIGN
    callers = _callers(rng, channel, foreign)
    numbers = rng.integers(0, 10_000, count).tolist()
    phones = [None if c in NO_CALLER else f"199-0000-{n:04d}" for c, n in zip(channel, numbers, strict=True)]
    texts = _texts(rng, kind, place, channel, foreign)
    hurt, stuck, armed, toxic = (_happens(rng, kind, word) for word in ("injured", "trapped", "weapon", "hazmat"))
    many = rng.geometric(0.75, count)
    languages = ["en" if f and c not in NO_CALLER else "zh" for f, c in zip(foreign.tolist(), channel, strict=True)]
    return Calls(
        at, kind, primary, surge, degrees, place_kind, place, channel, priority, callers, phones, texts, languages,
        [int(n) if yes else None for n, yes in zip(many, hurt, strict=True)],
        [int(n) if yes else None for n, yes in zip(many[::-1], stuck, strict=True)], armed, toxic,
    )  # fmt: skip


def _happens(rng: Rng, kind: np.ndarray, word: str) -> np.ndarray:
    chance = np.array([float(getattr(t, word)) for t in CALL_TYPES])[kind]
    return np.asarray(rng.random(len(kind)) < chance)


def _callers(rng: Rng, channel: list[str], foreign: np.ndarray) -> list[str | None]:
    who = rng.integers(0, len(SURNAMES), len(channel)).tolist()
    hidden = (rng.random(len(channel)) < ANONYMOUS).tolist()
    title = rng.integers(0, 2, len(channel)).tolist()
    return [
        None if h or c in NO_CALLER else _caller(SURNAMES[w], t, f)
        for c, w, h, t, f in zip(channel, who, hidden, title, foreign.tolist(), strict=True)
    ]


def _caller(surname: Name, title: int, foreign: bool) -> str:
    return f"{('Mr', 'Ms')[title]} {surname[1]}" if foreign else f"{surname[0]}{('先生', '女士')[title]}"


def _texts(rng: Rng, kind: np.ndarray, place: list[Name], channel: list[str], foreign: np.ndarray) -> list[str | None]:
    which = rng.random(len(kind)).tolist()
    out: list[str | None] = []
    for k, (zh, en), c, f, luck in zip(kind.tolist(), place, channel, foreign.tolist(), which, strict=True):
        texts = CALL_TYPES[k].texts
        if c in ("alarm", "sensor"):
            out.append(None)
        elif f and c != "officer":
            out.append(CALL_TYPES[k].text_en.format(place=en.replace(BETWEEN, " and ")))
        else:
            out.append(texts[int(luck * len(texts))].format(place=_spoken(zh)))
    return out


def _spoken(place: str) -> str:
    return f"{place.replace(BETWEEN, '与')}路口" if BETWEEN in place else place.removeprefix("示范区")
