"""What is reached by road within some minutes of a place, as a map takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import shapely
from django.utils.translation import gettext_lazy as _

from blockwise.analysis import rings as areas
from blockwise.analysis.roads import RoadGraph
from blockwise.problems import Invalid

from .coordinates import E7
from .current import places
from .geojson import rounded
from .roads import period_at, shut_at

LONGEST: Final = 60  # minutes


def rings_geojson(lon_e7: int, lat_e7: int, at: datetime, minutes: Sequence[float] | None = None) -> str:
    """The areas reached within each number of minutes (the city's own rings by default), the largest first, as a
    GeoJSON FeatureCollection. It is worked out once for all who ask alike. Invalid for minutes beyond LONGEST."""
    here, shut = places(), shut_at(at)
    if not all(0 < one <= LONGEST for one in minutes or ()):
        fix = _("Give minutes above 0 and up to {most}.").format(most=LONGEST)
        raise Invalid(_("These minutes cannot be drawn."), where="minutes", fix=fix)
    wanted = tuple(sorted({float(one) for one in minutes or here.city.rings}, reverse=True))
    period = period_at(here, at)
    asked = (shut, period, lon_e7, lat_e7, wanted)
    return here.rings.get(asked, lambda: _drawn(here.graph(shut), period, lon_e7, lat_e7, wanted))


def _drawn(graph: RoadGraph, period: str, lon_e7: int, lat_e7: int, minutes: Sequence[float]) -> str:
    found = areas.rings(graph, period, lon_e7 / E7, lat_e7 / E7, minutes)
    features = [_ring(most, area) for most, area in zip(minutes, found, strict=True)]
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def _ring(minutes: float, area: shapely.MultiPolygon) -> str:
    drawn = shapely.to_geojson(shapely.transform(area, rounded))
    return f'{{"type":"Feature","properties":{{"minutes":{minutes:g}}},"geometry":{drawn}}}'
