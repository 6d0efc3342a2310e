"""`blockwise scan`: where and when are there more cases than expected?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from blockwise.problems import Invalid

from . import answers

app = typer.Typer()


class Model(StrEnum):
    PERMUTATION = "permutation"
    POISSON = "poisson"


class Time(StrEnum):
    PROSPECTIVE = "prospective"
    RETROSPECTIVE = "retrospective"
    NONE = "none"


class Share(StrEnum):
    CASES = "cases"
    POPULATION = "population"


class Unit(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@app.command(cls=answers.Refusing)
def scan(
    ctx: typer.Context,
    cases: Annotated[Path, typer.Option(help="CSV place,date,count, or SaTScan's .cas; more columns are covariates.")],
    coordinates: Annotated[Path, typer.Option(help="CSV place,lat,lon or place,x,y, or SaTScan's .geo.")],
    start: Annotated[str, typer.Option(metavar="DAY", help="First day of the study period.")],
    end: Annotated[str, typer.Option(metavar="DAY", help="Last day of it.")],
    population: Annotated[Path | None, typer.Option(help="CSV place,date,population, or SaTScan's .pop.")] = None,
    model: Annotated[Model, typer.Option(help="permutation needs no population.")] = Model.PERMUTATION,
    time: Annotated[Time, typer.Option(help="prospective: clusters that last to the end.")] = Time.PROSPECTIVE,
    max_radius: Annotated[float | None, typer.Option(min=0, metavar="KM", help="Of a circle.")] = None,
    max_share: Annotated[float, typer.Option(min=0, max=1, callback=answers.share_above_0, help="Of a circle.")] = 0.5,
    max_share_of: Annotated[Share | None, typer.Option(help="cases for permutation, else population.")] = None,
    max_days: Annotated[int | None, typer.Option(min=1, max=4_000_000, help="Of a window of time.")] = None,
    max_time_share: Annotated[
        float,
        typer.Option(min=0, max=1, callback=answers.share_above_0, help="Of a window, without --max-days."),
    ] = 0.5,
    unit: Annotated[Unit, typer.Option(help="In which time is counted.")] = Unit.DAY,
    min_cases: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="In a cluster.")] = 2,
    cartesian: Annotated[
        bool, typer.Option("--cartesian", help="Coordinates on a plane; radius in their unit.")
    ] = False,
    replicates: answers.Replicates = 999,
    early_stop: Annotated[int, typer.Option(min=0, help="Stop at so many replicates as large; 0: never.")] = 0,
    seed: answers.Seed = 1,
    as_json: answers.Json = False,
) -> None:
    """Circles of places and windows of time with more cases than expected, the likeliest first; no two overlap."""
    from blockwise.analysis.scan.chance import Chance
    from blockwise.analysis.scan.scan import NobodyThereError, Windows, scan_dates, scan_population

    if time is Time.NONE and model is Model.PERMUTATION:
        what = "The permutation model compares times and needs them."
        raise answers.option("--time", what, "Take --model poisson with --time none.")
    study = _study(start, end, time, unit, max_days, max_time_share)
    files = _read(cases, coordinates, population, study, by_people=model is Model.POISSON, cartesian=cartesian)
    with answers.about(coordinates, "Give a smaller --max-radius."):
        circles = _circles(files.places, max_radius)
    if max_share_of is None:
        max_share_of = Share.CASES if model is Model.PERMUTATION else Share.POPULATION
    windows = Windows(study.earliest, time is Time.PROSPECTIVE, min_cases, max_share, max_share_of is Share.CASES)
    chance = Chance(replicates, seed, early_stop)
    with answers.progress() as step:
        try:
            if model is Model.PERMUTATION:
                found = scan_dates(files.cases, circles, windows, chance, _share(step))
            else:
                found = scan_population(files.cases, files.people, study.starts, circles, windows, chance, _share(step))
        except NobodyThereError as nobody:
            raise files.nobody_at(nobody.case) from None
    clusters = [_cluster(one, files.places.names, study) for one in found.clusters]
    caveats = [
        *_idle(ctx, time, max_days),
        *files.caveats,
        *_caveats(clusters, found.n, circles, windows, files.cases.place),
    ]

    def report() -> Iterator[Any]:
        if shown := [one for one in clusters if one["p"] < 1] or clusters[:1]:
            columns: dict[str, list[Any]] = {
                name: [one[name] for one in shown] for name in ("start", "end", "observed")
            }
            for name, digits in (("expected", 4), ("llr", 6), ("p", 4)):
                columns[name] = [float(f"{one[name]:.{digits}g}") for one in shown]
            if windows.alive:
                columns["once in days"] = [round(one["recurrence_days"]) for one in shown]
            columns["places"] = [_named(one["places"]) for one in shown]
            yield answers.table(columns, f"{found.n:,} cases, {circles.n:,} places, {model}, {time}")
        if rest := len(clusters) - len(shown):
            yield f"{rest:,} more with p 1 (--json gives all)."
        yield f"{found.maxima.size:,} replicates. Source: {found.source}."
        yield from answers.noted(caveats)

    answers.give(
        {
            "clusters": clusters,
            "cases": found.n,
            "places": circles.n,
            "model": model.value,
            "time": time.value,
            "covariates": files.covariates,
            "replicates": found.maxima.size,
            "seed": seed,
            "source": found.source,
            "caveats": caveats,
        },
        as_json,
        report,
    )


@dataclass(frozen=True)
class _Study:
    """The period and its intervals of time; `earliest` as `Windows` has it."""

    first: date
    last: date
    starts: Any
    earliest: Any
    unit: str
    timed: bool


def _share(step: Callable[[str, float], None]) -> Callable[[float], None]:
    return lambda share: step("replicates", share)


def _study(start: str, end: str, time: Time, unit: Unit, max_days: int | None, max_time_share: float) -> _Study:
    import numpy as np

    from blockwise.analysis.scan import periods

    first, last = _day(start, "--start")[0], _day(end, "--end")[1]
    if last == date.max:
        raise answers.option("--end", f"{last} is the last day of the calendar.", "Take an earlier one.")
    if last < first:
        raise answers.option("--end", f"{last} is before --start {first}.", "Give the earlier day as --start.")
    if time is Time.NONE:
        starts = np.array([(day - periods.EPOCH).days for day in (first, last + timedelta(days=1))])
        return _Study(first, last, starts, np.zeros(1, dtype=np.int64), unit.value, False)
    starts = periods.intervals(first, last, unit.value)
    if max_days is None:
        with answers.about("--max-time-share", "Give a larger share, a shorter --unit or a longer period."):
            earliest = periods.longest_share(starts, max_time_share)
    else:
        with answers.about("--max-days", "Give more days, or a shorter --unit."):
            earliest = periods.longest_days(starts, max_days)
            if time is Time.PROSPECTIVE and earliest[-1] >= earliest.size:
                raise ValueError(f"The last {unit} of the period is longer than {max_days} days.")
    return _Study(first, last, starts, earliest, unit.value, True)


@dataclass(frozen=True)
class _Files:
    places: Any
    cases: Any
    people: Any
    nobody_at: Callable[[int], Invalid]
    covariates: tuple[str, ...]
    caveats: tuple[str, ...]


def _read(
    cases: Path, coordinates: Path, population: Path | None, study: _Study, *, by_people: bool, cartesian: bool
) -> _Files:
    import numpy as np

    from blockwise.analysis.scan.scan import Cases
    from blockwise.exchange import scan_files

    period = (study.first, study.last)
    places = scan_files.read_places(coordinates, cartesian)
    rows = scan_files.read_cases(cases, places, coordinates, period, timed=study.timed)
    time = _intervals(rows, study)
    people, stratum, covariates, caveats = None, rows.stratum, rows.covariates, []
    if places.degrees_on_plane:
        caveats.append("Degrees were taken for coordinates on a plane: distances and --max-radius are in degrees.")
    if not by_people and population is not None:
        caveats.append("The permutation model needs no population; that file was not read.")
    elif by_people and population is not None:
        people, stratum, gaps, again = scan_files.read_population(population, places, coordinates, rows, period)
        if again:
            what = f"{again:,} rows of the population repeat the place, date and covariates of a row before them"
            caveats.append(f"{what}: their numbers were added up.")
        if gaps:
            caveats.append("Where the population lacks a date that other places have, nobody is taken to be there.")
    elif by_people:
        people, stratum, covariates = scan_files.everywhere_one(places, period[0]), np.zeros_like(rows.stratum), ()
        caveats.append("Without --population every place is expected to have as many cases as any other.")
    if covariates:
        caveats.append(f"Adjusted for {scan_files.said(covariates)}.")
    each = np.repeat(np.arange(rows.row.size), rows.count)

    def nobody_at(case: int) -> Invalid:
        row = each[case]
        what = f"“{places.names[rows.place[row]]}” has a case and no people then, or no one of its covariates anywhere."
        return rows.table.fault(int(rows.row[row]), what, f"Give its number in {population}, or leave the row out.")

    taken = Cases(rows.place[each], time[each], stratum[each])
    return _Files(places, taken, people, nobody_at, covariates, tuple(caveats))


def _intervals(rows: Any, study: _Study) -> Any:
    """The interval of each row. Invalid where a month or a year alone does not lie in one of them."""
    import numpy as np

    if not study.timed:
        return np.zeros(rows.row.size, dtype=np.int64)
    low, high = rows.when.days, rows.when.last()
    time = np.searchsorted(study.starts, low, side="right") - 1
    for row in np.flatnonzero(high >= study.starts[time + 1])[:1].tolist():
        what = f"The date is not exact enough: it may lie in more than one {study.unit} of the period."
        raise rows.table.fault(int(rows.row[row]), what, "Write dates as 2026-03-31, or take a longer --unit.")
    return time


def _circles(places: Any, max_radius: float | None) -> Any:
    import numpy as np

    from blockwise.analysis.scan import circles

    radius = np.inf if max_radius is None else max_radius
    if places.on_plane:
        return circles.on_the_plane(places.first, places.second, radius)
    return circles.on_the_sphere(places.second, places.first, radius)


def _cluster(found: Any, names: tuple[str, ...], study: _Study) -> dict[str, Any]:
    from blockwise.analysis.scan.periods import DAYS, EPOCH

    days = study.starts[found.start], study.starts[found.end + 1] - 1
    first, last = ((EPOCH + timedelta(days=int(day))).isoformat() for day in days)
    return {
        "places": [names[place] for place in found.places.tolist()],
        "start": first,
        "end": last,
        "observed": found.observed,
        "expected": found.expected,
        "ratio": found.observed / found.expected,
        "llr": found.llr,
        "p": found.p,
        "p_gumbel": found.p_gumbel,
        "recurrence_days": found.recurrence * DAYS[study.unit],
        "radius": found.radius,
    }


def _caveats(clusters: list[dict[str, Any]], cases: int, circles: Any, windows: Any, where: Any) -> Iterator[str]:
    if not cases:
        yield "There are no cases."
    elif circles.n == 1:
        yield "There is one place only: nothing can be compared."
    elif not clusters and where.min() == where.max():
        yield f"All cases are in one place, and a circle may hold at most {windows.share:g} of the whole."
    elif not clusters:
        yield f"No window with {windows.least} cases has more of them than expected."
    if clusters and circles.ties:
        yield "Of places equally far from a centre, the one with the lesser first coordinate comes into a circle first."


def _idle(ctx: typer.Context, time: Time, max_days: int | None) -> list[str]:
    if time is Time.NONE:
        return answers.idle(ctx, "--time none", "max_days", "max_time_share", "unit")
    return answers.idle(ctx, "--max-days", "max_time_share") if max_days else []


def _day(text: str, option: str) -> tuple[date, date]:
    """The first and the last day that the text may mean."""
    from blockwise.exchange import dates

    with answers.about(option, "Write it as 2026-03-31."):
        return dates.span(text)


def _named(places: list[str], most: int = 3) -> str:
    return ", ".join(places[:most]) + (f" and {len(places) - most} more" if len(places) > most else "")
