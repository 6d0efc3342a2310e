"""Stations, statuses and demo logins; units and rosters come by a map."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import shapely
import shapely.ops

from blockwise.exchange.datasf.boundaries import ROOT, Boundaries
from blockwise.exchange.datasf.files import Row, read_csv, read_features, source, write_csv

STATUSES: Final = (
    ("off_duty", "下班", "Off duty", "off_duty"),
    ("available", "可用", "Available", "available"),
    ("dispatched", "已派", "Dispatched", "committed"),
    ("responding", "途中", "Responding", "en_route"),
    ("on_scene", "到场", "On scene", "on_scene"),
    ("transporting", "转运", "Transporting", "transporting"),
    ("at_hospital", "在院", "At hospital", "at_hospital"),
    ("out_of_service", "停用", "Out of service", "unavailable"),
)
PEOPLE: Final = (
    ("taker", "Demo Call Taker", "call_taker"),
    ("dispatcher", "Demo Dispatcher", "dispatcher"),
    ("analyst", "Demo Analyst", "analyst"),
    ("oversight", "Demo Oversight Officer", "oversight"),
    ("admin", "Demo Administrator", "administrator"),
)

_FIRE: Final = re.compile(r"Fire Station #(\d+)(?: - .*|, .*)?")
_POLICE: Final = re.compile(r"(Mission|Park|Northern|Tenderloin|Richmond|Taraval|Central|Bayview) Station")
_POLICE_TOO: Final = {"Ingleside Police Station": "Ingleside", "Southern District Station": "Southern"}


def write_stations(data: Path, out: Path, boundaries: Boundaries) -> list[str]:
    """stations.csv; a note on each station that had to be moved to land."""
    found = _stations(data)
    land = boundaries.land()
    notes = []
    for code, row in found.items():
        point = shapely.Point(row["lon"], row["lat"])
        if not land.intersects(point):
            shore = _inland(land, point)
            metres = round(point.distance(shore) * 111_000)
            notes.append(f"station {code} ({row['name']}) is on the water: kept {metres} m away, on land")
            row["lon"], row["lat"] = round(shore.x, 7), round(shore.y, 7)
    columns = ("code", "name", "name_en", "service", "lon", "lat")
    write_csv(out / "stations.csv", columns, (found[code] for code in sorted(found)))
    return notes


def _inland(land: Any, point: Any) -> Any:
    """The nearest place some metres inside the shore."""
    return shapely.ops.nearest_points(shapely.buffer(land, -1e-4), point)[0]


def _stations(data: Path) -> dict[str, Row]:
    rows = [feature["properties"] for feature in read_features(source(data, "sf_stations/sf_fire_stations.geojson"))]
    rows += read_csv(source(data, "sf_stations/city_facilities.csv"))
    found: dict[str, Row] = {}
    for row in rows:
        name = row["common_name"]
        fire, police = _FIRE.fullmatch(name), _POLICE.fullmatch(name)
        district = police[1] if police else _POLICE_TOO.get(name)
        if fire:
            code, english, service = f"F{int(fire[1]):02d}", f"Fire Station {int(fire[1])}", "fire"
        elif district:
            code, english, service = f"P{district.upper()}", f"{district} Police Station", "police"
        else:
            continue
        lon, lat = round(float(row["longitude"]), 7), round(float(row["latitude"]), 7)
        values = (code, english, english, service, lon, lat)
        names = ("code", "name", "name_en", "service", "lon", "lat")
        found.setdefault(code, dict(zip(names, values, strict=True)))
    return found


def write_statuses(out: Path) -> None:
    columns = ("label", "zh", "en", "meaning")
    write_csv(out / "statuses.csv", columns, (dict(zip(columns, row, strict=True)) for row in STATUSES))


def write_people(out: Path, boundaries: Boundaries, units: Sequence[str]) -> None:
    """people.csv: one login a role, a leader for each neighbourhood, a crew for the first engine."""
    rows = [_person(login, name, role, ROOT) for login, name, role in PEOPLE]
    engine = next((code for code in units if code.startswith("E")), units[0])
    rows.append(_person("crew", f"Demo Crew of {engine}", "crew", ROOT) | {"unit": engine})
    rows += [
        _person(f"leader-{code}", f"Demo Leader, {name}", "block_leader", code)
        for code, name in boundaries.neighbourhoods.items()
    ]
    columns = ("login", "name", "name_en", "role", "block", "from", "to", "unit")
    write_csv(out / "people.csv", columns, rows)


def _person(login: str, name: str, role: str, block: str) -> Row:
    return {
        "login": login,
        "name": name,
        "name_en": name,
        "role": role,
        "block": block,
        "from": "",
        "to": "",
        "unit": "",
    }
