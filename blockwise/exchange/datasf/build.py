"""The whole folder, step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from blockwise.exchange.datasf.boundaries import ROOT, read_boundaries, write_blocks
from blockwise.exchange.datasf.call_types import call_kind
from blockwise.exchange.datasf.files import make_folder, read_csv, source, write_json
from blockwise.exchange.datasf.forces import write_people, write_stations, write_statuses
from blockwise.exchange.datasf.streets import DEFAULT_MPH, FACTORS, write_streets
from blockwise.exchange.fresh import refuse_filled
from blockwise.exchange.tabular import read_map, take

CITY: Final[dict[str, Any]] = {
    "code": ROOT,
    "name": {"en": "San Francisco", "zh": "旧金山"},
    "timezone": "America/Los_Angeles",
    "languages": ["en", "zh"],
    "crs": "wgs84",
    "calendar": "us",
    "working_hours": [["09:00", "17:00"]],
    "levels": [
        {"key": "city", "zh": "市", "en": "city"},
        {"key": "community", "zh": "街区", "en": "neighbourhood"},
        {"key": "cell", "zh": "普查区", "en": "census tract"},
    ],
    "rings": [5, 15],
    "road_periods": [
        {"key": "night", "from": "22:00", "to": "06:00"},
        {"key": "peak", "from": "06:00", "to": "09:00"},
        {"key": "day", "from": "09:00", "to": "15:00"},
        {"key": "peak", "from": "15:00", "to": "19:00"},
        {"key": "day", "from": "19:00", "to": "22:00"},
    ],
    "features": {},
    "demo": True,
}


WINDOW: Final = "sf_fire_units/dev_window_2016-12-31_2017-01-07.parquet"
MAPS: Final = Path(__file__).parent / "maps"
RULE: Final = (
    "Every time is imported as it was claimed (local wall-clock turned into UTC) and none is altered, left out or"
    " put in another order. A row is refused only when it cannot be a response at all: no call, no unit, no time"
    " of receipt or dispatch, or a point outside every block. A type or priority that is unknown is kept in the call's"
    " text and played as the type other, the priority as its type's own. A noted row is imported; what is"
    " impossible about its times is for the replay, which keeps them in happened_at and takes a unit off its"
    " earlier call when the claims send it to the next one."
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written. rows = imported + refused; `noted` rows are imported and listed in imports/."""

    blocks: int
    edges: int
    street_ranges: int
    units: int
    calls: int
    rows: int
    imported: int
    refused: int
    noted: int
    unknown: tuple[dict[str, Any], ...] = ()  # words of the data that were played as "other"


def build(
    data: Path,
    out: Path,
    progress: Callable[[str], None] | None = None,
    *,
    window: Path | None = None,
    plan: Path | None = None,
) -> Summary:
    """Writes San Francisco's folder to `out` from the data folder `data` (the one with INDEX.md).

    `window` is the file of calls, by default the eight days of INDEX.md; `plan` another map of it.
    `progress` is told the name of each step as it begins. BadData when a source file is not there or not readable,
    BadFile or BadMap for the calls; Conflict when `out` holds anything.
    """
    refuse_filled(out)
    tell = progress or _quiet
    maps = {name: read_map(MAPS / f"{name}.yaml") for name in ("units", "roster")}
    maps["calls"] = read_map(plan or MAPS / "calls.yaml")
    make_folder(out / "kinds")
    (out / "kinds" / "call.yaml").write_text(call_kind(), encoding="utf-8")
    (out / "city.yaml").write_text(yaml.safe_dump(CITY, allow_unicode=True, sort_keys=False), encoding="utf-8")
    tell("boundaries")
    boundaries = read_boundaries(data)
    write_blocks(boundaries, out / "blocks.geojson")
    tell("streets")
    edges, ranges, lengthened = write_streets(data, out)
    tell("stations and units")
    rows = window or source(data, WINDOW)
    moved = write_stations(data, out, boundaries)
    units = take(rows, maps["units"], out)
    take(rows, maps["roster"], out)
    write_statuses(out)
    write_people(out, boundaries, [row["code"] for row in read_csv(out / "units.csv")])
    tell("calls")
    found = take(rows, maps["calls"], out)
    unknown = [*found.words.listed(), *units.words.listed()]
    report = {"source": rows.name if window else WINDOW, "rule": RULE, "assumed": _assumed([*moved, *lengthened])}
    write_json(out / "import_report.json", report)
    return Summary(
        blocks=1 + len(boundaries.neighbourhoods) + len(boundaries.tracts),
        edges=edges,
        street_ranges=ranges,
        units=units.written,
        calls=found.files["calls.parquet"].added,
        rows=found.rows,
        imported=found.written + found.repeated,
        refused=len(found.refused),
        noted=len(found.noted),
        unknown=tuple(unknown),
    )


def _assumed(notes: list[str]) -> list[str]:
    factors = ", ".join(f"{period} {factor}" for period, factor in FACTORS.items())
    return [
        "Priority 1 is the data's priority 3 or E (code 3), priority 3 its code 2.",
        f"Speeds are the posted limit, {DEFAULT_MPH:g} mph where it is unknown (0) or special (99), times {factors}.",
        "An edge shorter than the line between its ends gets that line's length.",
        "Every street is driven both ways; every unit is on duty round the clock.",
        "A unit's home is the station area it was sent to most often; crews are usual sizes.",
        "The airport has no tract in the data: a rectangle around its call box stands for it.",
        *notes,
    ]


def _quiet(step: str) -> None:
    """Nobody asked to be told."""
