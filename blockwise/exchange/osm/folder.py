"""An extract taken into a city folder that is there already."""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_blocks import read_blocks
from blockwise.exchange.folder.read_city import read_city
from blockwise.problems import Invalid

from .extract import Step
from .write import ATTRIBUTION, Report, write_osm

OF_EXTRACTS: Final = re.compile(r"[NW][0-9]+(?:X[0-9]+)?")


def renew(extract: Path, folder: Path, step: Step) -> Report:
    """Write roads.parquet, addresses.csv and landmarks.csv of the folder anew, cut to its outline, and say whose data
    they are in city.yaml. The city's own addresses and landmarks stay. Invalid leaves the folder as it was."""
    problems = Problems()
    city = read_city(folder / "city.yaml", problems)
    blocks = read_blocks(folder / "blocks.geojson", city.crs, city.languages, problems) if city else ()
    root = next((block.geometry for block in blocks if city and block.code == city.code), None)
    if city is None or root is None:
        what = str(problems.found[0]) if problems.found else "The folder has no outline of the city."
        raise Invalid(what, where=str(folder), fix="Mend city.yaml and blocks.geojson first: blockwise city check.")
    if city.crs != "wgs84":
        fix = "Convert the folder to wgs84 first: an extract is in WGS84."
        raise Invalid(f"The folder is in {city.crs}.", where=str(folder / "city.yaml"), fix=fix)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        report = write_osm(extract, Path(made), city.period_keys, step, root)
        for name in ("addresses.csv", "landmarks.csv"):
            _keep_own(folder / name, Path(made) / name)
        if not city.attribution:
            said = (folder / "city.yaml").read_text(encoding="utf-8-sig").rstrip("\n")
            (Path(made) / "city.yaml").write_text(
                f'{said}\nattribution: "{ATTRIBUTION}"\n', encoding="utf-8", newline="\n"
            )
        for path in Path(made).iterdir():
            path.replace(folder / path.name)
    return report


def _keep_own(before: Path, made: Path) -> None:
    """The city's own rows stay: those whose code no extract gave."""
    if not before.is_file():
        return
    with before.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        own = [row for row in reader if not OF_EXTRACTS.fullmatch(row.get("code") or "")]
        columns = list(reader.fieldnames or ())
    if not own:
        return
    with made.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows, header = list(reader), list(reader.fieldnames or ())
    with made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys((*header, *columns))), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, *own])
