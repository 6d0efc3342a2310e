"""A position that somebody sent is read as the city allows it, and never guessed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.coordinates import Crs, from_wgs84
from blockwise.places.models import City
from blockwise.places.pasted import _readings, names_one, positions, without
from tests.people import point_in

LON, LAT = point_in("99010202")
LINKS = [
    "{lat}, {lon}",
    "{lon} {lat}",
    "{lat}，{lon}",
    "geo:{lat},{lon}?z=17",
    "https://www.google.com/maps/@{lat},{lon},17z",
    "https://maps.google.com/?q={lat}%2C{lon}",
    "https://maps.apple.com/?ll={lat},{lon}&q=Here",
    "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}",
    "我在这里 {lat},{lon} 快来",
]


@pytest.mark.parametrize("link", LINKS)
def test_the_ways_in_which_a_position_is_sent(city: City, link: str) -> None:
    first, *others = positions(link.format(lat=f"{LAT:.6f}", lon=f"{LON:.6f}"))
    assert (first.point.lon, first.point.lat, first.crs) == (LON, LAT, "wgs84")
    assert {other.crs for other in others} <= {"gcj02"}  # a Chinese map may have been meant, and is offered by name


@pytest.mark.parametrize(
    ("link", "crs"),
    [
        ("https://uri.amap.com/marker?position={lon},{lat}&name=x", "gcj02"),
        ("https://apis.map.qq.com/uri/v1/marker?marker=coord:{lat},{lon};title:x", "gcj02"),
        ("http://api.map.baidu.com/marker?location={lat},{lon}&output=html", "bd09"),
    ],
)
def test_a_map_that_shifts_its_points_is_put_right(city: City, link: str, crs: Crs) -> None:
    lon, lat = from_wgs84(np.array([LON]), np.array([LAT]), crs)
    found = positions(link.format(lon=f"{lon[0]:.7f}", lat=f"{lat[0]:.7f}"))
    assert found[0].crs == crs
    assert abs(found[0].point.lon - LON) < 2e-6
    assert abs(found[0].point.lat - LAT) < 2e-6


@pytest.mark.parametrize("key", ["coord_type=wgs84", "coordinate=wgs84", "coordinate=GPS"])
def test_a_link_that_names_its_system_is_taken_at_its_word(city: City, key: str) -> None:
    (found,) = positions(f"https://uri.amap.com/marker?position={LON:.6f},{LAT:.6f}&{key}")
    assert (found.point.lon, found.point.lat) == (LON, LAT)


def test_the_pin_counts_and_not_the_view(city: City) -> None:
    link = f"https://www.google.com/maps/place/X/@22.5512,113.9054,17z/data=!3m1!4b1!8m2!3d{LAT:.6f}!4d{LON:.6f}"
    assert (positions(link)[0].point.lon, positions(link)[0].point.lat) == (LON, LAT)


def test_the_words_beside_it_stay_and_one_elsewhere_is_known_as_such(city: City) -> None:
    assert without(f"third pillar under the bridge {LAT:.6f},{LON:.6f}") == "third pillar under the bridge"
    assert without("look https://maps.example/?q=22.551,113.905 here") == "look here"
    assert names_one("48.137154, 11.576124")
    assert not names_one("48 Harbour Road")


@pytest.mark.parametrize(
    "text",
    ["", "12, 34", "48.137154, 11.576124", "22.5, 113.9", "call 113.905 tomorrow", "0.000000,0.000000", "1" * 3000],
)
def test_what_lies_elsewhere_or_is_no_position_is_none(city: City, text: str) -> None:
    assert positions(text) == []


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    list(_readings(text))
    without(text)
