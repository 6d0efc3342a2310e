"""The block tree: San Francisco > neighbourhood > census tract of 2010, tiling exactly.

The tracts come clipped to the shore by somebody else's program, with slivers between them: overlaps go to the
tract with the lower code, gaps to the tract that shares most of their border. Neighbourhoods are unions of the
tracts that lie mostly in them, so that they follow tract lines rather than their own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray

from blockwise.exchange.datasf.files import read_csv, read_features, source, write_features

ROOT: Final = "SF"
GRID: Final = 1e-7  # degrees to which every vertex is rounded
LARGEST_GAP: Final = 1e-6  # square degrees, about 10,000 m2: a larger one would be a lake, not a sliver
AIRPORT: Final = "San Francisco International Airport"
AIRPORT_TRACT: Final = "AIRPRT"
AIRPORT_BOX: Final = (-122.390, 37.611, -122.378, 37.622)
Shapes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tract:
    """`code` within the city folder; `number` as the census writes it."""

    code: str
    number: str
    neighbourhood: str
    population: int
    shape: Any


@dataclass(frozen=True, slots=True)
class Boundaries:
    tracts: tuple[Tract, ...]
    neighbourhoods: Mapping[str, str]  # name by code

    def land(self) -> Any:
        """The whole city as one shape."""
        return shapely.union_all([tract.shape for tract in self.tracts], grid_size=GRID)


def read_boundaries(data: Path) -> Boundaries:
    """Tracts with their neighbourhoods and populations, and the airport.

    The airport is San Francisco's and its calls are answered, but no tract of the data holds it: it gets a
    neighbourhood and a tract of its own, a plain rectangle around its call box, without residents.
    """
    folder = "sf_boundaries/"
    features = read_features(source(data, folder + "sf-tracts-2010-clipped.geojson"))
    raw = {feature["properties"]["tractce10"]: shapely.geometry.shape(feature["geometry"]) for feature in features}
    shapes = _repaired(raw)
    hoods = read_features(source(data, folder + "sf-neighborhoods-analysis.json"))
    belongs = _belonging(shapes, hoods)
    names = [*sorted(set(belongs.values())), AIRPORT]
    codes = {name: f"{ROOT}{number:02d}" for number, name in enumerate(names, 1)}
    people: dict[str, int] = defaultdict(int)
    for row in read_csv(source(data, folder + "sf_blockgroup_population_2010.csv")):
        people[row["TRACTCE"]] += int(row["POPULATION"])
    shapes[AIRPORT_TRACT] = shapely.box(*AIRPORT_BOX)
    belongs[AIRPORT_TRACT] = AIRPORT
    tracts = tuple(
        Tract(codes[belongs[number]] + number, number, codes[belongs[number]], people[number], shape)
        for number, shape in shapes.items()
    )
    return Boundaries(tuple(sorted(tracts, key=lambda tract: tract.code)), {code: name for name, code in codes.items()})


def write_blocks(boundaries: Boundaries, path: Path) -> None:
    """blocks.geojson: the city, its neighbourhoods, its tracts."""
    everyone = sum(tract.population for tract in boundaries.tracts)
    features = [_feature(ROOT, "旧金山", "San Francisco", "city", None, everyone, boundaries.land())]
    for code, name in boundaries.neighbourhoods.items():
        own = [tract for tract in boundaries.tracts if tract.neighbourhood == code]
        shape = shapely.union_all([tract.shape for tract in own], grid_size=GRID)
        population = sum(tract.population for tract in own)
        features.append(_feature(code, name, name, "community", ROOT, population, shape))
    for tract in boundaries.tracts:
        name = AIRPORT if tract.number == AIRPORT_TRACT else f"Tract {_written(tract.number)}"
        parent = tract.neighbourhood
        features.append(_feature(tract.code, name, name, "cell", parent, tract.population, tract.shape))
    write_features(path, features)


def _written(number: str) -> str:
    """101.00 as the census prints tract 010100."""
    return f"{int(number[:4])}.{number[4:]}"


def _feature(
    code: str, name: str, name_en: str, level: str, parent: str | None, population: int, shape: Any
) -> dict[str, Any]:
    properties = {
        "code": code,
        "name": name,
        "name_en": name_en,
        "level": level,
        "parent": parent,
        "population": population,
        "core": AIRPORT not in name,
    }
    geometry = shapely.geometry.mapping(shapely.transform(shape, lambda points: np.round(points, 7)))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _repaired(raw: Mapping[str, Any]) -> Shapes:
    """The same tracts on one grid, without overlaps or gaps between them."""
    codes = sorted(raw)
    shapes: NDArray[Any] = np.array([shapely.set_precision(raw[code], GRID) for code in codes], dtype=object)
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for i, j in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if i < j and shapely.area(shapely.intersection(shapes[i], shapes[j], grid_size=GRID)) > 0:
            shapes[j] = _areas(shapely.difference(shapes[j], shapes[i], grid_size=GRID))
    for gap in _gaps(shapely.union_all(shapes, grid_size=GRID)):
        border = [shapely.intersection(gap, shape).length if gap.intersects(shape) else 0.0 for shape in shapes]
        owner = int(np.argmax(border))
        shapes[owner] = _areas(shapely.union(shapes[owner], gap, grid_size=GRID))
    return dict(zip(codes, shapes.tolist(), strict=True))


def _gaps(whole: Any) -> list[Any]:
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    gaps = [shapely.Polygon(ring) for ring in rings]
    return [gap for gap in gaps if gap.area <= LARGEST_GAP]


def _areas(shape: Any) -> Any:
    """Only the polygons of a shape: a difference may leave lines and points behind."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _belonging(shapes: Shapes, hoods: list[dict[str, Any]]) -> dict[str, str]:
    """Name of the neighbourhood that holds most of each tract."""
    names = [hood["properties"]["nhood"] for hood in hoods]
    areas = np.array([shapely.make_valid(shapely.geometry.shape(hood["geometry"])) for hood in hoods], dtype=object)
    return {
        code: names[int(np.argmax(shapely.area(shapely.intersection(areas, shape))))] for code, shape in shapes.items()
    }
