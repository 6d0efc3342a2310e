"""A flat map in metres around a city: equirectangular, good to some metres over a hundred kilometres."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from blockwise.exchange.folder.rows import Floats

METRES_PER_DEGREE: Final = 111_319.49
Shapes = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Plane:
    """x metres east and y metres north of (`lon`, `lat`)."""

    lon: float
    lat: float

    @property
    def east(self) -> float:
        """Metres in a degree of longitude here."""
        return METRES_PER_DEGREE * float(np.cos(np.radians(self.lat)))

    def points(self, lon: Floats, lat: Floats) -> Floats:
        """(n, 2) metres of (n,) degrees."""
        return np.column_stack(((lon - self.lon) * self.east, (lat - self.lat) * METRES_PER_DEGREE))

    def degrees(self, points: Floats) -> Floats:
        """(n, 2) degrees of (n, 2) metres."""
        return np.column_stack((points[:, 0] / self.east + self.lon, points[:, 1] / METRES_PER_DEGREE + self.lat))

    def shapes(self, shapes: Shapes) -> Shapes:
        """Geometries in degrees, in metres."""
        flat: Shapes = shapely.transform(shapes, lambda xy: self.points(xy[:, 0], xy[:, 1]))
        return flat

    def place(self, shape: shapely.Geometry) -> str:
        """A point inside a shape in metres, as degrees to be read."""
        point = shape.representative_point()
        return f"lon {self.lon + point.x / self.east:.5f}, lat {self.lat + point.y / METRES_PER_DEGREE:.5f}"
