"""The whole folder, step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from blockwise.exchange.datasf.boundaries import ROOT, read_boundaries, write_blocks
from blockwise.exchange.datasf.call_types import call_kind
from blockwise.exchange.datasf.calls import EMERGENCY, RULE, WINDOW, read_window, write_calls
from blockwise.exchange.datasf.files import make_folder, source, write_json
from blockwise.exchange.datasf.forces import write_people, write_stations, write_statuses, write_units
from blockwise.exchange.datasf.streets import DEFAULT_MPH, FACTORS, write_streets
from blockwise.exchange.datasf.words import Words
from blockwise.exchange.fresh import refuse_filled

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


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written. rows = imported + refused; `noted` rows are imported and listed."""

    blocks: int
    edges: int
    street_ranges: int
    units: int
    calls: int
    rows: int
    imported: int
    refused: int
    noted: int
    unknown: tuple[dict[str, Any], ...] = ()  # words of the data that were played as "other": see words.py


def build(
    data: Path,
    out: Path,
    progress: Callable[[str], None] | None = None,
    *,
    window: Path | None = None,
    words: Words | None = None,
) -> Summary:
    """Writes San Francisco's folder to `out` from the data folder `data` (the one with INDEX.md).

    `window` is the file of calls, by default the eight days of INDEX.md; `words` says what the operator mapped.
    `progress` is told the name of each step as it begins. BadData when a source file is not there or not readable;
    Conflict when `out` holds anything.
    """
    refuse_filled(out)
    tell = progress or _quiet
    words = words or Words()
    given = read_window(window) if window else None
    make_folder(out / "kinds")
    tell("boundaries")
    boundaries = read_boundaries(data)
    write_blocks(boundaries, out / "blocks.geojson")
    tell("streets")
    edges, ranges, lengthened = write_streets(data, out)
    tell("stations and units")
    rows = read_window(source(data, WINDOW)) if given is None else given
    stations, moved = write_stations(data, out, boundaries)
    units = write_units(rows, out, stations, words)
    write_statuses(out)
    write_people(out, boundaries, units)
    tell("calls")
    found = write_calls(rows, out, boundaries.land(), words)
    (out / "kinds" / "call.yaml").write_text(call_kind(), encoding="utf-8")
    city = yaml.safe_dump(CITY, allow_unicode=True, sort_keys=False)
    (out / "city.yaml").write_text(city, encoding="utf-8")
    report = {
        "source": window.name if window else WINDOW,
        "rows": found.rows,
        "imported": found.imported,
        "refused": found.refused,
        "noted": found.noted,
        "unknown": words.listed(),
        "rule": RULE,
        "assumed": _assumed([*moved, *lengthened]),
    }
    write_json(out / "import_report.json", report)
    words.write(out)
    blocks = 1 + len(boundaries.neighbourhoods) + len(boundaries.tracts)
    return Summary(
        blocks=blocks,
        edges=edges,
        street_ranges=ranges,
        units=len(units),
        calls=found.calls,
        rows=found.rows,
        imported=found.imported,
        refused=len(found.refused),
        noted=len(found.noted),
        unknown=tuple(words.listed()),
    )


def _assumed(notes: list[str]) -> list[str]:
    factors = ", ".join(f"{period} {factor}" for period, factor in FACTORS.items())
    return [
        f"Priority 1 is the data's priority {' or '.join(EMERGENCY)} (code 3), priority 3 its code 2.",
        f"Speeds are the posted limit, {DEFAULT_MPH:g} mph where it is unknown (0) or special (99), times {factors}.",
        "An edge shorter than the line between its ends gets that line's length.",
        "Every street is driven both ways; every unit is on duty round the clock.",
        "A unit's home is the station area it was sent to most often; crews are usual sizes.",
        "The airport has no tract in the data: a rectangle around its call box stands for it.",
        *notes,
    ]


def _quiet(step: str) -> None:
    """Nobody asked to be told."""
