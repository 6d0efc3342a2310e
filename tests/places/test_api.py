"""Places over HTTP: three people and a token on every endpoint, then each answer, then bad input."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actions import make_token
from blockwise.access.actors import WORKER
from blockwise.exchange.folder import CityFolder
from blockwise.places import current
from blockwise.places.coordinates import from_wgs84
from blockwise.places.models import City
from blockwise.places.outline import edition
from tests.exchange.tiny_city import node_point
from tests.people import person

LON, LAT = node_point(1, 1)
PATHS = [
    f"/api/blocks/at?lon={LON}&lat={LAT}",
    "/api/blocks.geojson",
    "/api/roads.geojson",
    "/api/addresses?q=横1路8号",
]


@pytest.fixture
def client(town: CityFolder) -> Client:
    """Somebody who is signed in, with a role anywhere."""
    signed_in = Client()
    signed_in.force_login(person("charlie", ("analyst", "TB")))
    return signed_in


def get(client: Client, path: str, /, **query: Any) -> Any:
    answer = client.get(f"/api{path}", query)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def refused(client: Client, path: str, /, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api{path}", query)
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code == 422
    assert {"type", "title", "detail", "where", "fix"} <= problem.keys()
    return problem


@pytest.mark.parametrize("path", PATHS)
def test_three_people_and_tokens(town: CityFolder, path: str) -> None:
    """Where things are is open to everybody with a role, and to a program only with its scope."""
    in_charge, neighbour, outsider = (
        person("alice", ("dispatcher", "TA")),
        person("bob", ("crew", "TB")),
        person("charlie"),
    )
    for user, status in ((in_charge, 200), (neighbour, 200), (outsider, 403)):
        client = Client()
        client.force_login(user)
        assert client.get(path).status_code == status
    assert Client().get(path).status_code == 401
    for scope, status in (("places:read", 200), ("cases:read", 403)):
        secret = make_token(in_charge, "test", [scope], WORKER)[1]
        assert Client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code == status


def test_the_block_at_a_point(client: Client) -> None:
    assert get(client, "/blocks/at", lon=LON, lat=LAT) == {
        "block": "TA1",
        "chain": [
            {"code": "T", "name": "小城", "name_en": "Tiny City", "level": "city"},
            {"code": "TA", "name": "西社区", "name_en": "West", "level": "community"},
            {"code": "TA1", "name": "A区1号网格", "name_en": "Cell A1", "level": "cell"},
        ],
        "beat": "BTA",
        "zone": "ZA",
        "core": True,
        "ring_minutes": 5,
    }


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_a_point_in_another_system_says_so(client: Client, crs: Any) -> None:
    lon, lat = (float(v) for v in from_wgs84(LON, LAT, crs))
    assert get(client, "/blocks/at", lon=lon, lat=lat, crs=crs)["block"] == "TA1"


@pytest.mark.parametrize(
    "query",
    [
        {"lon": 0, "lat": 0},
        {"lon": "nan", "lat": "nan"},
        {"lon": "inf", "lat": LAT},
        {"lon": LAT, "lat": LON},
        {"lon": LON + 1, "lat": LAT},
        {"lon": 1e300, "lat": LAT},
        {"lon": LON, "lat": 91},
        {"lon": "here", "lat": LAT},
        {"lon": "", "lat": ""},
        {"lon": LON},
        {},
        {"lon": LON, "lat": LAT, "crs": "epsg:4326"},
    ],
)
def test_points_that_cannot_be_used(client: Client, query: dict[str, Any]) -> None:
    refused(client, "/blocks/at", **query)


def test_swapped_numbers_and_another_system_are_noticed(client: Client) -> None:
    assert "swapped" in refused(client, "/blocks/at", lon=LAT, lat=LON)["detail"]
    lon, lat = (float(v) for v in from_wgs84(113.9385, 22.5515, "bd09"))
    assert "bd09" in refused(client, "/blocks/at", lon=lon, lat=lat)["fix"]


def test_blocks_as_geojson_with_tag_and_compression(client: Client) -> None:
    plain = client.get("/api/blocks.geojson", {"level": "cell", "prefix": "TB"})
    assert plain["Content-Type"] == "application/geo+json"
    assert [f["id"] for f in json.loads(plain.content)["features"]] == ["TB1", "TB2", "TB3", "TB4"]
    packed = client.get("/api/blocks.geojson", {"level": "cell", "prefix": "TB"}, headers={"Accept-Encoding": "gzip"})
    assert (packed["Content-Encoding"], gzip.decompress(packed.content)) == ("gzip", plain.content)
    again = client.get(
        "/api/blocks.geojson", {"level": "cell", "prefix": "TB"}, headers={"If-None-Match": plain["ETag"]}
    )
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", plain["ETag"])
    other = client.get("/api/blocks.geojson", headers={"If-None-Match": plain["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["/api/blocks.geojson", "/api/roads.geojson"])
def test_what_is_asked_under_the_present_edition_is_kept_and_under_no_other(client: Client, path: str) -> None:
    present = edition(current.places())
    kept = client.get(path, {"edition": present})
    assert kept["Cache-Control"] == "private, max-age=31536000, immutable"
    for other in ({}, {"edition": ""}, {"edition": "0" * 16}):
        answer = client.get(path, other)
        assert (answer["Cache-Control"], answer["ETag"]) == ("private, no-cache", kept["ETag"])
    assert client.get(path, {"edition": "0" * 17}).status_code == 422
    City.objects.update(version=9)
    current.forget()
    assert client.get(path, {"edition": present})["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "query", [{"level": "street"}, {"level": ""}, {"prefix": "t"}, {"prefix": "T%"}, {"prefix": "T" * 25}]
)
def test_levels_and_prefixes_that_are_not(client: Client, query: dict[str, str]) -> None:
    refused(client, "/blocks.geojson", **query)


def test_addresses(client: Client) -> None:
    (hit,) = get(client, "/addresses", q="8 Row 1 Road")
    assert hit == {
        "kind": "premises", "text": "横1路8号", "text_en": "8 Row 1 Road", "lon": 113.9177, "lat": 22.5572,
        "exact": True, "note": "", "code": "D108", "block": "TA2", "called": "door",
    }  # fmt: skip
    near = get(client, "/addresses", q="横1路99号", limit=1)
    assert [(hit["text"], hit["exact"], hit["called"]) for hit in near] == [("横1路16号", False, "near")]
    assert near[0]["note"] == "Number 99 is not on record; this is the nearest."
    assert get(client, "/addresses", q="") == []


@pytest.mark.parametrize("query", [{}, {"q": "x", "limit": 0}, {"q": "x", "limit": 51}, {"q": "x" * 201}])
def test_address_questions_that_are_refused(client: Client, query: dict[str, Any]) -> None:
    refused(client, "/addresses", **query)


def test_without_a_city_it_is_a_404(client: Client) -> None:
    City.objects.all().delete()
    current.forget()
    for path in PATHS:
        assert client.get(path).status_code == 404
