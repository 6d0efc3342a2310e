"""Is the folder sound? Every fault in plain words: what, in which file, on which line, what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.check_apart import check_apart
from blockwise.exchange.folder.check_calls import check_calls
from blockwise.exchange.folder.check_crs import check_crs
from blockwise.exchange.folder.check_forces import (
    check_filled,
    check_people,
    check_roster,
    check_statuses,
    check_units,
)
from blockwise.exchange.folder.check_groupings import check_groupings
from blockwise.exchange.folder.check_kinds import check_kinds
from blockwise.exchange.folder.check_needs import Capability, capabilities, check_needs
from blockwise.exchange.folder.check_outline import check_outlines
from blockwise.exchange.folder.check_places import check_addresses, check_landmarks, check_stations, check_street_ranges
from blockwise.exchange.folder.check_roads import check_roads
from blockwise.exchange.folder.check_tiling import check_tiling
from blockwise.exchange.folder.check_tree import check_calendar, check_tree
from blockwise.exchange.folder.problems import BadFolder, Problem, Problems
from blockwise.exchange.folder.read import parse_folder
from blockwise.exchange.folder.rows import CityFolder

Check = Callable[[CityFolder, Problems], None]

# In this order; each needs the files named to be free of errors, so that one fault is not told many times.
CHECKS: Final[tuple[tuple[Check, frozenset[str]], ...]] = tuple(
    (check, frozenset(files.split()))
    for check, files in (
        (check_filled, ""),
        (check_tree, "blocks.geojson"),
        (check_calendar, "calendar.csv"),
        (check_groupings, "blocks.geojson beats.csv zones.csv"),
        (check_roads, "roads.parquet"),
        (check_apart, "blocks.geojson roads.parquet"),
        (check_outlines, "blocks.geojson"),
        (check_crs, "blocks.geojson roads.parquet stations.csv addresses.csv street_ranges.csv"),
        (check_tiling, "blocks.geojson"),
        (check_stations, "blocks.geojson stations.csv"),
        (check_addresses, "blocks.geojson addresses.csv"),
        (check_landmarks, "blocks.geojson landmarks.csv"),
        (check_street_ranges, "roads.parquet street_ranges.csv"),
        (check_units, "stations.csv zones.csv units.csv"),
        (check_roster, "units.csv roster.csv"),
        (check_statuses, "statuses.csv"),
        (check_people, "blocks.geojson units.csv people.csv"),
        (check_kinds, ""),
        (check_needs, "units.csv"),
        (check_calls, "units.csv calls.parquet"),
    )
)


def check_folder(path: Path) -> list[Problem]:
    """Everything wrong with the folder, errors first; an empty list when it is sound."""
    return examine_folder(path)[0]


def examine_folder(path: Path) -> tuple[list[Problem], tuple[Capability, ...]]:
    """What `check_folder` says, and what units can do beside what types need (nothing where units.csv is wrong)."""
    problems = Problems()
    folder = _checked(path, problems)
    able = capabilities(folder) if folder and "units.csv" not in problems.broken_files() else ()
    return problems.listed(), able


def sound_folder(path: Path) -> tuple[CityFolder, list[Problem]]:
    """The folder, read once and checked, and its warnings; BadFolder when there is any error."""
    problems = Problems()
    folder = _checked(path, problems)
    if folder is None or problems.broken_files():
        raise BadFolder(problems.listed())
    return folder, problems.listed()


def _checked(path: Path, problems: Problems) -> CityFolder | None:
    folder = parse_folder(path, problems)
    if folder is not None:
        for check, needed in CHECKS:
            if not needed & problems.broken_files():
                check(folder, problems)
    return folder
