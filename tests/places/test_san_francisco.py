"""Real streets and real calls: what San Francisco's fire calls name as their place is found near where they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.folder import CityFolder
from blockwise.places import actions, current
from blockwise.places.addresses import search

from . import search_sf
from .search_list import shares, wanted

pytestmark = pytest.mark.slow

METRES = np.array([111_195 * np.cos(np.radians(37.76)), 111_195])


@pytest.fixture
def san_francisco(db: None, tiny: CityFolder, shared: Path) -> Iterator[None]:
    """The tiny city's tree with the streets of San Francisco."""
    current.forget()
    actions.load(search_sf.san_francisco(tiny, shared), purpose="replay", record=lambda act, data: None)
    yield
    current.forget()


def test_places_of_calls(san_francisco: None, shared: Path) -> None:
    """2,036 of 2,167; the others lie on segments, ramps and call boxes that the street table does not have."""
    columns = ["address", "longitude", "latitude"]
    table = pq.read_table(shared / "data/sf_fire_units/dev_window_2016-12-31_2017-01-07.parquet", columns=columns)
    calls = {row["address"]: (row["longitude"], row["latitude"]) for row in table.to_pylist() if row["address"]}
    gaps: dict[str, list[float]] = {"crossing": [], "block_face": [], "number": []}
    for text, point in calls.items():
        hit = next(iter(search(text, 1)), None)
        if hit and hit.exact:
            gap = (np.array([hit.lon_e7, hit.lat_e7]) / 1e7 - point) * METRES
            gaps[hit.kind].append(float(np.hypot(*gap)))
    assert len(calls) == 2167
    assert {kind: len(far) for kind, far in gaps.items()} == {"crossing": 566, "block_face": 1468, "number": 2}
    assert np.percentile(gaps["crossing"], 95) < 5
    assert np.percentile(gaps["block_face"], 50) < 10
    assert np.percentile(gaps["block_face"], 95) < 80


def test_a_letter_is_another_door_and_a_span_begins_at_its_first(san_francisco: None) -> None:
    assert [(hit.text, hit.called) for hit in search("401-A JUDAH ST", 1)] == [("401 JUDAH ST", "near")]
    assert [(hit.text, hit.called) for hit in search("3735-3739 SACRAMENTO ST", 1)] == [("3735 SACRAMENTO ST", "door")]


def test_texts_as_people_say_them(san_francisco: None) -> None:
    found = shares(wanted("search_list_sf"), search)
    assert (found.missed, found.wrongly_exact) == ((), ())
