"""An extract taken into a city folder that is there already."""

from __future__ import annotations

import tempfile
from pathlib import Path

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_blocks import read_blocks
from blockwise.exchange.folder.read_city import read_city
from blockwise.problems import Invalid

from .extract import Step
from .write import ATTRIBUTION, Report, write_osm


def renew(extract: Path, folder: Path, step: Step) -> Report:
    """Write roads.parquet, addresses.csv and landmarks.csv of the folder anew, cut to its outline, and say whose data
    they are in city.yaml. Invalid leaves the folder as it was."""
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
        for path in Path(made).iterdir():
            path.replace(folder / path.name)
    if not city.attribution:
        with (folder / "city.yaml").open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"attribution: {ATTRIBUTION!r}\n")
    return report
