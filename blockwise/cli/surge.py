"""`blockwise surge`: which counts of a series are above what their own past leads one to expect?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from . import answers

app = typer.Typer()
EPOCH = date(1970, 1, 1)
WEEK = 7
ALPHA = answers.within("from 1e-12 to below 1", lambda alpha: 1e-12 <= alpha < 1)


class Method(StrEnum):
    FARRINGTON = "farrington"
    NOUFAILY = "noufaily"
    C1 = "ears-c1"
    C2 = "ears-c2"
    C3 = "ears-c3"


class Threshold(StrEnum):
    DELTA = "delta"
    NBPLUGIN = "nbplugin"
    MUAN = "muan"


@app.command(cls=answers.Refusing)
def surge(
    ctx: typer.Context,
    series: Annotated[Path, typer.Option(help="CSV: date,count; a row for each week (EARS: or day).")],
    method: Annotated[Method, typer.Option(help="farrington and noufaily take weeks.")] = Method.FARRINGTON,
    begin: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day; else the earliest.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day tried; else the last.")] = None,
    years: Annotated[int, typer.Option(min=1, max=50, help="Years looked back.")] = 5,
    half_window: Annotated[int, typer.Option(min=1, max=25, help="Weeks before and after the same week.")] = 3,
    alpha: Annotated[
        float,
        typer.Option(
            callback=ALPHA, help="One-sided; two-sided for farrington without --threshold, as in its own program."
        ),
    ] = 0.01,
    threshold: Annotated[Threshold | None, typer.Option(help="noufaily: nbplugin if left out.")] = None,
    baseline: Annotated[int, typer.Option(min=3, max=1_000, help="EARS: counts in the baseline.")] = 7,
    as_json: answers.Json = False,
) -> None:
    """Each count with the bound that its past sets, and whether it is above. The bound is null where fewer than five
    cases came in four weeks: then there is no alarm (farrington, noufaily)."""
    ears = method.value.startswith("ears")
    days, counts = _series(series, None if ears else WEEK)
    tried = _period(days, begin, end)
    past = "a smaller --baseline" if ears else "fewer --years or a smaller --half-window"
    with answers.about(series, f"Give a longer series, or {past}."):
        if ears:
            points, told = _ears(counts, method, baseline, alpha, tried)
        else:
            first = _earliest(days, years, half_window, tried, begin)
            points, told = _weeks(
                days, counts, method, threshold, range(first, tried.stop),
                years=years, half_window=half_window, alpha=alpha,
            )  # fmt: skip
    unused = ("years", "half_window", "threshold") if ears else ("baseline",)
    caveats = answers.idle(ctx, method.value, *unused)
    rows = [{"date": _text(days, row), **point} for row, point in points.items()]
    if not rows:
        what = "No day of that period can be tried: what lies before it is too short."
        raise answers.option("--to", what, f"Give a later day, or {past}.")

    def report() -> Iterator[Any]:
        columns = {name: [answers.plain(row[name]) for row in rows] for name in rows[0]}
        columns["alarm"] = ["alarm" if row["alarm"] else "" for row in rows]
        alarms = sum(row["alarm"] for row in rows)
        yield answers.table(columns, f"{len(rows):,} counts by {method.value}, {alarms:,} alarms")
        yield f"Source: {told}."
        yield from answers.noted(caveats)

    answers.give(
        {"points": rows, "method": method.value, "alpha": alpha, "source": told, "caveats": caveats}, as_json, report
    )


def _weeks(
    days: Any, counts: Any, method: Method, threshold: Threshold | None, tried: range, **given: Any
) -> tuple[dict[int, dict[str, Any]], str]:
    from blockwise.analysis.surge.farrington import CLASSIC, NOUFAILY, farrington, with_threshold

    form = CLASSIC if method is Method.FARRINGTON else NOUFAILY
    if threshold is not None:
        form = with_threshold(form, threshold.value)
    with answers.progress() as step:
        found = farrington(days, counts, tried, form=form, progress=lambda share: step("weeks", share), **given)
    columns = (found.observed, found.expected, found.bound, found.alarm)
    rows = zip(*(column[:, 0].tolist() for column in columns), strict=True)
    return {
        row: {"observed": int(observed), "expected": expected, "bound": bound, "alarm": alarm}
        for row, (observed, expected, bound, alarm) in zip(tried, rows, strict=True)
    }, found.source


def _ears(
    counts: Any, method: Method, baseline: int, alpha: float, tried: range
) -> tuple[dict[int, dict[str, Any]], str]:
    from blockwise.analysis.surge.ears import ears

    which: Any = method.value.removeprefix("ears-")
    found = ears(counts, which, baseline=baseline, alpha=alpha)
    columns = (column.tolist() for column in (found.observed, found.bound, found.alarm))
    return {
        row: {"observed": int(observed), "bound": bound, "alarm": alarm}
        for row, (observed, bound, alarm) in enumerate(zip(*columns, strict=True), start=found.first)
        if row in tried
    }, found.source


def _series(path: Path, step: int | None) -> tuple[Any, Any]:
    """Days since 1970-01-01 in order, one every `step` days (None: any even step), and their counts."""
    import numpy as np

    from blockwise.exchange.dates import DAY
    from blockwise.exchange.tables import COUNT, DATE, read_csv

    table = read_csv(path, {"date": DATE, "count": COUNT})
    dates = table.dates("date")
    for row in np.flatnonzero(dates.precision < DAY)[:1]:
        raise table.fault(int(row), "The date names no day.", "Write dates as 2026-03-31.")
    order = np.argsort(dates.days, kind="stable")
    days = dates.days[order]
    apart = np.diff(days)
    even = step or max(int(apart.min()) if apart.size else 1, 1)
    for place in np.flatnonzero(apart != even)[:1].tolist():
        row, before = int(order[place + 1]), _text(days, place)
        if not apart[place]:
            raise table.fault(row, f"{before} is there twice.", "Give each day or week one row.")
        what = f"{_text(days, place + 1)} follows {before} after {apart[place]} days instead of {even}."
        raise table.fault(row, what, "Give each week (EARS: or day) a row, with 0 where nothing happened.")
    return days, table.counts("count")[order]


def _period(days: Any, begin: str | None, end: str | None) -> range:
    """The rows of the period, both ends in it. Invalid for what is no day, and where no row lies between them."""
    opens = None if begin is None else _day(begin, "--from")
    closes = None if end is None else _day(end, "--to")
    if opens is not None and closes is not None and opens > closes:
        raise answers.option("--from", f"{begin} is after --to {end}.", "Give the earlier day as --from.")
    first = 0 if opens is None else int((days < opens).sum())
    stop = len(days) if closes is None else int((days <= closes).sum())
    if first >= stop:
        names = " and ".join(name for name, day in (("--from", opens), ("--to", closes)) if day is not None)
        what = f"No row lies in that period; the series runs from {_text(days, 0)} to {_text(days, -1)}."
        raise answers.option(names, what, "Give a period that holds a row of the series.")
    return range(first, stop)


def _earliest(days: Any, years: int, half_window: int, tried: range, begin: str | None) -> int:
    """The first row to try. Invalid when one was asked for whose past is too short."""
    from blockwise.analysis.surge.farrington import earliest

    possible = earliest(days, years=years, half_window=half_window)
    if possible > tried.start and begin is not None:
        what = f"With {years} years before it, the earliest day is {_text(days, possible)}."
        raise answers.option("--from", what, "Give that day or a later one, or fewer --years.")
    return max(possible, tried.start)


def _day(text: str, option: str) -> int:
    from blockwise.exchange.dates import DAY, parse

    with answers.about(option, "Write it as 2026-03-31."):
        day, precision = parse(text)
        if precision < DAY:
            raise ValueError(f"“{text}” names no day.")
    return (day - EPOCH).days


def _text(days: Any, row: int) -> str:
    return (EPOCH + timedelta(days=int(days[row]))).isoformat()
