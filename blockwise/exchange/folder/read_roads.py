"""roads.parquet to columns in WGS84. A `line` of this file is the row number, from 1."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from blockwise.exchange.folder.problems import SHOWN_OF_A_KIND, Problems
from blockwise.exchange.folder.rows import Floats, Integers, Roads
from blockwise.places.coordinates import Crs, to_wgs84

FILE: Final = "roads.parquet"
LONGEST_EDGE_M: Final = 100_000.0
FASTEST_KMH: Final = 200.0

_WHOLE: Final = ("edge", "from_node", "to_node")
_POINTS: Final = ("from_lon", "from_lat", "to_lon", "to_lat")
_TEXTS: Final = ("name", "name_en", "class")
_UNREADABLE: Final = "Write it again as Parquet with the columns of the city folder"


def read_roads(path: Path, periods: Sequence[str], crs: Crs, problems: Problems) -> Roads:
    """The road graph; without edges when the file is absent, or wrong in any row and noted as such."""
    table = _table(path, periods, problems) if path.is_file() else None
    sound = table is not None and _whole_table(table, problems) and _sound_rows(table, periods, problems)
    return _roads(table if sound else _schema(periods).empty_table(), periods, crs)


def _roads(table: pa.Table, periods: Sequence[str], crs: Crs) -> Roads:
    points = [table[name].to_numpy() for name in _POINTS]
    from_lon, from_lat = to_wgs84(points[0], points[1], crs)
    to_lon, to_lat = to_wgs84(points[2], points[3], crs)
    name, name_en, road_class = (tuple(table[column].to_pylist()) for column in _TEXTS)
    return Roads(
        edge=table["edge"].to_numpy(),
        from_node=table["from_node"].to_numpy(),
        to_node=table["to_node"].to_numpy(),
        from_lon=from_lon,
        from_lat=from_lat,
        to_lon=to_lon,
        to_lat=to_lat,
        length_m=table["length_m"].to_numpy(),
        oneway=np.asarray(table["oneway"].to_numpy(), dtype=np.bool_),
        name=name,
        name_en=name_en,
        road_class=road_class,
        speed_kmh={period: table[speed_column(period)].to_numpy() for period in periods},
    )


def _sound_rows(table: pa.Table, periods: Sequence[str], problems: Problems) -> bool:
    edge = table["edge"].to_numpy()
    before = len(problems.found)
    _check_points(edge, [table[name].to_numpy() for name in _POINTS], problems)
    _check_between(edge, "length_m", table["length_m"].to_numpy(), LONGEST_EDGE_M, "metres", problems)
    for column in map(speed_column, periods):
        _check_between(edge, column, table[column].to_numpy(), FASTEST_KMH, "km/h", problems)
    return len(problems.found) == before


def speed_column(period: str) -> str:
    return f"speed_{period}_kmh"


def _schema(periods: Sequence[str]) -> pa.Schema:
    kinds = dict.fromkeys(_WHOLE, pa.int64())
    kinds |= dict.fromkeys(_POINTS, pa.float64()) | {"length_m": pa.float64(), "oneway": pa.bool_()}
    kinds |= dict.fromkeys(_TEXTS, pa.string()) | {speed_column(key): pa.float64() for key in periods}
    return pa.schema(list(kinds.items()))


def _table(path: Path, periods: Sequence[str], problems: Problems) -> pa.Table | None:
    try:
        # A ParquetFile reads this one file; read_table would take neighbouring files for parts of it.
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        problems.error(FILE, None, f"the file is not readable Parquet: {_first_line(error)}", _UNREADABLE)
        return None
    columns = {}
    schema = _schema(periods)
    for name, kind in zip(schema.names, schema.types, strict=True):
        if table.column_names.count(name) != 1:
            problems.error(FILE, None, f"the column {name} is missing", _UNREADABLE)
            continue
        try:
            columns[name] = table[name].cast(kind)
        except (pa.ArrowException, ValueError):
            found = table.schema.field(name).type
            problems.error(FILE, None, f"the column {name} is {found}, not {kind}", _UNREADABLE)
    return pa.table(columns) if len(columns) == len(schema) else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["?"])[0][:120]


def _whole_table(table: pa.Table, problems: Problems) -> bool:
    if table.num_rows == 0:
        problems.error(FILE, None, "there are no edges", "Write one row an edge")
        return False
    sound = True
    for name in table.column_names:
        if table[name].null_count:
            row = np.flatnonzero(table[name].is_null().to_numpy())[0] + 1
            problems.error(FILE, int(row), f"{name} is empty", "Fill in every cell; names may be empty texts")
            sound = False
    return sound


def _check_points(edge: Integers, points: Sequence[Floats], problems: Problems) -> None:
    for end, (lon, lat) in (("from", points[:2]), ("to", points[2:])):
        with np.errstate(invalid="ignore"):
            fine = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0))
        swapped = ~fine & (np.abs(lon) <= 90) & (np.abs(lat) <= 180) & (np.abs(lat) > 90)
        for row in _first(~fine):
            where = f"{end}_lon {lon[row]:g}, {end}_lat {lat[row]:g}"
            why = "lon and lat are swapped" if swapped[row] else "no place on earth"
            problems.error(FILE, row + 1, f"edge {edge[row]}: {where}: {why}", "Give degrees, longitude as lon")


def _check_between(edge: Integers, column: str, values: Floats, highest: float, unit: str, problems: Problems) -> None:
    for row in _first(~((values > 0) & (values <= highest))):
        what = f"edge {edge[row]}: {column} is {values[row]:g}"
        problems.error(FILE, row + 1, what, f"Give {column} in {unit}, above 0 and at most {highest:,.0f}")


def _first(wrong: NDArray[np.bool_]) -> list[int]:
    """Rows to complain about: enough to be shown, and one more so that the rest is counted as more."""
    found: list[int] = np.flatnonzero(wrong)[: SHOWN_OF_A_KIND + 1].tolist()
    return found
