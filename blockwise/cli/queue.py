"""`blockwise queue`: how busy is each unit, and how many calls wait?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import answers

app = typer.Typer()
SERVED = answers.within("a finite number above 0", lambda mu: 0 < mu < math.inf)


class Capacity(StrEnum):
    ZERO = "zero"
    INFINITE = "infinite"


class Method(StrEnum):
    EXACT = "exact"
    APPROXIMATE = "approximate"


@app.command(cls=answers.Refusing)
def queue(
    rates: Annotated[Path, typer.Option(help="CSV: atom,rate,unit_order; units by preference, such as 2 1 3.")],
    units: Annotated[int, typer.Option(min=1, max=1_000, help="How many units there are, numbered from 1.")],
    mu: Annotated[float, typer.Option(callback=SERVED, help="Calls a unit serves per unit of time.")] = 1.0,
    capacity: Annotated[Capacity, typer.Option(help="Whether calls wait when all are busy.")] = Capacity.INFINITE,
    method: Annotated[Method, typer.Option(help="Exact to 15 units.")] = Method.EXACT,
    as_json: answers.Json = False,
) -> None:
    """Larson's hypercube: the share of its time that each unit is busy, and the share of calls that wait."""
    from blockwise.analysis.queue.approximation import approximate
    from blockwise.analysis.queue.hypercube import MOST_UNITS, exact

    calls, orders = _places(rates, units)
    if method is Method.EXACT and units > MOST_UNITS:
        raise answers.option(
            "--units", f"The exact model takes at most {MOST_UNITS} units.", "Take --method approximate for more."
        )
    solve = exact if method is Method.EXACT else approximate
    with answers.about(rates, "Correct the rates, or give another --mu, --units or --capacity."):
        found = solve(calls, orders, mu, queue=capacity is Capacity.INFINITE)
    caveats = _caveats(found.full)

    def report() -> Iterator[Any]:
        columns = {"unit": list(range(1, units + 1)), "workload": found.workloads.tolist()}
        yield answers.table(columns, f"{len(orders):,} places, {capacity} queue, {method}")
        wait = found.erlang_c if capacity is Capacity.INFINITE else found.erlang_b
        yield f"{'Calls that wait' if capacity is Capacity.INFINITE else 'Calls lost'}: {wait:.6g}"
        yield f"Source: {found.source}."
        yield from answers.noted(caveats)

    answers.give(
        {
            "workloads": found.workloads,
            "p_wait": found.p_wait,
            "p_lost": found.p_lost,
            "erlang_b": found.erlang_b,
            "erlang_c": found.erlang_c,
            "source": found.source,
            "caveats": caveats,
        },
        as_json,
        report,
    )


def _caveats(full: int) -> list[str]:
    if not full:
        return []
    who = "one unit, which then is" if full == 1 else f"{full:,} units, which then are"
    return [
        f"The approximation gives {who} at 1, more calls than there is time for; what is too much went to the others. "
        "So near to the full load its workloads are rough."
    ]


def _places(path: Path, units: int) -> tuple[Any, list[list[int]]]:
    from blockwise.exchange.tables import TEXT, Cell, read_csv

    table = read_csv(path, {"atom": TEXT, "rate": Cell("number", 0.0, 1e12), "unit_order": TEXT})
    texts = table.texts("unit_order")
    known = [_order(text, units) for text in texts.names]
    for row in range(table.size):
        if known[texts.codes[row]] is None:
            what = f"unit_order is “{texts.names[texts.codes[row]][:60]}”."
            raise table.fault(row, what, f"Name each unit from 1 to {units} once, such as 2 1 3.")
    return table.numbers("rate"), [known[code] or [] for code in texts.codes.tolist()]


def _order(text: str, units: int) -> list[int] | None:
    """Units counted from 0, first choice first; None for what is no order of all of them."""
    parts = re.split(r"[\s,;|>/-]+", text.strip())
    if not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return None
    order = [int(part) - 1 for part in parts]
    return order if sorted(order) == list(range(units)) else None
