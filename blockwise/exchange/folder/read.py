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
    read_landmarks,
    read_people,
    read_roster,
    read_stations,
    read_statuses,
    read_street_ranges,
    read_units,
)
from blockwise.exchange.folder.rows import CityFolder
from blockwise.exchange.folder.unread import HOW, READ, tell_unread, unread

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
        what = "it is a file, and a city is a folder" if path.exists() else "there is no such folder"
        problems.error(str(path), None, what, "Name the folder that holds city.yaml")
        return None
    if not any((path / name).exists() for name in READ):
        fix = "Name the folder that holds city.yaml; `blockwise city new DIR` makes a whole example"
        problems.error(str(path), None, "no file of a city is in this folder", fix)
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
        blocks=read_blocks(path / "blocks.geojson", city.crs, city.languages, problems),
        beats=read_groupings(path / "beats.csv", city.languages, problems),
        zones=read_groupings(path / "zones.csv", city.languages, problems),
        stations=read_stations(path / "stations.csv", city.crs, city.languages, problems),
        units=read_units(path / "units.csv", problems),
        roster=read_roster(path / "roster.csv", problems),
        statuses=read_statuses(path / "statuses.csv", city.languages, problems),
        roads=read_roads(path / "roads.parquet", city.period_keys, city.crs, city.languages, problems),
        addresses=read_addresses(path / "addresses.csv", city.crs, city.languages, problems),
        street_ranges=read_street_ranges(path / "street_ranges.csv", city.crs, problems),
        people=read_people(path / "people.csv", city.languages, problems),
        calendar=read_calendar(path / "calendar.csv", problems),
        kinds=tuple(sorted((path / "kinds").glob("*.yaml"))),
        calls=tuple(path / name for name in CALLS if (path / name).is_file()),
        landmarks=read_landmarks(path / "landmarks.csv", city.crs, city.languages, problems),
    )


def _check_present(path: Path, problems: Problems) -> None:
    """Notes files that are missing, each with what lies there in its place, and whatever else is not read."""
    others = unread(path)
    for name in REQUIRED:
        if not (path / name).is_file():
            _missing(name, "Add it to the folder", others, problems)
    if not any((path / name).is_file() for name in PLACES):
        _missing("addresses.csv", "Add it, or street_ranges.csv, to the folder", others, problems)
    tell_unread(others, problems)


def _missing(name: str, fix: str, others: dict[str, str], problems: Problems) -> None:
    there = [other for other, instead in others.items() if instead == name]
    for other in there:
        del others[other]
    named = f"; {', '.join(there)} {'is' if len(there) == 1 else 'are'} there, and not read" if there else ""
    problems.error(name, None, f"the file is missing{named}", f"{fix}: {HOW}" if there else fix)
