"""What cannot be true about recorded times: told, and kept as it was claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from blockwise.exchange.tabular.account import Refused

Moments = NDArray[np.int64]
NONE: Final = np.iinfo(np.int64).min
ORDER: Final = (
    ("received_at", "dispatched_at", "dispatched before it was received"),
    ("dispatched_at", "en_route_at", "en route before it was dispatched"),
    ("en_route_at", "on_scene_at", "on scene before it was en route"),
    ("on_scene_at", "transport_at", "transport before it was on scene"),
    ("on_scene_at", "hospital_at", "at the hospital before it was on scene"),
    ("transport_at", "hospital_at", "at the hospital before its transport began"),
    ("dispatched_at", "available_at", "available before it was dispatched"),
)


def notes(calls: pa.Table, responses: pa.Table) -> list[Refused]:
    """By row. Times that no row of the table has are not asked for."""
    if not responses.num_rows:
        return []
    place = pc.index_in(responses["call"], calls["call"]).to_numpy()

    def moments(name: str) -> Moments:  # one column at a time: millions of rows have six of them
        return _micros(calls["received_at"])[place] if name == "received_at" else _micros(responses[name])

    rows = responses["row"].to_numpy()
    found = [*_backwards(rows, moments), *_ends(rows, moments, responses)]
    return sorted(found, key=lambda one: one.row)


def _micros(column: pa.ChunkedArray) -> Moments:
    return np.asarray(pc.fill_null(pc.cast(column, pa.int64()), NONE).to_numpy())


def _backwards(rows: Moments, moments: Callable[[str], Moments]) -> Iterator[Refused]:
    for before, after, words in ORDER:
        first, second = moments(before), moments(after)
        wrong = (first != NONE) & (second != NONE) & (second < first)
        for row in np.flatnonzero(wrong).tolist():
            yield Refused(int(rows[row]), after, f"{words} ({(first[row] - second[row]) // 1_000_000} s)")


def _ends(rows: Moments, moments: Callable[[str], Moments], responses: pa.Table) -> Iterator[Refused]:
    """Units that were never free again, and those sent before they were."""
    starts, ends = moments("dispatched_at"), moments("available_at")
    if not np.any(ends != NONE):
        return
    for row in np.flatnonzero(ends == NONE).tolist():
        yield Refused(int(rows[row]), "available_at", "no time at which it was available again")
    units: Any = pc.dictionary_encode(responses["unit"]).combine_chunks().indices.to_numpy()
    order = np.lexsort((np.arange(len(starts)), starts, units))
    order = order[(ends[order] != NONE) & (starts[order] != NONE)]
    earlier, later = order[:-1], order[1:]
    wrong = (units[earlier] == units[later]) & (starts[later] < ends[earlier])
    for first, row in zip(earlier[wrong].tolist(), later[wrong].tolist(), strict=True):
        seconds = (ends[first] - starts[row]) // 1_000_000
        why = f"dispatched before it was free from call {responses['call'][first]} ({seconds} s)"
        yield Refused(int(rows[row]), "dispatched_at", why)
