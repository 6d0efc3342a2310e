"""Places over HTTP. The site gives the router its authentication and asks for the scope `places:read`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import shapely
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema

from blockwise import clock
from blockwise.problems import Invalid

from . import addresses, geojson, queries, roads
from .coordinates import E7
from .given import locate

router = Router(tags=["places"])

LONGEST_RING = 60
FEATURES = {"responses": {200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}}}
Degrees = Annotated[float, Query(description="WGS84 degrees, unless crs says otherwise")]
Prefix = Annotated[str, Query(pattern="^[0-9A-Z]{0,24}$", description="Only blocks whose code starts so")]
Minutes = Annotated[list[float] | None, Query(max_length=4, description="The city's own rings when left out")]


class BlockNameOut(Schema):
    code: str
    name: str
    name_en: str
    level: str


class BlockAtOut(Schema):
    """`chain` runs from the root down to the block; `ring_minutes` is within what time it is to be reached."""

    block: str
    chain: list[BlockNameOut]
    beat: str | None
    zone: str | None
    core: bool
    ring_minutes: int


class AddressOut(Schema):
    """`exact` is false where the place asked for is not on record; `note` then says what this is instead."""

    kind: str
    text: str
    text_en: str
    lon: float
    lat: float
    exact: bool
    note: str
    code: str
    block: str | None


@router.get("/blocks/at", response=BlockAtOut, summary="The block that answers for a point")
def block_at(request: HttpRequest, lon: Degrees, lat: Degrees, crs: str = "wgs84") -> BlockAtOut:
    """The smallest block at a point, and all it belongs to."""
    answer = locate(lon, lat, crs, where="lon, lat").answer
    return BlockAtOut(**asdict(answer), ring_minutes=queries.ring_minutes(answer.block))


@router.get("/blocks.geojson", summary="Blocks as a map", openapi_extra=FEATURES)
def blocks_geojson(request: HttpRequest, level: str | None = None, prefix: Prefix = "") -> HttpResponse:
    """The blocks in force of one level as a GeoJSON FeatureCollection; the first level below the root by default."""
    return _sent(request, geojson.blocks_geojson(level, prefix))


@router.get("/roads.geojson", summary="Roads as a map", openapi_extra=FEATURES)
def roads_geojson(request: HttpRequest) -> HttpResponse:
    """The roads by street and class as a GeoJSON FeatureCollection."""
    return _sent(request, geojson.roads_geojson())


@router.get("/addresses", response=list[AddressOut], summary="Find an address, crossing or street")
def find_addresses(
    request: HttpRequest, q: Annotated[str, Query(max_length=200)], limit: Annotated[int, Query(ge=1, le=50)] = 10
) -> list[AddressOut]:
    """Places a text may mean, the likeliest first: addresses, block faces, crossings, streets."""
    return [_address(hit) for hit in addresses.search(q, limit)]


@router.get("/rings", summary="What is reached in some minutes", openapi_extra=FEATURES)
def rings(
    request: HttpRequest,
    lon: Degrees,
    lat: Degrees,
    minutes: Minutes = None,
    crs: str = "wgs84",
) -> HttpResponse:
    """The areas reached by road within some minutes from a point, now, as a GeoJSON FeatureCollection."""
    if not all(0 < m <= LONGEST_RING for m in minutes or ()):
        fix = _("Give minutes above 0 and up to {most}.").format(most=LONGEST_RING)
        raise Invalid(_("These minutes cannot be drawn."), where="minutes", fix=fix)
    point = locate(lon, lat, crs, where="lon, lat").point
    found = roads.rings(point.lon_e7, point.lat_e7, clock.now(), minutes or None)
    features = [_ring(m, area) for m, area in sorted(found, key=lambda ring: -ring[0])]
    body = '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"
    return HttpResponse(body, content_type="application/geo+json")


def _ring(minutes: float, area: shapely.MultiPolygon) -> str:
    drawn = shapely.to_geojson(shapely.transform(area, geojson.rounded))
    return f'{{"type":"Feature","properties":{{"minutes":{minutes:g}}},"geometry":{drawn}}}'


def _address(hit: addresses.AddressHit) -> AddressOut:
    fields: dict[str, Any] = asdict(hit) | {"note": str(hit.note)}
    return AddressOut(**fields, lon=hit.lon_e7 / E7, lat=hit.lat_e7 / E7)


def _sent(request: HttpRequest, document: geojson.Document) -> HttpResponse:
    if request.headers.get("If-None-Match") == document.etag:
        response: HttpResponse = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(document.compressed, content_type="application/geo+json")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(document.body, content_type="application/geo+json")
    response["ETag"] = document.etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
