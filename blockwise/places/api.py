"""Places over HTTP. The site gives the router its authentication, which asks for a role and the scope `places:read`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from ninja import Query, Router, Schema

from . import addresses, geojson, queries
from .coordinates import E7
from .current import places
from .given import locate
from .outline import edition as present

router = Router(tags=["places"])

FOREVER = "max-age=31536000, immutable"
FEATURES = {"responses": {200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}}}
Degrees = Annotated[float, Query(description="WGS84 degrees, unless crs says otherwise")]
Prefix = Annotated[str, Query(pattern="^[0-9A-Z]{0,24}$", description="Only blocks whose code starts so")]
Near = Annotated[float | None, Query(description="Where it is asked from, WGS84 degrees: the caller's or the map's")]
Edition = Annotated[str, Query(max_length=16, description="Of the city, as its pages name it: then kept for a year")]


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
    """`exact`: the very place asked for is on record; `note` says why not. `called` says what this is: door, near (the
    nearest door), street, crossing, landmark, block, sent (a position in the text) or guess."""

    kind: str
    called: str
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
def blocks_geojson(
    request: HttpRequest, level: str | None = None, prefix: Prefix = "", edition: Edition = ""
) -> HttpResponse:
    """The blocks in force of one level as a GeoJSON FeatureCollection; the first level below the root by default."""
    return _sent(request, geojson.blocks_geojson(level, prefix), edition)


@router.get("/roads.geojson", summary="Roads as a map", openapi_extra=FEATURES)
def roads_geojson(request: HttpRequest, edition: Edition = "") -> HttpResponse:
    """The roads by street and class as a GeoJSON FeatureCollection."""
    return _sent(request, geojson.roads_geojson(), edition)


@router.get("/addresses", response=list[AddressOut], summary="Find a place as people say it")
def find_addresses(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=200)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    lon: Near = None,
    lat: Near = None,
) -> list[AddressOut]:
    """Places a text may mean, the likeliest first: doors, streets, crossings, stretches between two streets, landmarks,
    exits and stones of motorways, blocks, and positions that were sent. Of guesses that are alike, the nearest to lon
    and lat come first."""
    near = locate(lon, lat, where="lon, lat").point if lon is not None and lat is not None else None
    return [_address(hit) for hit in addresses.search(q, limit, near)]


def _address(hit: addresses.AddressHit) -> AddressOut:
    fields: dict[str, Any] = asdict(hit) | {"note": str(hit.note)}
    return AddressOut(**fields, lon=hit.lon_e7 / E7, lat=hit.lat_e7 / E7)


def _sent(request: HttpRequest, document: geojson.Document, asked: str) -> HttpResponse:
    if request.headers.get("If-None-Match") == document.etag:
        response: HttpResponse = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(document.compressed, content_type="application/geo+json")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(document.body, content_type="application/geo+json")
    response["ETag"] = document.etag
    response["Cache-Control"] = f"private, {FOREVER if asked == present(places()) else 'no-cache'}"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
