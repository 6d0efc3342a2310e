"""A city folder, read: parsed at the edge, frozen inside."""

from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import BadFolder, Problems
from blockwise.exchange.folder.read_blocks import read_blocks
from blockwise.exchange.folder.read_city import read_city
from blockwise.exchange.folder.read_roads import read_roads
from blockwise.exchange.folder.read_tables import (
    read_addresses,
    read_calendar,
    read_groupings,
    read_people,
    read_roster,
    read_stations,
    read_statuses,
    read_street_ranges,
    read_units,
)
from blockwise.exchange.folder.rows import CityFolder

REQUIRED: Final = (
    *("city.yaml", "blocks.geojson", "roads.parquet", "stations.csv"),
    *("units.csv", "roster.csv", "statuses.csv"),
)
PLACES: Final = ("addresses.csv", "street_ranges.csv")
CALLS: Final = ("calls.parquet", "responses.parquet")


def read_folder(path: Path) -> CityFolder:
    """The folder at `path`, coordinates in WGS84; BadFolder when any part of it cannot be read.

    Only what stands in each file is looked at here; how the files fit together is `check_folder`'s work.
    """
    problems = Problems()
    folder = parse_folder(path, problems)
    if folder is None or problems.broken_files():
        raise BadFolder(problems.listed())
    return folder


def parse_folder(path: Path, problems: Problems) -> CityFolder | None:
    """What can be read of the folder, problems noted; None when there is no folder or no sound city.yaml."""
    if not path.is_dir():
        problems.error(str(path), None, "there is no such folder", "Name the folder that holds city.yaml")
        return None
    _check_present(path, problems)
    city = read_city(path / "city.yaml", problems)
    if city is None:
        what = "the other files were not looked at"
        problems.warning("city.yaml", None, what, "Correct city.yaml and check again")
        return None
    return CityFolder(
        path=path,
        city=city,
        blocks=read_blocks(path / "blocks.geojson", city.crs, problems),
        beats=read_groupings(path / "beats.csv", problems),
        zones=read_groupings(path / "zones.csv", problems),
        stations=read_stations(path / "stations.csv", city.crs, problems),
        units=read_units(path / "units.csv", problems),
        roster=read_roster(path / "roster.csv", problems),
        statuses=read_statuses(path / "statuses.csv", problems),
        roads=read_roads(path / "roads.parquet", city.period_keys, city.crs, problems),
        addresses=read_addresses(path / "addresses.csv", city.crs, problems),
        street_ranges=read_street_ranges(path / "street_ranges.csv", city.crs, problems),
        people=read_people(path / "people.csv", problems),
        calendar=read_calendar(path / "calendar.csv", problems),
        kinds=tuple(sorted((path / "kinds").glob("*.yaml"))),
        calls=tuple(path / name for name in CALLS if (path / name).is_file()),
    )


def _check_present(path: Path, problems: Problems) -> None:
    for name in REQUIRED:
        if not (path / name).is_file():
            problems.error(name, None, "the file is missing", "Add it to the folder")
    if not any((path / name).is_file() for name in PLACES):
        fix = "Add it, or street_ranges.csv, to the folder"
        problems.error("addresses.csv", None, "the file is missing", fix)
