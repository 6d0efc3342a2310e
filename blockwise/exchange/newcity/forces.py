"""Stations, units and their rosters, spread over the city as its people are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blockwise.exchange.newcity.blocks import Tree
from blockwise.exchange.newcity.names import Name
from blockwise.exchange.newcity.plan import Plan, Rng, stream

STATION_NAMES: dict[str, Name] = {
    "police": ("派出所", "Police Station"), "fire": ("消防救援站", "Fire and Rescue Station"),
    "ems": ("急救站", "Ambulance Station"), "post": ("警务站", "Police Post"),
}  # fmt: skip
LEAST_DOORS = 20  # a community with fewer, such as the river's, has no station
LETTER = {"police": "P", "fire": "F", "ems": "E", "post": "W"}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Turn = tuple[str, str, str]  # days, from, to


@dataclass(frozen=True)
class Make:
    """What every unit of one type has in common."""

    letter: str
    zh: str
    service: str
    capabilities: str
    crew: tuple[int, int]
    homes: tuple[str, ...]
    zoned: bool


MAKES: dict[str, Make] = {
    "police car": Make("PC", "巡", "police", "patrol", (2, 3), ("police", "post"), True),
    "police motorcycle": Make("PM", "骑", "police", "patrol fast", (1, 2), ("police", "post"), True),
    "foot patrol": Make("PF", "步", "police", "patrol foot", (2, 4), ("post",), True),
    "fire engine": Make("FE", "消", "fire", "fire rescue", (5, 6), ("fire",), False),
    "ladder": Make("FL", "梯", "fire", "fire ladder", (3, 4), ("fire",), False),
    "ambulance": Make("EA", "急", "ems", "medical", (3, 3), ("ems",), False),
    "rescue truck": Make("RT", "救", "fire", "rescue", (4, 6), ("fire",), False),
    "hazmat truck": Make("HM", "化", "fire", "hazmat", (4, 5), ("fire",), False),
    "volunteer team": Make("VT", "志", "post", "volunteer", (3, 8), ("post",), True),
}


@dataclass(frozen=True)
class Station:
    """A row of stations.csv; `home` is the number of its community."""

    code: str
    name: Name
    service: str
    degrees: tuple[float, float]
    home: int


@dataclass(frozen=True)
class Unit:
    """A row of units.csv with its turns of duty."""

    code: str
    call_sign: str
    service: str
    type: str
    capabilities: str
    station: Station
    zone: str
    crew: int
    turns: list[Turn]


def stations(plan: Plan, seed: int, tree: Tree, cells: np.ndarray, degrees: np.ndarray) -> list[Station]:
    """The plan's stations, each at an address; `cells` (n,) and `degrees` (n, 2) are the addresses'."""
    rng = stream(seed, "stations")
    at_home = np.array(tree.home)[cells]
    doors = np.bincount(at_home, minlength=len(tree.communities))
    weight = np.array([block.population + 4000.0 for block in tree.communities]) * (doors >= LEAST_DOORS)
    out: list[Station] = []
    for service, count in plan.stations.items():
        for number, home in enumerate(_spread(weight, count, rng), 1):
            spots = degrees[at_home == home]
            zh, en = tree.communities[home].stem
            again = sum(s.home == home and s.service == service for s in out)
            tail = (f"{again + 1}号", f" {again + 1}") if again else ("", "")
            suffix = STATION_NAMES[service]
            name = (f"{zh}{tail[0]}{suffix[0]}", f"{en}{tail[1]} {suffix[1]}")
            lon, lat = _central(spots, rng)
            out.append(Station(f"{LETTER[service]}{number:03d}", name, service, (lon, lat), home))
    return out


def units(plan: Plan, seed: int, tree: Tree, bases: list[Station]) -> list[Unit]:
    """The plan's units, dealt out to stations in tree order."""
    rng = stream(seed, "units")
    zone_of = {home: zone.code for home, zone in zip(tree.home, tree.zones, strict=True)}
    out: list[Unit] = []
    for kind, count in plan.units.items():
        make = MAKES[kind]
        homes = [s for s in bases if s.service in make.homes]
        for number in range(count):
            station = homes[number * len(homes) // count] if count < len(homes) else homes[number % len(homes)]
            crew = int(rng.integers(make.crew[0], make.crew[1] + 1))
            zone = zone_of[station.home] if make.zoned else ""
            code, sign = (f"{letters}{number + 1:03d}" for letters in (make.letter, make.zh))
            turns = _turns(kind, number)
            out.append(Unit(code, sign, make.service, kind, make.capabilities, station, zone, crew, turns))
    return out


def _central(spots: np.ndarray, rng: Rng) -> tuple[float, float]:
    """One of the ten points (n, 2) nearest the middle of them all."""
    away = np.hypot(*(spots - spots.mean(axis=0)).T)
    lon, lat = spots[np.argsort(away, kind="stable")[:10][int(rng.integers(min(10, len(spots))))]].tolist()
    return lon, lat


def _spread(weight: np.ndarray, count: int, rng: Rng) -> list[int]:
    """`count` places, one in every equal stretch of the weight laid end to end in tree order."""
    total = np.cumsum(weight)
    marks = (np.arange(count) + rng.uniform(0.2, 0.8)) * total[-1] / count
    return [int(i) for i in np.searchsorted(total, marks)]


def _turns(kind: str, number: int) -> list[Turn]:
    """Around the clock for engines and half the cars; day, evening and night turns for the rest."""
    every = " ".join(WEEK)
    if kind in ("fire engine", "ladder", "rescue truck", "hazmat truck"):
        return [(every, "08:00", "08:00")]
    if kind == "ambulance":
        return [(every, "08:00", "20:00")] + ([(every, "20:00", "08:00")] if number % 3 else [])
    if kind == "police car":
        turns = [(every, "08:00", "20:00"), (every, "20:00", "08:00")]
        return [turns, turns, turns[:1], [(_six(number), "16:00", "02:00")]][number % 4]
    if kind == "police motorcycle":
        return [(_six(number), "07:00", "15:00")] if number % 2 else [(_six(number), "14:00", "23:00")]
    if kind == "foot patrol":
        return [(" ".join(WEEK[:5]), "07:30", "18:30"), ("sat sun", "09:00", "21:00")][: 1 + number % 2]
    return [("mon tue wed thu fri", "19:00", "22:00"), ("sat sun", "08:00", "12:00")]


def _six(number: int) -> str:
    return " ".join(day for i, day in enumerate(WEEK) if i != number % 7)
