"""The ways to a case as the road goes: of the units on their way to it, and of those that could be sent."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from blockwise import clock
from blockwise.access import policy
from blockwise.cases.models import Case
from blockwise.cases.queries.shown import shown
from blockwise.cases.rules.sight import case_for
from blockwise.places import roads
from blockwise.places.roads import Way
from blockwise.units.models import Unit

from .operators import operator

MOST = 20  # units that could be sent
DECIMALS = 6


@require_GET
def ways(request: HttpRequest, case_id: int) -> JsonResponse:
    """GeoJSON: a line a unit, `sent` where it works on the case. `units`: codes of others, parted by spaces."""
    actor = operator(request)
    case = case_for(case_id, actor)
    policy.may_view_units(actor, case.block_id).require()
    [row] = shown([case])
    units = list(_coming(case, request.GET.get("units", "").split()[:MOST])) if row.point else []
    features = _features(units, row.point, case) if row.point and units else []
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _coming(case: Case, codes: list[str]) -> QuerySet[Unit]:
    on_its_way = Q(assignments__case=case, assignments__on_scene_at=None, assignments__cleared_at=None)
    return Unit.objects.filter(on_its_way | Q(pk__in=codes), retired_on=None).distinct().order_by("pk")


def _features(units: list[Unit], to: tuple[float, float], case: Case) -> list[dict[str, Any]]:
    own = set(case.assignments.filter(cleared_at=None).values_list("unit", flat=True))
    end = (round(to[0] * 1e7), round(to[1] * 1e7))
    found = roads.ways_to(end, [(unit.lon_e7, unit.lat_e7) for unit in units], clock.now())
    return [_feature(unit, way, unit.pk in own) for unit, way in zip(units, found, strict=True) if way]


def _feature(unit: Unit, way: Way, sent: bool) -> dict[str, Any]:
    properties = {"unit": unit.pk, "sent": sent, "seconds": round(float(way.seconds[-1]))}
    geometry = {"type": "LineString", "coordinates": way.points.round(DECIMALS).tolist()}
    return {"type": "Feature", "properties": properties, "geometry": geometry}
