"""What lies in the folder and is not read, each with what is read in its place."""

import difflib
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import Problems

TABLES: Final = (
    *("beats.csv", "zones.csv", "addresses.csv", "street_ranges.csv", "landmarks.csv", "stations.csv"),
    *("units.csv", "roster.csv", "statuses.csv", "people.csv", "calendar.csv"),
)
READ: Final = ("city.yaml", "blocks.geojson", "roads.parquet", *TABLES, "calls.parquet", "responses.parquet")
ALONGSIDE: Final = (
    "truth.json",
    "import_report.json",
    "imports",
    "osm_notes.csv",
    "preview.html",
    "address_faults.csv",
    "address_quality.csv",
)  # written beside them by the makers of folders
PROSE: Final = (".md", ".txt", ".rst", ".pdf")
SHEETS: Final = (".xlsx", ".xls", ".ods", ".numbers")
LIKENESS: Final = 0.75
_OF_MAPS: Final = {
    ".pbf": "roads.parquet",
    ".osm": "roads.parquet",
    ".gpkg": "blocks.geojson",
    ".shp": "blocks.geojson",
    ".dbf": "blocks.geojson",
    ".shx": "blocks.geojson",
    ".prj": "blocks.geojson",
    ".cpg": "blocks.geojson",
    ".kml": "blocks.geojson",
}
HOW: Final = "docs/city-folder.md says what stands in it"


def unread(folder: Path) -> dict[str, str]:
    """Files and folders that are not read, each with the name of the one that is ("" where none is like it)."""
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.name
        if name in (*READ, *ALONGSIDE, "kinds") or name.startswith((".", "~$")):
            continue
        if path.suffix.lower() in PROSE or name.upper() in ("LICENSE", "LICENCE", "README", "NOTICE"):
            continue
        found[f"{name}/" if path.is_dir() else name] = _instead(path)
    kinds = folder / "kinds"
    for path in sorted(kinds.iterdir()) if kinds.is_dir() else ():
        if path.suffix != ".yaml" and not path.name.startswith(".") and path.suffix.lower() not in PROSE:
            found[f"kinds/{path.name}"] = f"kinds/{path.stem}.yaml"
    return found


def tell_unread(found: dict[str, str], problems: Problems) -> None:
    """A warning for each; files of one map or of one kind are told together."""
    for name, instead in found.items():
        if not instead:
            problems.warning(name, None, "it is not read", f"Read are {', '.join(READ)} and kinds/*.yaml")
        elif Path(name).suffix.lower() in SHEETS:
            problems.warning(name, None, f"it is not read; {instead} is", "Save the sheet as CSV, UTF-8 with commas")
        elif Path(name).suffix.lower() == Path(instead).suffix:
            problems.warning(name, None, f"it is not read; {instead} is", f"Call it {instead} if it is that")
        else:
            problems.warning(name, None, f"it is not read; {instead} is", f"Write what it holds into {instead}: {HOW}")


def _instead(path: Path) -> str:
    """By its name first (`roads.csv`, `unit.csv`), then by its form (`.pbf`)."""
    if path.is_dir():
        return ""
    stem = path.name.split(".")[0].lower()
    stems = {name.split(".")[0]: name for name in READ}
    close = difflib.get_close_matches(stem, stems, 1, LIKENESS)
    if close:
        return stems[close[0]]
    forms = (_OF_MAPS.get(suffix.lower(), "") for suffix in reversed(path.suffixes))
    return next((form for form in forms if form), "")
