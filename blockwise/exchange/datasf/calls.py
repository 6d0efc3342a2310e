"""calls.parquet and responses.parquet: every unit row of the window, its times as claimed, in UTC."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from blockwise.exchange.datasf.files import BadData, Row, read_parquet
from blockwise.exchange.datasf.words import PRIORITIES, Words
from blockwise.exchange.folder.check_calls import CALLS, RESPONSES

WINDOW: Final = "sf_fire_units/dev_window_2016-12-31_2017-01-07.parquet"
ZONE: Final = ZoneInfo("America/Los_Angeles")
EMERGENCY: Final = tuple(word for word, priority in PRIORITIES.items() if priority == 1)
TIMES: Final = {
    "dispatched_at": "dispatch_ts",
    "en_route_at": "response_ts",
    "on_scene_at": "on_scene_ts",
    "transport_at": "transport_ts",
    "hospital_at": "hospital_ts",
    "available_at": "available_ts",
}
COLUMNS: Final = (
    *("call_number", "unit_id", "row_id", "received_ts", *TIMES.values()),
    *("call_type", "priority", "unit_type", "station_area", "address", "longitude", "latitude"),
)
RULE: Final = (
    "Every time is imported as it was claimed (local wall-clock turned into UTC) and none is altered, left out or"
    " put in another order. A row is refused only when it cannot be a response at all: no call, no unit, no time"
    " of receipt or dispatch, or a point outside every block. A type or priority that is unknown is kept in the call's"
    " text and played as the type other, the priority as its type's own. A noted row is imported; what is"
    " impossible about its times is for the replay, which keeps them in happened_at and takes a unit off its"
    " earlier call when the claims send it to the next one."
)
ORDER: Final = (
    ("received_ts", "dispatch_ts", "dispatched before it was received"),
    ("dispatch_ts", "response_ts", "en route before it was dispatched"),
    ("response_ts", "on_scene_ts", "on scene before it was en route"),
    ("on_scene_ts", "transport_ts", "transport before it was on scene"),
    ("on_scene_ts", "hospital_ts", "at the hospital before it was on scene"),
    ("transport_ts", "hospital_ts", "at the hospital before its transport began"),
    ("dispatch_ts", "available_ts", "available before it was dispatched"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    calls: int
    rows: int
    imported: int
    refused: tuple[dict[str, Any], ...]
    noted: tuple[dict[str, Any], ...]


def read_window(path: Path) -> list[Row]:
    """The rows of the operator's file. BadData names columns that are missing or hold no local times."""
    rows = read_parquet(path)
    if not rows:
        raise BadData("The file holds no rows.", where=str(path), fix="Give the calls of whole days.")
    if missing := [name for name in COLUMNS if name not in rows[0]]:
        fix = f"Give the dataset with its columns under these names: {', '.join(COLUMNS)}."
        raise BadData(f"The columns {', '.join(missing)} are missing.", where=str(path), fix=fix)
    for name in ("received_ts", *TIMES.values()):
        for number, row in enumerate(rows, 1):
            if row[name] is not None and not (isinstance(row[name], datetime) and row[name].tzinfo is None):
                what = f"{name} of row {number} is {row[name]!r}."
                raise BadData(what, where=str(path), fix="Write local wall-clock times as timestamps without a zone.")
    return rows


def write_calls(rows: list[Row], out: Path, land: Any, words: Words) -> Imported:
    """Writes both files. `rows` are numbered from 1, in the order of the source; `words` counts those unknown."""
    shapely.prepare(land)
    numbered = list(enumerate(rows, 1))
    refused = [_entry(number, row, why) for number, row in numbered if (why := _unusable(row, land))]
    out_of = {entry["row"] for entry in refused}
    used = [(number, row) for number, row in numbered if number not in out_of]
    for _, row in used:
        words.count(row)
    first = {row["call_number"]: row for _, row in reversed(used)}
    calls = sorted(first.values(), key=lambda row: (row["received_ts"], row["call_number"]))
    _write(out / "calls.parquet", [_call(row, words) for row in calls], CALLS)
    _write(out / "responses.parquet", [_response(number, row) for number, row in used], RESPONSES)
    noted = sorted(_notes(used), key=lambda entry: entry["row"])
    return Imported(len(calls), len(rows), len(used), tuple(refused), tuple(noted))


def utc(local: datetime | None) -> datetime | None:
    """A wall-clock time of San Francisco in UTC; of the hour that comes twice in autumn, the first."""
    return None if local is None else local.replace(tzinfo=ZONE).astimezone(UTC)


def _unusable(row: Row, land: Any) -> str | None:
    for column in ("call_number", "unit_id", "received_ts", "dispatch_ts"):
        if not row[column]:
            return f"{column} is empty"
    if row["longitude"] is None or not shapely.intersects_xy(land, row["longitude"], row["latitude"]):
        return f"the point {row['longitude']}, {row['latitude']} is outside every block"
    return None


def _notes(rows: list[tuple[int, Row]]) -> Iterator[dict[str, Any]]:
    by_unit: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for number, row in rows:
        for before, after, words in ORDER:
            if row[before] and row[after] and row[after] < row[before]:
                seconds = int((row[before] - row[after]).total_seconds())
                yield _entry(number, row, f"{words} ({seconds} s)")
        if not row["available_ts"]:
            yield _entry(number, row, "no time at which it was available again")
        else:
            by_unit[row["unit_id"]].append((number, row))
    for own in by_unit.values():
        own.sort(key=lambda entry: entry[1]["dispatch_ts"])
        for (_, earlier), (number, row) in pairwise(own):
            if row["dispatch_ts"] < earlier["available_ts"]:
                seconds = int((earlier["available_ts"] - row["dispatch_ts"]).total_seconds())
                why = f"dispatched before it was free from call {earlier['call_number']} ({seconds} s)"
                yield _entry(number, row, why)


def _entry(number: int, row: Row, reason: str) -> dict[str, Any]:
    return {"row": number, "row_id": row["row_id"], "unit": row["unit_id"], "reason": reason}


def _call(row: Row, words: Words) -> dict[str, Any]:
    address = row["address"] or ""
    kind = words.type_of(row["call_type"])
    return dict.fromkeys(CALLS.names) | {
        "call": row["call_number"],
        "received_at": utc(row["received_ts"]),
        "channel": "phone",
        "type": kind,
        "priority": words.priority_of(row["priority"], kind),
        "lon": row["longitude"],
        "lat": row["latitude"],
        "place_kind": _place_kind(address),
        "address": address,
        "text": words.kept(row),
        "weapon": False,
        "hazmat": row["call_type"] == "HazMat",
        "language": "en",
    }


def _place_kind(address: str) -> str:
    """Addresses are given by block or crossing; the few others are call boxes and doors."""
    if address.startswith("CALL BOX"):
        return "open"
    if "/" in address:
        return "crossing"
    return "street" if " Block of " in address else "premises"


def _response(number: int, row: Row) -> dict[str, Any]:
    times = {name: utc(row[column]) for name, column in TIMES.items()}
    return {"row": number, "call": row["call_number"], "unit": row["unit_id"]} | times


def _write(path: Path, rows: list[Mapping[str, Any]] | list[dict[str, Any]], schema: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
