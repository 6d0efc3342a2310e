"""The road network as it is stored: one compressed blob of arrays, from which the graph is built."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from blockwise.analysis.roads import Floats, Ints, RoadGraph, build_graph
from blockwise.problems import NotFound

from .models import RoadNetwork


class RoadColumns(Protocol):
    """Roads by column, one entry an edge, WGS84; what a city folder holds."""

    @property
    def edge(self) -> Ints: ...
    @property
    def from_node(self) -> Ints: ...
    @property
    def to_node(self) -> Ints: ...
    @property
    def from_lon(self) -> Floats: ...
    @property
    def from_lat(self) -> Floats: ...
    @property
    def to_lon(self) -> Floats: ...
    @property
    def to_lat(self) -> Floats: ...
    @property
    def length_m(self) -> Floats: ...
    @property
    def oneway(self) -> NDArray[np.bool_]: ...
    @property
    def name(self) -> Sequence[str]: ...
    @property
    def name_en(self) -> Sequence[str]: ...
    @property
    def road_class(self) -> Sequence[str]: ...
    @property
    def speed_kmh(self) -> Mapping[str, Floats]: ...


COLUMNS = ("edge", "from_node", "to_node", "from_lon", "from_lat", "to_lon", "to_lat", "length_m", "oneway")
SPEED = "speed:"


@dataclass(frozen=True, eq=False)
class Network:
    """Edges (e) by column; `street` and `road_class` are positions in `names` (zh, en) and `classes`."""

    edge: Ints
    from_node: Ints
    to_node: Ints
    from_lon: Floats
    from_lat: Floats
    to_lon: Floats
    to_lat: Floats
    length_m: Floats
    oneway: NDArray[np.bool_]
    street: NDArray[np.int32]
    road_class: NDArray[np.int32]
    names: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    speeds_kmh: Mapping[str, Floats]

    def starts(self, edge: int, *, along: bool) -> list[int]:
        """The node from which an edge is driven along its own direction, or against it; none for an unknown edge."""
        nodes = self.from_node if along else self.to_node
        return [int(node) for node in nodes[self.edge == edge]]

    @cached_property
    def graph(self) -> RoadGraph:
        columns = {name: getattr(self, name) for name in COLUMNS}
        return build_graph(**columns, speeds_kmh=self.speeds_kmh)


def pack(roads: RoadColumns) -> tuple[str, bytes]:
    """The network's SHA-256 (over the arrays, so the same on every machine) and its blob."""
    names, street = _positions(list(zip(roads.name, roads.name_en, strict=True)))
    classes, road_class = _positions([(value,) for value in roads.road_class])
    arrays = {name: np.asarray(getattr(roads, name)) for name in COLUMNS}
    arrays |= {SPEED + period: np.asarray(kmh, np.float64) for period, kmh in sorted(roads.speed_kmh.items())}
    arrays |= {"street": street, "road_class": road_class, "names": _text(names), "classes": _text(classes)}
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    blob = io.BytesIO()
    np.savez_compressed(blob, allow_pickle=False, **arrays)
    return digest.hexdigest(), blob.getvalue()


def unpack(blob: bytes) -> Network:
    """The network of a blob that `pack` made."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        arrays = dict(stored)
    speeds = {name.removeprefix(SPEED): arrays.pop(name) for name in tuple(arrays) if SPEED in name}
    names = tuple((zh, en) for zh, en in _rows(arrays.pop("names")))
    classes = tuple(row[0] for row in _rows(arrays.pop("classes")))
    return Network(**arrays, names=names, classes=classes, speeds_kmh=speeds)


def newest() -> Network:
    """The network in force. NotFound when none is loaded."""
    row = RoadNetwork.objects.order_by("-loaded_at").first()
    if row is None:
        raise NotFound(_("No road network is loaded."), fix=_("Load a city folder with roads."))
    return unpack(bytes(row.arrays))


def _positions(rows: list[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], NDArray[np.int32]]:
    distinct = sorted(set(rows))
    place = {row: k for k, row in enumerate(distinct)}
    return distinct, np.array([place[row] for row in rows], dtype=np.int32)


def _text(rows: list[tuple[str, ...]]) -> NDArray[np.uint8]:
    """Rows of texts as UTF-8 bytes, fields ended by U+001F and rows by U+001E."""
    return np.frombuffer("".join("".join(f"{f}\x1f" for f in row) + "\x1e" for row in rows).encode(), np.uint8)


def _rows(text: NDArray[np.uint8]) -> list[list[str]]:
    return [row.split("\x1f")[:-1] for row in text.tobytes().decode().split("\x1e")[:-1]]
