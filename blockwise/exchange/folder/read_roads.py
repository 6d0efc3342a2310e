"""roads.parquet to columns in WGS84. A `line` of this file is the row number, from 1."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from blockwise.exchange.folder.languages import Languages, spared
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_blocks import LARGEST_DEGREES, NAMES, TO_DEGREES
from blockwise.exchange.folder.rows import Floats, Integers, Roads
from blockwise.exchange.parquet import UnfitError, read_table
from blockwise.places.coordinates import Crs, to_wgs84

FILE: Final = "roads.parquet"
LONGEST_EDGE_M: Final = 100_000.0
FASTEST_KMH: Final = 200.0

_WHOLE: Final = ("edge", "from_node", "to_node")
_POINTS: Final = ("from_lon", "from_lat", "to_lon", "to_lat")
_TEXTS: Final = (*NAMES, "class")
_UNREADABLE: Final = "Write it again as Parquet with the columns of the city folder"


def read_roads(path: Path, periods: Sequence[str], crs: Crs, languages: Languages, problems: Problems) -> Roads:
    """The road graph; without edges when the file is absent, or wrong in any row and noted as such."""
    table = _table(path, periods, spared(NAMES, languages), problems) if path.is_file() else None
    sound = table is not None and _whole_table(table, problems) and _sound_rows(table, periods, problems)
    return _roads(table if sound else _schema(periods).empty_table(), periods, crs)


def _roads(table: pa.Table, periods: Sequence[str], crs: Crs) -> Roads:
    points = [table[name].to_numpy() for name in _POINTS]
    from_lon, from_lat = to_wgs84(points[0], points[1], crs)
    to_lon, to_lat = to_wgs84(points[2], points[3], crs)
    given, given_en, road_class = (_shared(table[column]) for column in _TEXTS)
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
        name=tuple(one or other for one, other in zip(given, given_en, strict=True)),
        name_en=tuple(other or one for one, other in zip(given, given_en, strict=True)),
        road_class=tuple(road_class),
        speed_kmh={period: table[speed_column(period)].to_numpy() for period in periods},
    )


def _shared(column: pa.ChunkedArray) -> list[str]:
    """The texts, of which equal ones are one: a city has few names and many edges."""
    folded = column.combine_chunks().dictionary_encode()
    words = folded.dictionary.to_pylist()
    return [words[place] for place in folded.indices.to_numpy()]


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


def _table(path: Path, periods: Sequence[str], spare: Sequence[str], problems: Problems) -> pa.Table | None:
    schema = _schema(periods)
    try:
        table = read_table(path, schema.names)
    except UnfitError as unfit:
        problems.error(FILE, None, unfit.what, unfit.fix)
        return None
    except (pa.ArrowException, OSError, ValueError) as error:
        problems.error(FILE, None, f"the file is not readable Parquet: {_first_line(error)}", _UNREADABLE)
        return None
    columns = {}
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name in spare and name not in table.column_names:
            columns[name] = pa.chunked_array([pa.array([""] * len(table), kind)])
            continue
        if name not in table.column_names:
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

        def what(row: int, end: str = end, lon: Floats = lon, lat: Floats = lat) -> str:
            return f"edge {edge[row]}: {end}_lon {lon[row]:g}, {end}_lat {lat[row]:g}: {_why(lon[row], lat[row])}"

        with np.errstate(invalid="ignore"):
            fine = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0))
            projected = (np.abs(lon) > LARGEST_DEGREES) | (np.abs(lat) > LARGEST_DEGREES)
        problems.rows(FILE, projected, what, TO_DEGREES)
        problems.rows(FILE, ~fine & ~projected, what, "Give degrees, longitude as lon")


def _why(lon: float, lat: float) -> str:
    if max(abs(lon), abs(lat)) > LARGEST_DEGREES:
        return "metres or feet of a map projection"
    return "lon and lat are swapped" if abs(lon) <= 90 < abs(lat) <= 180 else "no place on earth"


def _check_between(edge: Integers, column: str, values: Floats, highest: float, unit: str, problems: Problems) -> None:
    def what(row: int) -> str:
        return f"edge {edge[row]}: {column} is {values[row]:g}"

    wrong = ~((values > 0) & (values <= highest))
    problems.rows(FILE, wrong, what, f"Give {column} in {unit}, above 0 and at most {highest:,.0f}")
