"""roads.parquet and street_ranges.csv out of the city's street segments."""

import math
import re
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from blockwise.exchange.datasf.files import Row, read_parquet, source, write_csv
from blockwise.exchange.folder.plane import METRES_PER_DEGREE

KMH_PER_MPH: Final = 1.609344
DEFAULT_MPH: Final = 25.0  # the city's limit where none is posted: 0 is unknown, 99 is "special"
FACTORS: Final = {"night": 1.0, "day": 0.85, "peak": 0.65}  # share of the limit that is driven; assumed

_RANGE_COLUMNS: Final = (
    *("edge", "street", "left_from", "left_to", "right_from", "right_to", "from_node", "to_node"),
    *("from_lon", "from_lat", "to_lon", "to_lat"),
)


def write_streets(data: Path, out: Path) -> tuple[int, int, list[str]]:
    """Writes both files; the number of edges, of edges with door numbers, and notes on lengths.

    No one-way streets are in the data: every edge is driven both ways. An edge that is shorter than the line
    between its ends (its geometry does not reach its nodes) gets the length of that line, and a note.
    """
    segments = read_parquet(source(data, "sf_streets/edges.parquet"))
    nodes = read_parquet(source(data, "sf_streets/nodes.parquet"))
    points = {row["node_cnn"]: (row["lon"], row["lat"]) for row in nodes}
    edges = [_edge(row, points) for row in segments]
    notes = [note for edge in edges if (note := _lengthened(edge))]
    pq.write_table(pa.Table.from_pylist(edges), out / "roads.parquet")
    ranges = [_range(row, edge) for row, edge in zip(segments, edges, strict=True)]
    numbered = [row for row in ranges if any(row[column] != "" for column in _RANGE_COLUMNS[2:6])]
    write_csv(out / "street_ranges.csv", _RANGE_COLUMNS, numbered)
    return len(edges), len(numbered), notes


def street_name(name: str) -> str:
    """'20TH AVE' for '20TH AVE', '1ST ST' for '01ST ST'; calls write it without the zero."""
    return re.sub(r"^0+(?=[1-9])", "", name.strip())


def limit_mph(posted: float | None) -> float:
    return DEFAULT_MPH if posted in (None, 0.0, 99.0) else float(posted)


def _edge(row: Row, points: dict[int, tuple[float, float]]) -> dict[str, Any]:
    from_lon, from_lat = points[row["from_cnn"]]
    to_lon, to_lat = points[row["to_cnn"]]
    limit = limit_mph(row["speed_limit_mph"]) * KMH_PER_MPH
    name = street_name(row["streetname"])
    speeds = {f"speed_{period}_kmh": round(limit * factor, 3) for period, factor in FACTORS.items()}
    return {
        "edge": row["edge_cnn"],
        "from_node": row["from_cnn"],
        "to_node": row["to_cnn"],
        "from_lon": from_lon,
        "from_lat": from_lat,
        "to_lon": to_lon,
        "to_lat": to_lat,
        "length_m": row["length_m"],
        "oneway": False,
        "name": name,
        "name_en": name,
        "class": "street",
    } | speeds


def _lengthened(edge: dict[str, Any]) -> str | None:
    east = math.cos(math.radians(edge["from_lat"])) * (edge["to_lon"] - edge["from_lon"])
    straight = METRES_PER_DEGREE * math.hypot(east, edge["to_lat"] - edge["from_lat"])
    if edge["length_m"] >= straight * 0.95 - 5.0:
        return None
    note = f"edge {edge['edge']} ({edge['name']}) had {edge['length_m']} m between ends {straight:.1f} m apart"
    edge["length_m"] = round(straight, 1)
    return note


def _range(row: Row, edge: dict[str, Any]) -> dict[str, Any]:
    left = _numbers(row["LF_FADD"], row["LF_TADD"])
    right = _numbers(row["RT_FADD"], row["RT_TADD"])
    ends = (edge[column] for column in _RANGE_COLUMNS[6:])
    values = (edge["edge"], edge["name"], *left, *right, *ends)
    return dict(zip(_RANGE_COLUMNS, values, strict=True))


def _numbers(first: str, last: str) -> tuple[int | str, int | str]:
    """Both ends of a side, empty where the data says 0 to 0."""
    start, end = int(float(first)), int(float(last))
    return (start, end) if start or end else ("", "")
