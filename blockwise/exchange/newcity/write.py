"""Writes a city's files, byte for byte the same for the same city."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from blockwise.exchange.newcity.addresses import USES, Addresses
from blockwise.exchange.newcity.blocks import Block, Grouping, Tree
from blockwise.exchange.newcity.call_types import CALL_TYPES
from blockwise.exchange.newcity.calls import Calls, call_id, moment
from blockwise.exchange.newcity.city_yaml import CALENDAR, CITY_YAML, STATUSES
from blockwise.exchange.newcity.demand import Surge
from blockwise.exchange.newcity.forces import Station, Unit
from blockwise.exchange.newcity.landmarks import Landmark
from blockwise.exchange.newcity.people import Person
from blockwise.exchange.newcity.roads import CLASSES, Roads
from blockwise.exchange.written import write_rows


def write_fixed(folder: Path) -> None:
    """city.yaml, statuses.csv, calendar.csv."""
    (folder / "city.yaml").write_text(CITY_YAML, encoding="utf-8", newline="\n")
    write_rows(folder / "statuses.csv", ("label", "zh", "en", "meaning"), STATUSES)
    write_rows(folder / "calendar.csv", ("date", "day", "name"), CALENDAR)


def write_blocks(folder: Path, tree: Tree, degrees: np.ndarray) -> None:
    """blocks.geojson, beats.csv, zones.csv."""
    points = degrees.tolist()
    features = [json.dumps(_feature(b, points), ensure_ascii=False, separators=(",", ":")) for b in tree.all()]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
    (folder / "blocks.geojson").write_text(text, encoding="utf-8", newline="\n")
    for name, groups in (("beats.csv", tree.beats), ("zones.csv", tree.zones)):
        write_rows(folder / name, ("code", "name", "name_en", "cell"), map(_grouping, groups))


def write_forces(folder: Path, stations: list[Station], units: list[Unit], people: list[Person]) -> None:
    """stations.csv, units.csv, roster.csv, people.csv."""
    write_rows(
        folder / "stations.csv",
        ("code", "name", "name_en", "service", "lon", "lat"),
        ((s.code, *s.name, s.service, *map(_degree, s.degrees)) for s in stations),
    )
    write_rows(
        folder / "units.csv",
        ("code", "call_sign", "service", "type", "capabilities", "station", "zone", "crew"),
        ((u.code, u.call_sign, u.service, u.type, u.capabilities, u.station.code, u.zone, u.crew) for u in units),
    )
    turns = ((u.code, *turn) for u in units for turn in u.turns)
    write_rows(folder / "roster.csv", ("unit", "days", "from", "to"), turns)
    write_rows(
        folder / "people.csv",
        ("login", "name", "name_en", "role", "block", "from", "to", "unit", "department"),
        ((p.login, p.name, p.name_en, p.role, p.block, "", "", p.unit, p.department) for p in people),
    )


def write_addresses(folder: Path, found: Addresses) -> None:
    """addresses.csv."""
    lon, lat = (map(_degree, column) for column in found.degrees.T.tolist())
    uses = [USES[use] for use in found.use.tolist()]
    rows = zip(found.code, found.street, found.number, found.text, found.text_en, lon, lat, uses, strict=True)
    write_rows(folder / "addresses.csv", ("code", "street", "number", "text", "text_en", "lon", "lat", "use"), rows)


def write_landmarks(folder: Path, found: list[Landmark]) -> None:
    """landmarks.csv."""
    rows = ((one.code, one.kind, *one.name, one.road, one.number, *map(_degree, one.degrees)) for one in found)
    write_rows(folder / "landmarks.csv", ("code", "kind", "name", "name_en", "road", "number", "lon", "lat"), rows)


def write_roads(folder: Path, roads: Roads, degrees: np.ndarray) -> int:
    """roads.parquet; nodes are renumbered from 1. Returns how many there are."""
    nodes, ends = np.unique(roads.ends, return_inverse=True)
    ends = ends.reshape(-1, 2) + 1
    start, stop = degrees[roads.ends[:, 0]], degrees[roads.ends[:, 1]]
    names = [roads.names[s] for s in roads.street.tolist()]
    columns: dict[str, object] = {
        "edge": pa.array(np.arange(1, len(ends) + 1), pa.int64()),
        "from_node": pa.array(ends[:, 0], pa.int64()),
        "to_node": pa.array(ends[:, 1], pa.int64()),
        "from_lon": start[:, 0], "from_lat": start[:, 1], "to_lon": stop[:, 0], "to_lat": stop[:, 1],
        "length_m": roads.length,
        "oneway": roads.oneway,
        "name": [zh for zh, _ in names],
        "name_en": [en for _, en in names],
        "class": [CLASSES[k] for k in roads.kind.tolist()],
        **{f"speed_{period}_kmh": speed for period, speed in roads.speed.items()},
    }  # fmt: skip
    _parquet(folder / "roads.parquet", pa.table(columns))
    return len(nodes)


def write_calls(folder: Path, calls: Calls) -> None:
    """calls.parquet."""
    ids = [call_id(row) for row in range(len(calls.at))]
    table = pa.table({
        "call": pa.array(ids, pa.string()),
        "received_at": pa.array([moment(s) for s in calls.at.tolist()], pa.timestamp("us", "UTC")),
        "channel": pa.array(calls.channel, pa.string()),
        "type": pa.array([CALL_TYPES[k].code for k in calls.type.tolist()], pa.string()),
        "priority": pa.array(calls.priority, pa.int8()),
        "lon": calls.degrees[:, 0],
        "lat": calls.degrees[:, 1],
        "place_kind": pa.array(calls.place_kind, pa.string()),
        "address": pa.array([zh for zh, _ in calls.place], pa.string()),
        "repeat_of": pa.array([ids[p] if p >= 0 else None for p in calls.primary.tolist()], pa.string()),
        "caller_name": pa.array(calls.caller, pa.string()),
        "caller_phone": pa.array(calls.phone, pa.string()),
        "text": pa.array(calls.text, pa.string()),
        "injured": pa.array(calls.injured, pa.int16()),
        "trapped": pa.array(calls.trapped, pa.int16()),
        "weapon": calls.weapon,
        "hazmat": calls.hazmat,
        "language": pa.array(calls.language, pa.string()),
    })  # fmt: skip
    _parquet(folder / "calls.parquet", table)


def write_truth(
    folder: Path, seed: int, size: str, counts: dict[str, int], surges: list[Surge], calls: Calls, tree: Tree
) -> None:
    """truth.json: what was planted, for tests and for judging warnings; times in UTC."""
    repeats: dict[int, list[str]] = {}
    for row in np.flatnonzero(calls.primary >= 0).tolist():
        repeats.setdefault(int(calls.primary[row]), []).append(call_id(row))
    truth = {
        "seed": seed,
        "size": size,
        "counts": counts,
        "surges": [_surge(number, surge, calls, tree) for number, surge in enumerate(surges)],
        "repeats": [{"primary": call_id(p), "repeats": found} for p, found in sorted(repeats.items())],
    }
    text = json.dumps(truth, ensure_ascii=False, indent=1) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8", newline="\n")


def _surge(number: int, surge: Surge, calls: Calls, tree: Tree) -> dict[str, object]:
    return {
        "id": f"S{number + 1:02d}",
        "type": CALL_TYPES[surge.type].code,
        "cells": [tree.cells[cell].code for cell in surge.cells],
        "start": moment(surge.start).isoformat(),
        "end": moment(surge.end).isoformat(),
        "factor": round(surge.factor, 2),
        "extra_calls": [call_id(row) for row in np.flatnonzero(calls.surge == number).tolist()],
    }


def _feature(block: Block, points: list[list[float]]) -> dict[str, object]:
    ring = [points[v] for v in (*block.ring, block.ring[0])]
    return {
        "type": "Feature",
        "properties": {
            "code": block.code, "name": block.name[0], "name_en": block.name[1], "level": block.level,
            "parent": block.parent.code if block.parent else None,
            "population": block.population, "core": block.core,
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip


def _grouping(group: Grouping) -> tuple[str, str, str, str]:
    return group.code, *group.name, group.cell


def _degree(value: float) -> str:
    return f"{value:.7f}"


def _parquet(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd", version="2.6", store_schema=False)
