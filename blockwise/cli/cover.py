"""`blockwise cover`: at which sites do so many facilities serve the demand best?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import answers

app = typer.Typer()
BUSY = answers.within("from 0 to below 1", lambda busy: 0 <= busy < 1)


class Objective(StrEnum):
    LSCP = "lscp"
    MCLP = "mclp"
    BACKUP = "backup"
    MEXCLP = "mexclp"
    PMEDIAN = "pmedian"


@app.command(cls=answers.Refusing)
def cover(
    ctx: typer.Context,
    demand: Annotated[
        Path, typer.Option(help="CSV x,y,weight in metres or lon,lat,weight; or a file of the benchmarks.")
    ],
    objective: Annotated[Objective, typer.Option(help="What the sites are chosen for.")],
    sites: Annotated[Path | None, typer.Option(help="CSV x,y or lon,lat; else each demand's place is one.")] = None,
    times: Annotated[Path | None, typer.Option(help="CSV demand,site,cost; a pair it lacks has no way.")] = None,
    facilities: Annotated[int | None, typer.Option(min=1, help="How many (lscp finds it).")] = None,
    radius: Annotated[float | None, typer.Option(min=0, help="Covered within, in metres or as --times.")] = None,
    busy: Annotated[float | None, typer.Option(callback=BUSY, help="mexclp: how likely a facility is busy.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="For the proof; after that the gap is told.")] = 60.0,
    as_json: answers.Json = False,
) -> None:
    """The sites, what they come to, and how much better the best choice could be (gap 0: it is the best)."""
    from blockwise.exchange.siting import read_siting

    _asked(objective, radius, busy)
    asked = read_siting(demand, sites, times)
    count = facilities if facilities is not None else asked.facilities
    if count is None and objective is not Objective.LSCP:
        raise answers.option("--facilities", f"{objective} needs their number.", "Say how many there are.")
    if count is not None:
        _fits(objective, count, len(asked.sites.names), demand if facilities is None else "--facilities")
    other = "Give another number of --facilities, another --radius, other --sites or other weights."
    with answers.about(demand, other), answers.progress() as step, answers.quiet():
        found = _solve(asked, objective, count or 0, radius, busy, seconds=seconds, progress=step)
    chosen = [asked.sites.names[site] for site in found.sites]
    caveats = answers.idle(ctx, objective.value, *(["facilities"] if objective is Objective.LSCP else []))
    total = float(asked.demand.weight.sum())

    def report() -> Iterator[Any]:
        yield f"{objective} over {found.n:,} demands of weight {total:,g} and {len(asked.sites.names):,} sites"
        told = {"objective": found.objective, "covered": found.covered, "bound": found.bound, "gap": found.gap}
        yield answers.table({name: [answers.plain(value)] for name, value in told.items()})
        yield f"Sites: {', '.join(map(str, chosen))}"
        yield "Proven to be the best." if found.proven else f"At most {100 * found.gap:.2g} % short of the best."
        yield f"Source: {found.source}."
        yield from answers.noted(caveats)

    answers.give(
        {
            "objective": found.objective,
            "sites": chosen,
            "covered": found.covered,
            "bound": found.bound,
            "gap": found.gap,
            "proven": found.proven,
            "covered_n": found.covered_n,
            "backup": found.backup,
            "n": found.n,
            "weight": total,
            "mean": found.objective / total if objective is Objective.PMEDIAN else None,
            "source": found.source,
            "caveats": caveats,
        },
        as_json,
        report,
    )


def _asked(objective: Objective, radius: float | None, busy: float | None) -> None:
    if radius is None and objective is not Objective.PMEDIAN:
        what = f"{objective} needs the distance within which a demand is covered."
        raise answers.option("--radius", what, "Give it in metres, or in the unit of --times.")
    if busy is None and objective is Objective.MEXCLP:
        raise answers.option("--busy", "mexclp needs how likely a facility is busy.", "Give a share, such as 0.3.")
    if busy is not None and objective is not Objective.MEXCLP:
        raise answers.option("--busy", f"{objective} does not take it.", "Leave it out, or take mexclp.")


def _fits(objective: Objective, count: int, sites: int, cause: str | Path) -> None:
    from blockwise.analysis.cover.location import checked_expected
    from blockwise.analysis.cover.problem import checked_facilities

    with answers.about(cause, "Give fewer, or more --sites."):
        if objective is Objective.MEXCLP:
            checked_expected(count)
        elif objective is not Objective.LSCP:
            checked_facilities(count, sites)


def _solve(asked: Any, objective: Objective, count: int, radius: float | None, busy: float | None, **given: Any) -> Any:
    from blockwise.analysis.cover import location
    from blockwise.analysis.cover.median import pmedian

    weight = asked.demand.weight
    if objective is Objective.PMEDIAN:
        distances = asked.distances()
        _all_served(asked, ~_reached(distances), "no way leads from a site to it")
        return pmedian(weight, distances, count, radius=radius, **given)
    covers = asked.covers(radius)
    if objective in {Objective.LSCP, Objective.BACKUP}:
        _all_served(asked, covers.sum(axis=1) == 0, f"no site lies within {radius:g}")
    match objective:
        case Objective.LSCP:
            return location.lscp(weight, covers, **given)
        case Objective.BACKUP:
            return location.backup(weight, covers, count, **given)
        case Objective.MEXCLP:
            return location.mexclp(weight, covers, count, busy or 0.0, **given)
        case _:
            return location.mclp(weight, covers, count, **given)


def _reached(distances: Any) -> Any:
    import numpy as np

    return np.isfinite(distances).any(axis=1)


def _all_served(asked: Any, lost: Any, why: str) -> None:
    """Invalid at the row of the first demand that is lost."""
    import numpy as np

    for row in np.flatnonzero(lost)[:1].tolist():
        name = asked.demand.names[row]
        raise asked.demand.fault(row, f"The demand {name} cannot be served: {why}.", "Add a site, or leave it out.")
