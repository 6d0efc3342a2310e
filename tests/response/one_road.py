"""One road along the tiny city's row of cells, driven at 36 km/h."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from blockwise import clock
from blockwise.places.current import forget
from blockwise.places.models import RoadNetwork
from blockwise.places.network import pack
from tests.people import CELLS, point_in
from tests.recorded import recorded

METRES = 1026.0  # between the middles of two cells, 0.01 degree along 22.55 north


@recorded
def make_road() -> None:
    """A two-way edge between the middles of each two neighbouring cells."""
    points = np.array([point_in(cell) for cell in CELLS])
    count = len(CELLS) - 1
    nodes = np.arange(len(CELLS))
    columns = SimpleNamespace(
        edge=np.arange(count), from_node=nodes[:-1], to_node=nodes[1:],
        from_lon=points[:-1, 0], from_lat=points[:-1, 1], to_lon=points[1:, 0], to_lat=points[1:, 1],
        length_m=np.full(count, METRES), oneway=np.zeros(count, dtype=bool),
        name=("长路",) * count, name_en=("Long Road",) * count, road_class=("arterial",) * count,
        speed_kmh={"day": np.full(count, 36.0)},
    )  # fmt: skip
    digest, blob = pack(columns)
    RoadNetwork.objects.create(digest=digest, arrays=blob, loaded_at=clock.real_now())
    forget()
