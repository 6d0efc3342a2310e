"""Blocks and roads for maps, as GeoJSON (RFC 7946) made once for each version of the city."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from blockwise.problems import Invalid

from .current import BlockFacts, Places, places
from .queries import AFTER_CODES

DECIMALS: Final = 5  # of a degree: a metre


@dataclass(frozen=True)
class Document:
    """JSON, kept compressed as nearly everybody asks for it, and its entity tag."""

    compressed: bytes
    etag: str

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.compressed)


def blocks_geojson(level: str | None = None, prefix: str = "") -> Document:
    """The blocks in force of a level (the first below the root when None) whose code starts with `prefix`.

    Outlines are thinned together, so that neighbours still fit. Invalid for a level the city does not have.
    """
    here = places()
    keys = [str(row["key"]) for row in here.city.levels]
    wanted = keys[min(1, len(keys) - 1)] if level is None else level
    if wanted not in keys:
        fix = _("Give one of: {levels}.").format(levels=", ".join(keys))
        raise Invalid(_("This city has no such level."), where="level", fix=fix)
    level_at = keys.index(wanted)
    found: Document = here.documents.get(
        ("blocks", wanted, prefix), lambda: _document(here, _blocks(here, level_at, prefix))
    )
    return found


def roads_geojson() -> Document:
    """The roads as one MultiLineString for each street and class, straight between nodes."""
    here = places()
    found: Document = here.documents.get(("roads",), lambda: _document(here, _roads(here)))
    return found


def _document(here: Places, features: Iterable[dict[str, Any]]) -> Document:
    """Feature by feature: a city's worth of them at once would stay with the process as freed memory. Whose the data
    are stands in it, where their licence asks."""
    pieces = (json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode() for feature in features)
    whose = {"attribution": here.city.attribution} if here.city.attribution else {}
    head = json.dumps({"type": "FeatureCollection", **whose}, ensure_ascii=False, separators=(",", ":"))[:-1]
    body = head.encode() + b',"features":[' + b",".join(pieces) + b"]}"
    return Document(gzip.compress(body, 6, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _blocks(here: Places, level: int, prefix: str) -> Iterator[dict[str, Any]]:
    index = here.index
    chosen = [
        k for k in np.flatnonzero(index.levels == level).tolist() if prefix <= index.codes[k] < prefix + AFTER_CODES
    ]
    shapes = index.shapes[chosen]
    if chosen:
        shapes = shapely.coverage_simplify(shapes, 10.0**-DECIMALS)
    drawn = shapely.to_geojson(shapely.transform(shapes, rounded))
    labels = rounded(shapely.get_coordinates(shapely.point_on_surface(shapes))).tolist()
    codes = [index.codes[k] for k in chosen]
    for code, geometry, label in zip(codes, drawn, labels, strict=True):
        if code in here.blocks:
            yield _feature(here, here.blocks[code], json.loads(geometry), label)


def _feature(here: Places, block: BlockFacts, geometry: dict[str, Any], label: list[float]) -> dict[str, Any]:
    """`label`: a point inside, where the name is written once, however the map is cut into tiles."""
    properties = {
        "code": block.code,
        "name": block.name,
        "name_en": block.name_en,
        "level": here.city.levels[block.level]["key"],
        "parent": block.parent,
        "population": block.population,
        "core": block.core,
        "beat": block.beat,
        "zone": block.zone,
        "label": label,
    }
    return {"type": "Feature", "id": block.code, "properties": properties, "geometry": geometry}


def _roads(here: Places) -> Iterator[dict[str, Any]]:
    net = here.network
    ends = rounded(np.stack([[net.from_lon, net.to_lon], [net.from_lat, net.to_lat]], axis=-1)).transpose(1, 0, 2)
    groups = net.road_class.astype(np.int64) * len(net.names) + net.street
    order = np.argsort(groups, kind="stable")
    keys, starts = np.unique(groups[order], return_index=True)
    for key, lines in zip(keys.tolist(), np.split(ends[order], starts[1:]), strict=True):
        name, name_en = net.names[key % len(net.names)]
        properties = {"name": name, "name_en": name_en, "class": net.classes[key // len(net.names)]}
        geometry = {"type": "MultiLineString", "coordinates": lines.tolist()}
        yield {"type": "Feature", "properties": properties, "geometry": geometry}


def rounded(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees as they are sent to maps."""
    return np.round(degrees, DECIMALS)
