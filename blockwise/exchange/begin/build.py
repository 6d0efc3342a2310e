"""A folder out of answers: outlines, roads, cells, groupings, stand-ins and a picture; all of it, or nothing."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
import shapely
import yaml

from blockwise.exchange import tabular
from blockwise.exchange.folder import sound_folder
from blockwise.exchange.fresh import refuse_filled
from blockwise.exchange.grid.cells import BEAT_CELLS, PEOPLE, Streets, grid_of, groups_of, zones_in
from blockwise.exchange.osm.extract import Step
from blockwise.exchange.osm.write import ATTRIBUTION, write_osm
from blockwise.exchange.outlines.blocks import Block, Columns, Made, TooWide, level_of, root_of, write_blocks
from blockwise.exchange.outlines.shapes import read_shapes
from blockwise.exchange.written import write_rows
from blockwise.problems import Invalid

from .answers import Answers, LevelAnswer
from .preview import write_overlaps, write_preview
from .standins import write_examples, write_mesh

PERIODS: Final = (
    ("night", "22:00", "07:00"), ("peak", "07:00", "09:30"), ("day", "09:30", "17:00"), ("peak", "17:00", "19:30"),
    ("day", "19:30", "22:00"),
)  # fmt: skip


@dataclass
class Begun:
    """What was made, counted, and what is still thin, in words."""

    counts: dict[str, int] = field(default_factory=dict)
    thin: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # what was mended, the account of each table, warnings


def begin(folder: Path, answers: Answers, step: Step) -> Begun:
    """Make the folder, which must be new or empty, and check it. Invalid and BadFolder leave nothing behind but the
    picture of overlaps."""
    folder = folder.resolve()
    refuse_filled(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        begun = _make(made, answers, step)
        step("check")
        begun.told += [str(problem) for problem in sound_folder(made)[1]]
    except TooWide as wide:
        picture = folder.parent / f"{folder.name}-overlaps.html"
        write_overlaps(picture, wide)
        step(f"where: {picture}")
        raise
    else:
        if folder.exists():
            folder.rmdir()
        made.chmod(0o755)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return begun


def _make(folder: Path, answers: Answers, step: Step) -> Begun:
    begun = Begun()
    periods = sorted({key for key, _start, _end in PERIODS})
    step("outlines")
    levels = _levels(answers, begun)
    root = root_of(answers.code, *_both(answers.name), answers.root.key, levels[0])
    _roads(folder, answers, root, periods, begun, step)
    if answers.levels[-1].file is None:
        step("cells")
        levels.append(_cells(folder, answers, levels[-1], begun))
    (folder / "city.yaml").write_text(_city_yaml(answers), encoding="utf-8", newline="\n")
    _sum_up(levels)
    root = replace(root, population=sum(block.population for block in levels[0]))
    write_blocks(folder / "blocks.geojson", [root, *(block for level in levels for block in level)])
    zones = _groupings(folder, root, levels[-1])
    write_rows(folder / "calendar.csv", ("date", "day", "name"), ())
    own = [(one, tabular.read_map(one.plan)) for one in answers.tables]
    given = {plan.table.name for _one, plan in own}
    made = write_examples(folder, root, levels[0], zones, given)
    if made:
        begun.thin.append(f"{', '.join(made)} are examples: put your own in their place")
    for one, plan in own:
        step(one.file.name)
        account = tabular.take(one.file, plan, folder)
        begun.told += [f"{one.file.name}: {line}" for line in account.lines()]
    begun.counts |= {level.key: len(blocks) for level, blocks in zip(answers.levels, levels, strict=True)}
    if not sum(block.population for block in levels[-1]):
        begun.thin.append("no residents: blocks have a population of 0")
    write_preview(folder / "preview.html", answers.name, root, levels, folder / "roads.parquet", begun.thin)
    return begun


def _levels(answers: Answers, begun: Begun) -> list[list[Block]]:
    levels: list[list[Block]] = []
    whole = shapely.box(-180, -90, 180, 90)
    parents: Sequence[Block] = [Block(answers.code, "", "", answers.root.key, None, 0, whole)]
    for level in (one for one in answers.levels if one.file is not None):
        made = _outlines(level, parents, answers.tolerance_m)
        begun.told += made.told
        levels.append(made.blocks)
        parents = made.blocks
    known = sum(block.population for block in parents)
    if answers.population and not known:
        levels[-1] = peopled(parents, answers.population)
        begun.thin.append("residents are spread over the blocks by area: their file has none")
    elif known and answers.population not in (0, known):
        begun.thin.append(f"the outlines' residents, {known:,} in all, stand; the answer says {answers.population:,}")
    _sum_up(levels)
    return levels


def _sum_up(levels: list[list[Block]]) -> None:
    """The residents of each level above are those of its parts."""
    for k in range(len(levels) - 2, -1, -1):
        below: dict[str | None, int] = {}
        for block in levels[k + 1]:
            below[block.parent] = below.get(block.parent, 0) + block.population
        levels[k] = [replace(block, population=below.get(block.code, 0) or block.population) for block in levels[k]]


def peopled(blocks: Sequence[Block], people: int) -> list[Block]:
    """The residents of the city spread over its blocks by area: nothing better is known."""
    share = np.array([block.geometry.area for block in blocks])
    counts = np.round(share / share.sum() * people).astype(int).tolist()
    return [replace(block, population=count) for block, count in zip(blocks, counts, strict=True)]


def _outlines(level: LevelAnswer, parents: Sequence[Block], tolerance_m: float) -> Made:
    assert level.file is not None
    shapes = read_shapes(level.file, level.crs, level.layer)
    known = sorted({name for row in shapes.rows for name in row})
    for ours, theirs in level.columns.items():
        if theirs not in known:
            what = f"level {level.key}: {ours} is {theirs!r}, and the file has no such column."
            raise Invalid(what, where=str(level.file), fix=f"Write one of: {', '.join(known) or '(it has none)'}.")
    return level_of(shapes, Columns(**level.columns), level.key, parents, level.file.name, tolerance_m)


def _both(words: Any) -> tuple[str, str]:
    return words.get("zh") or words["en"], words.get("en") or words["zh"]


def _roads(folder: Path, answers: Answers, root: Block, periods: list[str], begun: Begun, step: Step) -> None:
    if answers.extract is None:
        begun.counts["edges"] = write_mesh(folder / "roads.parquet", root.geometry, periods)
        begun.thin.append("THE ROADS ARE A STAND-IN: a mesh, no road of it is real; give an extract before going live")
        write_rows(folder / "addresses.csv", _ADDRESSES, [_middle(root)])
        return
    report = write_osm(answers.extract, folder, periods, step, root.geometry)
    begun.counts |= report.counts
    begun.thin += report.thin
    if not report.counts["addresses"]:
        write_rows(folder / "addresses.csv", _ADDRESSES, [_middle(root)])


_ADDRESSES: Final = ("code", "street", "number", "text", "text_en", "lon", "lat", "use")


def _middle(root: Block) -> tuple[object, ...]:
    """The one address of a folder that has none: a point in the middle of the city."""
    point = root.geometry.representative_point()
    return ("MIDDLE", root.name, "0", f"{root.name}中心点", f"{root.name_en}, middle", point.x, point.y, "public")


def _cells(folder: Path, answers: Answers, parents: list[Block], begun: Begun) -> list[Block]:
    roads = pq.read_table(folder / "roads.parquet")
    ends = [np.column_stack([roads[f"{end}_{axis}"].to_numpy() for axis in ("lon", "lat")]) for end in ("from", "to")]
    streets = Streets(
        shapely.linestrings(np.stack(ends, axis=1)), roads["name"].to_pylist(), roads["name_en"].to_pylist()
    )
    with (folder / "addresses.csv").open(encoding="utf-8", newline="") as file:
        doors = np.array([(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]).reshape(-1, 2)
    level = answers.levels[-1]
    grid = grid_of(parents, level.key, streets, doors, level.people or PEOPLE)
    people = [cell.population for cell in grid.cells]
    begun.thin.append(
        f"cells cut along roads: {len(grid.cells)}, of {min(people):,} to {max(people):,} residents (the middle one"
        f" {int(np.median(people)):,}, wanted {level.people or PEOPLE:,}; coefficient of variation {grid.unequal:.2f},"
        f" compactness {grid.compact:.2f}); ground that no road cuts stays whole; move what belongs elsewhere"
    )
    return grid.cells


def _groupings(folder: Path, root: Block, cells: Sequence[Block]) -> list[tuple[str, shapely.Geometry]]:
    """beats.csv and zones.csv; the zones with their shapes."""
    found: list[tuple[str, shapely.Geometry]] = []
    shapes = np.array([cell.geometry for cell in cells], dtype=object)
    for file, letter, words, count in (
        ("beats.csv", "B", ("警格", "Beat"), max(1, round(len(cells) / BEAT_CELLS))),
        ("zones.csv", "Z", ("巡区", "Zone"), min(len(cells), zones_in(root.geometry))),
    ):
        group = groups_of(cells, count)
        codes = [f"{letter}{number + 1:03d}" for number in group.tolist()]
        rows = [
            (code, f"{words[0]}{code[1:]}", f"{words[1]} {code[1:]}", cell.code)
            for code, cell in zip(codes, cells, strict=True)
        ]
        write_rows(folder / file, ("code", "name", "name_en", "cell"), sorted(rows, key=lambda row: (row[0], row[3])))
        if letter == "Z":
            found = [(f"Z{k + 1:03d}", shapely.union_all(shapes[group == k])) for k in range(int(group.max()) + 1)]
    return found


def _city_yaml(answers: Answers) -> str:
    levels = [{"key": one.key, **one.words} for one in (answers.root, *answers.levels)]
    city: dict[str, Any] = {
        "code": answers.code, "name": dict(answers.name), "timezone": answers.timezone,
        "languages": list(answers.languages), "crs": "wgs84", "calendar": answers.calendar,
        "working_hours": [["08:30", "12:00"], ["14:00", "17:30"]], "levels": levels, "rings": [5, 15],
        "road_periods": [{"key": key, "from": start, "to": end} for key, start, end in PERIODS],
        "features": {}, "demo": False,
    }  # fmt: skip
    if answers.extract is not None:
        city["attribution"] = ATTRIBUTION
    return yaml.safe_dump(city, allow_unicode=True, sort_keys=False, width=120)
