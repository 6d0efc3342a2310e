"""calls.parquet and responses.parquet, the source of a replay: readable, complete, of known units."""

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from blockwise.exchange.folder.check_needs import check_call_types
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import CityFolder
from blockwise.exchange.parquet import UnfitError, read_table

MOMENT: Final = pa.timestamp("us", "UTC")
CALLS: Final = pa.schema(
    {
        "call": pa.string(),
        "received_at": MOMENT,
        "channel": pa.string(),
        "type": pa.string(),
        "priority": pa.int8(),
        "lon": pa.float64(),
        "lat": pa.float64(),
        "place_kind": pa.string(),
        "address": pa.string(),
        "repeat_of": pa.string(),
        "caller_name": pa.string(),
        "caller_phone": pa.string(),
        "text": pa.string(),
        "injured": pa.int16(),
        "trapped": pa.int16(),
        "weapon": pa.bool_(),
        "hazmat": pa.bool_(),
        "language": pa.string(),
    }
)
TIMES: Final = (
    *("dispatched_at", "en_route_at", "on_scene_at"),
    *("transport_at", "hospital_at", "available_at"),
)
RESPONSES: Final = pa.schema(
    {"row": pa.int64(), "call": pa.string(), "unit": pa.string()} | dict.fromkeys(TIMES, MOMENT)
)
CHANNELS: Final = ("phone", "app", "web", "officer", "alarm", "sensor")
PLACES: Final = ("dwelling", "premises", "street", "crossing", "open")
ZONE: Final = "Write it as a timestamp with a zone (pandas: .dt.tz_localize('Asia/Shanghai'), for one)"
_FIX: Final = "Write the file again in the form that docs and `city new` use"


def check_calls(folder: CityFolder, problems: Problems) -> None:
    """Notes what keeps the folder's calls, if it has any, from being replayed; rows count from 1 as lines."""
    files = {path.name: path for path in folder.calls}
    if "calls.parquet" not in files:
        if files:
            problems.error("calls.parquet", None, "the file is missing", "Add it beside responses.parquet")
        return
    calls = _table(files["calls.parquet"], CALLS, problems)
    if calls is None:
        return
    _check_rows(calls, problems)
    check_call_types(folder, Counter(calls["type"].drop_null().to_pylist()), problems)
    if "responses.parquet" in files:
        responses = _table(files["responses.parquet"], RESPONSES, problems)
        if responses is not None:
            units = pa.array([unit.code for unit in folder.units], pa.string())
            file = "responses.parquet"
            _check_known(file, responses["call"], calls["call"], "call", "calls.parquet", problems)
            _check_known(file, responses["unit"], units, "unit", "units.csv", problems)


def _table(path: Path, schema: pa.Schema, problems: Problems) -> pa.Table | None:
    try:
        table = read_table(path, schema.names)
    except UnfitError as unfit:
        problems.error(path.name, None, unfit.what, unfit.fix)
        return None
    except (pa.ArrowException, OSError, ValueError):
        problems.error(path.name, None, "the file is not readable Parquet", _FIX)
        return None
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        problems.error(path.name, None, f"the column {missing[0]} is missing", _FIX)
        return None
    moments = [name for name in schema.names if schema.field(name).type == MOMENT]
    if local := [name for name in moments if _without_zone(table.schema.field(name).type)]:
        what = f"{', '.join(local)}: times without a zone; local ones would be taken for UTC"
        problems.error(path.name, None, what, ZONE)
        return None
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, ValueError) as error:
        problems.error(path.name, None, f"a column has the wrong type: {str(error)[:120]}", _FIX)
        return None


def _without_zone(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is None


def _check_rows(calls: pa.Table, problems: Problems) -> None:
    year = pc.year(calls["received_at"])
    lon, lat = pc.abs(calls["lon"]), pc.abs(calls["lat"])
    sound = {
        "received_at": pc.and_(pc.greater_equal(year, 2000), pc.less(year, 2100)),
        "channel": pc.is_in(calls["channel"], pa.array(CHANNELS)),
        "priority": pc.and_(pc.greater_equal(calls["priority"], 1), pc.less_equal(calls["priority"], 4)),
        "place_kind": pc.is_in(calls["place_kind"], pa.array(PLACES)),
        "type": pc.greater(pc.utf8_length(calls["type"]), 0),
        "lon": pc.and_(pc.less_equal(lon, 180), pc.greater(lon, 0)),
        "lat": pc.and_(pc.less_equal(lat, 90), pc.greater(lat, 0)),
    }
    for column, fine in sound.items():

        def what(row: int, column: str = column) -> str:
            return f"call {calls['call'][row]}: {column} is {calls[column][row]}"

        problems.rows("calls.parquet", _not(fine), what, f"Correct {column}")
    seen = calls["call"].to_numpy()
    _, first = np.unique(seen.astype(str), return_index=True)
    again = np.ones(len(seen), dtype=np.bool_)
    again[first] = False
    problems.rows("calls.parquet", again, lambda row: f"call {seen[row]} is there twice", "Give every call once")
    repeats = calls["repeat_of"]
    _check_known("calls.parquet", repeats, calls["call"], "call", "calls.parquet", problems, empty=True)


def _check_known(
    file: str,
    values: pa.ChunkedArray,
    known: pa.ChunkedArray,
    noun: str,
    where: str,
    problems: Problems,
    *,
    empty: bool = False,
) -> None:
    there = pc.is_in(values, pa.array(known.to_pylist(), pa.string()))
    if empty:
        there = pc.or_(there, pc.is_null(values))

    def what(row: int) -> str:
        return f"the {noun} {values[row]} is not in {where}"

    problems.rows(file, _not(there), what, f"Correct the {noun} or leave the row out")


def _not(fine: pa.ChunkedArray) -> NDArray[np.bool_]:
    wrong: NDArray[np.bool_] = pc.invert(pc.fill_null(fine, fill_value=False)).to_numpy()
    return wrong
