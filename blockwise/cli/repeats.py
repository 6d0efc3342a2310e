"""`blockwise repeats`: do incidents follow each other near and soon?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import answers

app = typer.Typer()


class Metric(StrEnum):
    MANHATTAN = "manhattan"
    EUCLIDEAN = "euclidean"


@app.command(cls=answers.Refusing)
def repeats(
    incidents: Annotated[Path, typer.Option(help="CSV: x,y,date; x and y in metres.")],
    distances: Annotated[str, typer.Option(help="Edges of the distance bands [a,b) in metres, such as 0,1,100,200.")],
    days: Annotated[str, typer.Option(help="Edges of the day bands [a,b), such as 0,7,14.")],
    metric: Annotated[Metric, typer.Option(help="How distance is measured.")] = Metric.MANHATTAN,
    replicates: answers.Replicates = 999,
    seed: answers.Seed = 1,
    as_json: answers.Json = False,
) -> None:
    """Pairs of incidents by distance and days apart, against shuffled dates; one more band is open above each."""
    from blockwise.analysis.repeats import near_repeats

    edges, spans = _edges(distances, "--distances"), _edges(days, "--days")
    x, y, dates = _incidents(incidents)
    fewer = "Give smaller --distances, fewer incidents or a smaller area."
    with answers.about(incidents, fewer), answers.progress() as step:
        found = near_repeats(
            x,
            y,
            dates,
            edges,
            spans,
            metric=metric.value,
            replicates=replicates,
            seed=seed,
            progress=lambda share: step("shuffling", share),
        )
    cells = [
        {
            "distance": [low, high],
            "days": [soon, late],
            "observed": found.observed[row, column],
            "expected": found.expected[row, column],
            "ratio": found.ratio[row, column],
            "p": found.p[row, column],
        }
        for row, (low, high) in enumerate(_bands(edges))
        for column, (soon, late) in enumerate(_bands(spans))
    ]
    caveats = _left_out(found, edges[0], spans[0])
    if len(set(dates.tolist())) == 1 or (len(set(x.tolist())) == 1 and len(set(y.tolist())) == 1):
        caveats.append("All incidents share one day or one place: shuffling dates changes nothing, and every p is 1.")

    def report() -> Iterator[Any]:
        shown = [answers.plain(cell) for cell in cells]
        labels = {"distance": _label, "days": _label}
        columns = {name: [labels.get(name, _same)(cell[name]) for cell in shown] for name in cells[0]}
        yield answers.table(columns, f"{found.n:,} incidents, {replicates:,} shuffles of the dates, {metric}")
        yield f"Source: {found.source}."
        yield from answers.noted(caveats)

    answers.give(
        {
            "cells": cells,
            "n": found.n,
            "metric": metric.value,
            "replicates": replicates,
            "seed": seed,
            "source": found.source,
            "caveats": caveats,
        },
        as_json,
        report,
    )


def _incidents(path: Path) -> tuple[Any, Any, Any]:
    """x, y and day numbers; each date must name a day."""
    import numpy as np

    from blockwise.exchange.dates import DAY
    from blockwise.exchange.tables import DATE, Cell, read_csv

    metres = Cell("number", -1e9, 1e9)
    table = read_csv(path, {"x": metres, "y": metres, "date": DATE})
    dates = table.dates("date")
    for row in np.flatnonzero(dates.precision < DAY)[:1]:
        raise table.fault(int(row), "The date names no day.", "Write dates as 2026-03-31.")
    if table.size < 2:
        raise table.fault(0, "There is one incident only.", "Give at least two.")
    return table.numbers("x"), table.numbers("y"), dates.days


def _left_out(found: Any, nearest: float, soonest: float) -> list[str]:
    """How many pairs are in no band, and that those past the last edges are in one."""
    pairs, counted = found.n * (found.n - 1) // 2, int(found.observed.sum())
    if counted == pairs:
        return []
    near = [f"{found.nearer:,} less than {nearest:g} m"] if found.nearer else []
    soon = [f"{found.sooner:,} less than {soonest:g} days"] if found.sooner else []
    open_above = int(found.observed[-1].sum() + found.observed[:-1, -1].sum())
    return [
        f"Of {pairs:,} pairs, {pairs - counted:,} lie below the first edges and are in no band "
        f"({' and '.join([*near, *soon])} apart). Begin with 0 to count them. "
        f"{open_above:,} pairs lie past the last edges: the open bands have them."
    ]


def _edges(text: str, option: str) -> list[float]:
    from blockwise.analysis.repeats import checked_edges

    with answers.about(option, "Write rising numbers with commas between, such as 0,7,14."):
        try:
            edges = [float(edge) for edge in text.split(",")]
        except ValueError:
            raise ValueError(f"“{text[:60]}” is no list of numbers.") from None
        checked_edges(edges, option.removeprefix("--").capitalize())
        return edges


def _bands(edges: list[float]) -> list[tuple[float, float | None]]:
    return list(zip(edges, [*edges[1:], None], strict=True))


def _label(band: list[float | None]) -> str:
    low, high = band
    return f"from {low:g}" if high is None else f"[{low:g}, {high:g})"


def _same(value: Any) -> Any:
    return value
