"""A tiny, valid city folder made by hand: one city, two communities, four cells each, near Shenzhen.

Codes: root ``T``; communities ``TA`` (west) and ``TB`` (east); cells ``TA1``..``TA4``, ``TB1``..``TB4``,
in each community 1 south-west, 2 south-east, 3 north-west, 4 north-east. Cells are 0.01 degree squares;
the city spans 113.90-113.94 east, 22.55-22.57 north. Roads are an 8 x 4 grid of nodes, four to a cell.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

Row = dict[str, Any]
Change = Callable[[Any], Any] | str | bytes | None

WEST, SOUTH, SIDE = 113.90, 22.55, 0.01
COLUMNS, ROWS, STEP = 8, 4, 0.005


def write_tiny_city(path: Path, **changes: Change) -> Path:
    """Write the folder and return its path.

    Each keyword names a file without its suffix (a key of ``FILES``) and says what becomes of it: ``None``
    leaves the file out, text or bytes are written as they are, and a function gets the content (a dict for
    ``city``, a list of features for ``blocks``, a list of row dicts for the tables) and changes it in place
    or returns another.
    """
    path.mkdir(parents=True, exist_ok=True)
    content = tiny_content()
    assert not set(changes) - set(content), f"not files of a city folder: {set(changes) - set(content)}"
    for name, value in content.items():
        target = path / FILES[name]
        if name not in changes:
            target.write_bytes(_encode(name, value))
            continue
        change = changes[name]
        if change is None:
            continue
        if callable(change):
            changed = change(value)
            target.write_bytes(_encode(name, value if changed is None else changed))
        else:
            target.write_bytes(change.encode() if isinstance(change, str) else change)
    return path


FILES = {
    "city": "city.yaml",
    "blocks": "blocks.geojson",
    "beats": "beats.csv",
    "zones": "zones.csv",
    "stations": "stations.csv",
    "units": "units.csv",
    "roster": "roster.csv",
    "statuses": "statuses.csv",
    "roads": "roads.parquet",
    "addresses": "addresses.csv",
    "people": "people.csv",
    "calendar": "calendar.csv",
}


def tiny_content() -> dict[str, Any]:
    """The content of every file, by the names :func:`write_tiny_city` takes."""
    return {
        "city": _city(),
        "blocks": _blocks(),
        "beats": [_cell_of(f"B{c[:2]}", f"{c[:2]}警格", f"Beat {c[1]}", c) for c in CELLS],
        "zones": [_cell_of(f"Z{c[1]}", f"{c[1]}巡区", f"Zone {c[1]}", c) for c in CELLS],
        "stations": _stations(),
        "units": _units(),
        "roster": _roster(),
        "statuses": _statuses(),
        "roads": _roads(),
        "addresses": _addresses(),
        "people": _people(),
        "calendar": [{"date": "2026-10-01", "day": "rest", "name": "国庆节"}],
    }


CELLS = [f"T{community}{number}" for community in "AB" for number in (1, 2, 3, 4)]


def node_point(column: int, row: int) -> tuple[float, float]:
    """Longitude and latitude of a road node; columns 0-7 from the west, rows 0-3 from the south."""
    return round(WEST + STEP / 2 + STEP * column, 6), round(SOUTH + STEP / 2 + STEP * row, 6)


def _city() -> Row:
    return {
        "code": "T",
        "name": {"zh": "小城", "en": "Tiny City"},
        "timezone": "Asia/Shanghai",
        "languages": ["zh", "en"],
        "crs": "wgs84",
        "calendar": "cn",
        "working_hours": [["08:00", "12:00"], ["14:00", "18:00"]],
        "levels": [
            {"key": "city", "zh": "市", "en": "city"},
            {"key": "community", "zh": "社区", "en": "community"},
            {"key": "cell", "zh": "网格", "en": "cell"},
        ],
        "rings": [5, 15],
        "road_periods": [
            {"key": "night", "from": "22:00", "to": "07:00"},
            {"key": "peak", "from": "07:00", "to": "09:30"},
            {"key": "day", "from": "09:30", "to": "17:00"},
            {"key": "peak", "from": "17:00", "to": "19:30"},
            {"key": "day", "from": "19:30", "to": "22:00"},
        ],
        "features": {},
        "demo": True,
    }


def _blocks() -> list[Row]:
    east, north, middle = WEST + 4 * SIDE, SOUTH + 2 * SIDE, WEST + 2 * SIDE
    blocks = [
        _block("T", "小城", "Tiny City", "city", None, 8000, (WEST, SOUTH, east, north)),
        _block("TA", "西社区", "West", "community", "T", 4000, (WEST, SOUTH, middle, north)),
        _block("TB", "东社区", "East", "community", "T", 4000, (middle, SOUTH, east, north)),
    ]
    for code in CELLS:
        column = 2 * "AB".index(code[1]) + (int(code[2]) - 1) % 2
        row = (int(code[2]) - 1) // 2
        west, south = WEST + column * SIDE, SOUTH + row * SIDE
        box = (west, south, west + SIDE, south + SIDE)
        name, english = f"{code[1]}区{code[2]}号网格", f"Cell {code[1]}{code[2]}"
        blocks.append(_block(code, name, english, "cell", code[:2], 1000, box))
    return blocks


def _block(
    code: str,
    name: str,
    name_en: str,
    level: str,
    parent: str | None,
    population: int,
    box: tuple[float, float, float, float],
) -> Row:
    west, south, east, north = (round(value, 6) for value in box)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties = {
        "code": code,
        "name": name,
        "name_en": name_en,
        "level": level,
        "parent": parent,
        "population": population,
        "core": code.startswith("TA"),
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _cell_of(code: str, name: str, name_en: str, cell: str) -> Row:
    return {"code": code, "name": name, "name_en": name_en, "cell": cell}


def _stations() -> list[Row]:
    places = [
        ("PA", "西派出所", "West Police Station", "police", 1, 1),
        ("PB", "东派出所", "East Police Station", "police", 6, 2),
        ("FA", "消防站", "Fire Station", "fire", 3, 1),
        ("EA", "急救站", "Ambulance Station", "ems", 4, 2),
    ]
    return [
        {"code": code, "name": name, "name_en": english, "service": service}
        | dict(zip(("lon", "lat"), node_point(column, row), strict=True))
        for code, name, english, service, column, row in places
    ]


def _units() -> list[Row]:
    names = ("code", "call_sign", "service", "type", "capabilities", "station", "zone", "crew")
    rows = [
        ("P1", "西一", "police", "car", "patrol", "PA", "ZA", 2),
        ("P2", "东一", "police", "car", "patrol", "PB", "ZB", 2),
        ("P3", "铁骑", "police", "motorcycle", "patrol fast", "PA", "ZA", 1),
        ("F1", "消防一", "fire", "engine", "fire rescue", "FA", "", 6),
        ("M1", "急救一", "ems", "ambulance", "medical", "EA", "", 3),
        ("V1", "义警", "police", "volunteers", "volunteer", "PB", "ZB", 4),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _roster() -> list[Row]:
    week = "mon tue wed thu fri sat sun"
    shifts = [(unit, week, "08:00", "20:00") for unit in ("P1", "P2", "P3")]
    shifts += [(unit, week, "20:00", "08:00") for unit in ("P1", "P2")]
    shifts += [(unit, week, "00:00", "00:00") for unit in ("F1", "M1")]
    shifts += [("V1", "sat sun", "09:00", "17:00")]
    return [dict(zip(("unit", "days", "from", "to"), shift, strict=True)) for shift in shifts]


def _statuses() -> list[Row]:
    rows = [
        ("off", "下班", "Off duty", "off_duty"),
        ("free", "备勤", "Available", "available"),
        ("committed", "已派", "Committed", "committed"),
        ("en_route", "途中", "En route", "en_route"),
        ("on_scene", "到场", "On scene", "on_scene"),
        ("transport", "转运", "Transporting", "transporting"),
        ("hospital", "在院", "At hospital", "at_hospital"),
        ("meal", "就餐", "Meal", "unavailable"),
        ("repair", "检修", "Repair", "unavailable"),
    ]
    return [dict(zip(("label", "zh", "en", "meaning"), row, strict=True)) for row in rows]


def _roads() -> list[Row]:
    pairs = [((c, r), (c + 1, r)) for r in range(ROWS) for c in range(COLUMNS - 1)]
    pairs += [((c, r), (c, r + 1)) for c in range(COLUMNS) for r in range(ROWS - 1)]
    return [_edge(number, start, end) for number, (start, end) in enumerate(pairs, 1)]


def _edge(number: int, start: tuple[int, int], end: tuple[int, int]) -> Row:
    (from_lon, from_lat), (to_lon, to_lat) = node_point(*start), node_point(*end)
    along = start[1] == end[1]
    return {
        "edge": number,
        "from_node": 100 * start[1] + start[0],
        "to_node": 100 * end[1] + end[0],
        "from_lon": from_lon,
        "from_lat": from_lat,
        "to_lon": to_lon,
        "to_lat": to_lat,
        "length_m": 514.0 if along else 556.0,
        "oneway": number == 9,
        "name": f"横{start[1]}路" if along else f"纵{start[0]}路",
        "name_en": f"Row {start[1]} Road" if along else f"Column {start[0]} Road",
        "class": "street",
        "speed_night_kmh": 40.0,
        "speed_peak_kmh": 20.0,
        "speed_day_kmh": 30.0,
    }


def _addresses() -> list[Row]:
    """Two door numbers at every road node, on either side of the street that runs along its row."""
    rows: list[Row] = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            lon, lat = node_point(column, row)
            for number, shift in ((2 * column + 1, 0.0003), (2 * column + 2, -0.0003)):
                rows.append(
                    {
                        "code": f"D{row}{number:02d}",
                        "street": f"横{row}路",
                        "number": str(number),
                        "text": f"横{row}路{number}号",
                        "text_en": f"{number} Row {row} Road",
                        "lon": round(lon + 0.0002, 6),
                        "lat": round(lat + shift, 6),
                        "use": "premises" if column == 3 else "dwelling",
                    }
                )
    return rows


def _people() -> list[Row]:
    names = ("login", "name", "name_en", "role", "block", "from", "to", "unit")
    rows = [
        ("taker", "接警员", "Call Taker", "call_taker", "T", "", "", ""),
        ("dispatcher", "调度员", "Dispatcher", "dispatcher", "T", "", "", ""),
        ("crew-p1", "西一警组", "Crew P1", "crew", "T", "", "", "P1"),
        ("leader-TA", "西社区长", "Leader West", "block_leader", "TA", "2026-01-01", "", ""),
        ("leader-TB", "东社区长", "Leader East", "block_leader", "TB", "2026-01-01", "2030-12-31", ""),
        ("analyst", "分析员", "Analyst", "analyst", "T", "", "", ""),
        ("oversight", "督察员", "Oversight Officer", "oversight", "T", "", "", ""),
        ("admin", "管理员", "Administrator", "administrator", "T", "", "", ""),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _encode(name: str, value: Any) -> bytes:
    if name == "city":
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode()
    if name == "blocks":
        features = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in value)
        return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'.encode()
    if name == "roads":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(value), sink)
        return sink.getvalue()
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(value[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(value)
    return text.getvalue().encode()
