"""blocks.geojson out of outlines of one or more levels, the root made of those below it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from blockwise.exchange.folder.read_city import CODE
from blockwise.problems import Invalid

from .mend import Misfit, fitted
from .shapes import Shapes

MOST_A_SLIP_M: Final = 500.0  # a wider overlap is no slip of anybody's hand
LEAST_INSIDE: Final = 0.5  # of an outline's area that lies in its parent's


@dataclass(frozen=True)
class Columns:
    """What the properties of a file are called; an empty one is not there."""

    code: str = "code"
    name: str = "name"
    name_en: str = ""
    population: str = ""


@dataclass(frozen=True)
class Block:
    code: str
    name: str
    name_en: str
    level: str
    parent: str | None
    population: int
    geometry: shapely.Geometry


@dataclass
class Made:
    """The blocks of one level; what was mended and made up, in words."""

    blocks: list[Block]
    told: list[str]


class TooWide(Invalid):
    """Outlines that overlap by more than a slip; `outlines` and `misfits` are for a picture of where."""

    def __init__(
        self, path: str, misfits: Sequence[Misfit], names: Sequence[str], outlines: Sequence[shapely.Geometry]
    ) -> None:
        self.misfits = tuple(sorted(misfits, key=lambda one: -one.area_m2))
        self.outlines, self.widest_m = tuple(outlines), max(one.width_m for one in misfits)
        worst = self.misfits[0]
        other = names[worst.second or 0]
        lon, lat = worst.middle
        what = (
            f"{len(misfits)} overlaps are wider than is mended; the largest, of {worst.area_m2:,.0f} m², is of"
            f" {names[worst.first]} and {other} at lon {lon:.5f}, lat {lat:.5f}."
        )
        fix = "Draw the border once."
        if self.widest_m < MOST_A_SLIP_M:
            fix = (
                f"Draw the border once; if it is a slip, allow it: a tolerance_m of {self.widest_m + 1:.0f} closes all."
            )
        super().__init__(what, where=path, fix=fix)


def root_of(code: str, name: str, name_en: str, level: str, parts: Sequence[Block]) -> Block:
    """The city, made of its parts."""
    shape = shapely.coverage_union_all([part.geometry for part in parts])
    return Block(code, name, name_en, level, None, sum(part.population for part in parts), shape)


def level_of(
    shapes: Shapes, columns: Columns, level: str, parents: Sequence[Block], path: str, tolerance_m: float
) -> Made:
    """The blocks of one level. Each belongs to the parent in which most of it lies (`parents`: the root's code alone,
    for the first). Codes that do not begin with the parent's are made anew, and told."""
    names = [_called(row, columns, number) for number, row in enumerate(shapes.rows)]
    try:
        fit = fitted(shapes.geometry, tolerance_m)
    except ValueError as error:
        called = re.sub(r"outline (\d+)", lambda found: names[int(found[1]) - 1], str(error))
        raise Invalid(f"{called}.", where=path, fix="Give a polygon for each, beside the others.") from error
    if fit.wide:
        raise TooWide(path, fit.wide, names, fit.geometry)
    told = [f"{path}: read as {shapes.crs}, its text {shapes.encoding}"]
    if shapes.lost:
        told.append(f"{path}: {shapes.lost} rows without a shape were left out")
    for hole in fit.holes:
        lon, lat = hole.middle
        told.append(f"{path}: a hole of {hole.area_m2:,.0f} m² at lon {lon:.5f}, lat {lat:.5f} belongs to no block")
    if fit.rings:
        told.append(f"{path}: {len(fit.rings)} broken rings were mended, of {names[fit.rings[0]]} and others")
    if fit.slivers:
        told.append(f"{path}: {fit.slivers} slivers were left out")
    if fit.narrow:
        overlaps = [one for one in fit.narrow if one.second is not None]
        area = sum(one.area_m2 for one in fit.narrow)
        told.append(
            f"{path}: {len(overlaps)} overlaps and {len(fit.narrow) - len(overlaps)} gaps narrower than "
            f"{tolerance_m:.0f} m were closed, {area:,.0f} m² in all"
        )
    owners = [_owner(shape, parents, name, path) for shape, name in zip(fit.geometry, names, strict=True)]
    codes, changed = _codes(shapes, columns, owners)
    if changed:
        told.append(f"{path}: {changed} codes were made anew, so that each begins with its parent's")
    blocks = [
        Block(code, name, row.get(columns.name_en, "") or name, level, owner.code, _people(row, columns, path), shape)
        for code, name, row, owner, shape in zip(codes, names, shapes.rows, owners, fit.geometry, strict=True)
    ]
    return Made(blocks, told)


def _called(row: Any, columns: Columns, number: int) -> str:
    return str(row.get(columns.name, "")) or f"{number + 1}"


def _owner(shape: shapely.Geometry, parents: Sequence[Block], name: str, path: str) -> Block:
    shares = [shapely.intersection(shape, parent.geometry).area / shape.area for parent in parents]
    best = int(np.argmax(shares))
    if shares[best] < LEAST_INSIDE:
        what = f"{name} lies in no block of the level above: {shares[best]:.0%} of it in {parents[best].name}."
        raise Invalid(what, where=path, fix="Give both levels from one source, or correct its coordinate system.")
    return parents[best]


def _codes(shapes: Shapes, columns: Columns, owners: Sequence[Block]) -> tuple[list[str], int]:
    """As given where every one begins with its parent's and is as long as its siblings; else made anew."""
    given = [str(row.get(columns.code, "")).upper() for row in shapes.rows]
    sound = (
        len(set(given)) == len(given)
        and all(CODE.fullmatch(code) for code in given)
        and all(code.startswith(owner.code) and code != owner.code for code, owner in zip(given, owners, strict=True))
        and len({(owner.code, len(code)) for code, owner in zip(given, owners, strict=True)})
        == len({owner.code for owner in owners})
    )
    if sound:
        return given, 0
    counts: dict[str, int] = {}
    width = max(2, len(str(len(given))))
    made = []
    for owner in owners:
        counts[owner.code] = counts.get(owner.code, 0) + 1
        made.append(f"{owner.code}{counts[owner.code]:0{width}d}")
    return made, len(made)


def _people(row: Any, columns: Columns, path: str) -> int:
    text = str(row.get(columns.population, "") if columns.population else "").strip()
    if not text:
        return 0
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", text, re.ASCII):
        text = text.replace(",", "")
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise Invalid(f"{columns.population} is {text!r}.", where=path, fix="Give whole numbers of residents.")
    return int(text)


def write_blocks(path: Path, blocks: Sequence[Block]) -> None:
    """Write blocks.geojson: degrees with seven digits."""
    features = [json.dumps(_feature(block), ensure_ascii=False, separators=(",", ":")) for block in blocks]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _feature(block: Block) -> dict[str, Any]:
    properties = {
        "code": block.code, "name": block.name, "name_en": block.name_en, "level": block.level,
        "parent": block.parent, "population": block.population,
    }  # fmt: skip
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(block.geometry))}
