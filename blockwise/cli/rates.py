"""`blockwise rates` and `blockwise discover`: areas with honest intervals, and which of many tests hold."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import answers

if TYPE_CHECKING:
    from blockwise.analysis.rates.limits import Floats
    from blockwise.exchange.tables import Table

app = typer.Typer()
CONFIDENCE = answers.within("above 0 and below 1", lambda confidence: 0 < confidence < 1)


class Method(StrEnum):
    BYAR = "byar"
    EXACT = "exact"
    MARSHALL = "marshall"
    GAMMA_POISSON = "gamma-poisson"
    FAY_HERRIOT = "fay-herriot"
    FUNNEL = "funnel"


class Fit(StrEnum):
    REML = "reml"
    ML = "ml"
    FH = "fh"


@dataclass(frozen=True)
class _Found:
    """Columns of the answer, one value an area, and what holds for all of them."""

    columns: Mapping[str, Any]
    parameters: Mapping[str, Any]
    source: str
    caveats: list[str] = field(default_factory=list)


Areas = Annotated[
    Path, typer.Option(help="CSV: area,count,population[,expected], or area,estimate,se,x1... for fay-herriot.")
]


@app.command(cls=answers.Refusing)
def rates(
    areas: Areas,
    method: Annotated[Method, typer.Option(help="How rates and intervals are found.")],
    fit: Annotated[Fit | None, typer.Option(help="With fay-herriot: how the variance is estimated; reml.")] = None,
    confidence: Annotated[float, typer.Option(callback=CONFIDENCE, help="Of the intervals, between 0 and 1.")] = 0.95,
    as_json: answers.Json = False,
) -> None:
    """Rates of areas with their intervals, small areas shrunk; a funnel's low and high are the limits of chance."""
    if fit and method is not Method.FAY_HERRIOT:
        raise answers.option("--fit", "It belongs to --method fay-herriot.", "Leave it out, or take that method.")
    fay_herriot = method is Method.FAY_HERRIOT
    with answers.about(areas, f"Correct the columns, or take another --{'fit' if fay_herriot else 'method'}."):
        if fay_herriot:
            names, found = _from_estimates(areas, fit or Fit.REML, confidence)
        else:
            names, found = _from_counts(areas, method, confidence)
    values = {name: answers.plain(column) for name, column in found.columns.items()}
    rows = [dict(zip(["area", *values], row, strict=True)) for row in zip(names, *values.values(), strict=True)]

    def report() -> Iterator[Any]:
        yield answers.table({"area": names, **values}, f"{method}, {len(names):,} areas, {confidence} confidence")
        yield answers.table({"parameter": list(found.parameters), "value": list(found.parameters.values())})
        yield f"Source: {found.source}."
        yield from answers.noted(found.caveats)

    answers.give(
        {
            "areas": rows,
            "parameters": found.parameters,
            "method": method.value,
            "confidence": confidence,
            "n": len(names),
            "source": found.source,
            "caveats": found.caveats,
        },
        as_json,
        report,
    )


def _from_counts(path: Path, method: Method, confidence: float) -> tuple[list[str], _Found]:
    import numpy as np

    from blockwise.exchange.tables import COUNT, TEXT, Cell, fault, read_csv

    people = Cell("number", 0, 1e12)
    table = read_csv(path, {"area": TEXT, "count": COUNT}, {"population": people, "expected": Cell("number", 0, 1e9)})
    if "population" not in table and "expected" not in table:
        raise fault(path, 1, "The header has no column population.", "Give area,count,population[,expected].")
    names = _names(table)
    counts, exposure = table.counts("count"), table.numbers("expected" if "expected" in table else "population")
    inhabited = exposure > 0
    for row in np.flatnonzero(~inhabited & (counts > 0))[:1]:
        what = (
            f"{names[row]} has {counts[row]} cases and {'none expected' if 'expected' in table else 'no population'}."
        )
        raise table.fault(int(row), what, "Correct the line, or leave the area out.")
    for row in np.flatnonzero(inhabited & (exposure < 1e-9))[:1]:
        raise table.fault(int(row), f"{names[row]} has next to no population.", "Correct the line, or write 0.")
    if not inhabited.any():
        raise table.fault(0, "No area has a population.", "Give at least one area with a population.")
    found = _found(method, counts[inhabited].astype(np.float64), exposure[inhabited], confidence, "expected" in table)
    if not counts.any():
        found.caveats.append("There are no cases.")
    if inhabited.all():
        return names, found
    columns = {name: np.full(table.size, np.nan) for name in found.columns}
    for name, values in found.columns.items():
        columns[name][inhabited] = values
    empty = f"{int((~inhabited).sum())} areas have no population and no cases: they have no rate and count for nothing."
    return names, _Found(columns, found.parameters, found.source, [*found.caveats, empty])


def _found(method: Method, counts: Floats, exposure: Floats, confidence: float, standardised: bool) -> _Found:
    from blockwise.analysis.rates import bayes, funnel, standard

    overall = float(counts.sum() / exposure.sum())
    if method in (Method.BYAR, Method.EXACT):
        plain = standard.rates(counts, exposure, "byar" if method is Method.BYAR else "exact", confidence)
        few = int((counts < 10).sum()) if method is Method.BYAR else 0
        caveats = [f"{few} areas have under ten cases, where exact limits are better."] if few else []
        return _Found(_columns(plain), {"overall": overall}, plain.source, caveats)
    if method is Method.FUNNEL:
        middle = 1.0 if standardised else None
        limits = funnel.funnel(counts, exposure, middle, confidence)
        columns = {**_columns(limits), "outside": (limits.rate > limits.high) * 1 - (limits.rate < limits.low) * 1}
        return _Found(columns, {"overall": limits.middle}, limits.source)
    if method is Method.MARSHALL:
        shrunk = bayes.marshall(counts, exposure, confidence)
        return _Found(
            _columns(shrunk), {"overall": shrunk.middle, "variance": shrunk.variance}, shrunk.source, _flat(shrunk)
        )
    if not counts.any():
        raise ValueError("There are no cases: the gamma-Poisson model has nothing to fit.")
    scale = 1.0 if standardised else overall
    risks = bayes.gamma_poisson(counts, exposure * scale, confidence)
    columns = {name: values * scale for name, values in _columns(risks).items()} | {"ratio": risks.rate}
    parameters = {"nu": risks.shape, "alpha": risks.inverse_scale, "overall": overall}
    return _Found(columns, parameters, risks.source, _flat(risks))


def _from_estimates(path: Path, fit: Fit, confidence: float) -> tuple[list[str], _Found]:
    import numpy as np

    from blockwise.analysis.rates.fay_herriot import fay_herriot, rank
    from blockwise.exchange.tables import TEXT, Cell, read_csv

    number = Cell("number", -1e15, 1e15)
    table = read_csv(path, {"area": TEXT, "estimate": number, "se": Cell("number", 0, 1e15)}, others=number)
    names = _names(table)
    for row in np.flatnonzero(table.numbers("se") == 0)[:1]:
        raise table.fault(int(row), f"{names[row]} has a standard error of 0.", "Give its error, or leave it out.")
    covariates = [name for name in table.columns if name not in ("area", "estimate", "se")]
    x = np.column_stack([np.ones(table.size), *(table.numbers(name) for name in covariates)])
    labels = ["constant", *covariates]
    if covariates and rank(x) == rank(x[:, 1:]):
        x, labels = x[:, 1:], covariates  # the file brings the constant itself, as a column or as a full set of groups
    found = fay_herriot(table.numbers("estimate"), table.numbers("se"), x, fit.value, confidence)
    parameters = {"variance": found.variance, **dict(zip(labels, found.coefficients.tolist(), strict=True))}
    caveats = []
    if found.clamped:
        caveats.append("The variance between areas was clamped to 0: every estimate is the regression's.")
    if undefined := int((found.mse < 0).sum()):
        caveats.append(f"The error of {undefined} areas is estimated below 0: they have no interval. Try --fit reml.")
    columns = {"rate": found.estimate, "low": found.low, "high": found.high, "mse": found.mse}
    return names, _Found(columns, parameters, found.source, caveats)


def _names(table: Table) -> list[str]:
    """The areas' names in the order of the file; each may stand there once."""
    import numpy as np

    texts = table.texts("area")
    if len(texts.names) < table.size:
        first = np.unique(texts.codes, return_index=True)[1]
        row = int(np.setdiff1d(np.arange(table.size), first)[0])
        raise table.fault(row, f"{texts.names[texts.codes[row]]} stands in the file twice.", "Give each area one line.")
    return list(texts.names)


def _columns(found: Any) -> dict[str, Any]:
    return {"rate": found.rate, "low": found.low, "high": found.high}


def _flat(shrunk: Any) -> list[str]:
    told = "The areas differ no more than chance explains: the variance between them was clamped to 0."
    return [told] if shrunk.clamped else []


@app.command(cls=answers.Refusing)
def discover(
    p: Annotated[Path, typer.Option("--p", help="One p a line, or a CSV with the column p.")],
    alpha: Annotated[
        float, typer.Option(callback=answers.share_above_0, help="The share of false discoveries to accept.")
    ] = 0.05,
    as_json: answers.Json = False,
) -> None:
    """Which of a family of tests hold, at a false discovery rate of at most alpha (Benjamini and Hochberg 1995)."""
    from blockwise.analysis.discovery import discoveries
    from blockwise.exchange.tables import Cell, read_csv, read_spaced

    between = Cell("number", 0, 1)
    table = read_spaced(p, [("p", between)]) if _opens_with_a_number(p) else read_csv(p, {"p": between})
    found = discoveries(values := table.numbers("p"), alpha)
    columns = {"p": values.tolist(), "adjusted": found.adjusted.tolist(), "rejected": found.rejected.tolist()}

    def report() -> Iterator[Any]:
        yield f"{int(found.rejected.sum()):,} of {found.n:,} tests hold at a false discovery rate of {alpha:g}."
        yield answers.table(columns)
        yield f"Source: {found.source}."

    answers.give(
        {
            "tests": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
            "rejected": int(found.rejected.sum()),
            "threshold": found.threshold,
            "alpha": alpha,
            "n": found.n,
            "source": found.source,
        },
        as_json,
        report,
    )


def _opens_with_a_number(path: Path) -> bool:
    """Whether the file has no header; one that cannot be read is left to the reader to refuse."""
    try:
        with path.open("rb") as file:
            float(file.read(400).removeprefix(codecs.BOM_UTF8).split()[0])
    except (OSError, ValueError, IndexError):
        return False
    return True
