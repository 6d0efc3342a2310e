"""Weekly counts against the same weeks of earlier years (Farrington et al. 1996; Noufaily et al. 2013).

A quasi-Poisson model with a trend, and by Noufaily with periods of the year, is fitted to the reference weeks, fitted
again with past outbreaks weighted down, and extended to the week in question. The trend stays only if it is
significant, three years are there and it does not lead beyond every reference count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from .glm import Fit, Floats, fit
from .references import WEEK, Window, window
from .thresholds import Limits, delta, negative_binomial
from .weights import anscombe, weights

Threshold = Literal["delta", "nbplugin", "muan"]
ENOUGH, RECENT = 5, 4  # cases in so many weeks, the present one among them: with fewer there is no alarm
TREND_YEARS: Final = 3
LEAST_ALPHA: Final = 1e-12  # below it, 1 - alpha loses its digits


@dataclass(frozen=True)
class Form:
    """How the method is set. `trend_p`: keep a trend below this p. `skip`: the latest weeks not looked at."""

    source: str
    periods: int = 1
    weights_above: float = 1.0
    trend_p: float = 0.05
    skip: int = 0
    threshold: Threshold = "delta"
    classic: bool = False


CLASSIC: Final = Form("Farrington et al. 1996", classic=True)
FLEXIBLE: Final = Form("Farrington et al. 1996, as R surveillance's farringtonFlexible")
NOUFAILY: Final = Form("Noufaily et al. 2013", 10, 2.58, 1.0, 26, "nbplugin")


@dataclass(frozen=True)
class Surges:
    """Of t weeks (`rows`) and m series: `observed`, `expected`, `bound` and `p` (t, m), nan where fewer than ENOUGH
    cases came in RECENT weeks or no model fits; `alarm`, and whether a `trend` was kept. n: weeks in the last fit."""

    rows: NDArray[np.int64]
    observed: Floats
    expected: Floats
    bound: Floats
    p: Floats
    alarm: NDArray[np.bool_]
    trend: NDArray[np.bool_]
    n: int
    source: str


@dataclass(frozen=True)
class _Model:
    """The weighted fit; `phi` >= 1, and the dispersions by which the trend is tested and the forecast's error told."""

    fit: Fit
    phi: Floats
    tested: Floats
    ahead: Floats
    usable: NDArray[np.bool_]


def earliest(days: ArrayLike, *, years: int = 5, half_window: int = 3) -> int:
    """The first row of weekly `days` that has all its reference weeks. ValueError where there is none."""
    series = _weekly(days)
    for row in range(series.size):
        try:
            window(series, row, years=years, half_window=half_window)
        except IndexError:
            continue
        return row
    raise ValueError(f"No week has {years} years of weeks before it.")


def farrington(
    days: ArrayLike,
    counts: ArrayLike,
    rows: Sequence[int],
    *,
    years: int = 5,
    half_window: int = 3,
    alpha: float = 0.01,
    form: Form = CLASSIC,
    progress: Callable[[float], None] = lambda share: None,
) -> Surges:
    """Try the weeks `rows` (t,) of series `counts` (n,) or (n, m) on weekly `days` (n,) since 1970-01-01.

    `alpha` is one-sided, but two-sided (half above) for CLASSIC, as in the paper's program. ValueError for days
    that are no weeks in order, counts below 0 or not finite, a row without reference weeks, alpha outside (0, 1).
    """
    series, table = _weekly(days), np.asarray(counts, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or len(table) != series.size:
        raise ValueError("There must be one count a week.")
    if not (np.isfinite(table).all() and (table >= 0).all()):
        raise ValueError("Counts must be finite and 0 or more.")
    if not LEAST_ALPHA <= alpha < 1 or years < 1 or half_window < 1:
        raise ValueError(
            f"alpha lies between {LEAST_ALPHA:g} and 1; there must be at least a year, and a week around it."
        )
    tried = np.asarray(rows, dtype=np.int64)
    found, trends, used = [], [], 0
    for done, row in enumerate(tried.tolist()):
        if not 0 <= row < series.size:
            raise ValueError(f"There is no week {row}.")
        try:
            chosen = window(
                series, row, years=years, half_window=half_window, periods=form.periods, skip=form.skip
            )  # fmt: skip
        except IndexError:
            raise ValueError(f"Week {row} has no {years} years of weeks before it.") from None
        limits, trend = _week(series, table, row, chosen, years, alpha / 2 if form.classic else alpha, form)
        found.append(limits)
        trends.append(trend)
        used = chosen.rows.size
        progress((done + 1) / tried.size)
    return _alarms(tried, table, found, trends, used, form)


def _week(
    days: NDArray[np.int64], table: Floats, row: int, chosen: Window, years: int, alpha: float, form: Form
) -> tuple[tuple[Floats, Limits], NDArray[np.bool_]]:
    counts = np.ascontiguousarray(table[chosen.rows].T)
    others = np.setdiff1d(chosen.period, [form.periods])  # the last period is the base
    season = (chosen.period[:, None] == others).astype(np.float64)
    time = (days[chosen.rows] - days[row]) / WEEK
    centre = time.mean()
    plain = np.hstack([np.ones((time.size, 1)), season])
    full = np.hstack([plain, (time - centre)[:, None]])
    now = np.zeros(full.shape[1])
    now[0], now[-1] = 1.0, -centre
    model = _model(full, counts, form)
    eta, se = _ahead(model, now)
    error = np.sqrt(model.tested * model.fit.covariance[:, -1, -1])
    slope = np.divide(model.fit.coef[:, -1], error, out=np.zeros_like(error), where=error > 0)
    p = 2 * special.stdtr(model.fit.dof, -np.abs(slope))
    kept = model.usable & (p < form.trend_p) & (np.exp(eta) <= counts.max(axis=1)) & (years >= TREND_YEARS)
    phi, usable = model.phi.copy(), model.usable.copy()
    if rest := np.flatnonzero(~kept).tolist():
        flat = _model(plain, counts[rest], form)
        eta[rest], se[rest] = _ahead(flat, now[:-1])
        phi[rest], usable[rest] = flat.phi, flat.usable
    limits = _limits(eta, se, phi, alpha, table[row], form)
    nothing = ~usable & (counts.sum(axis=1) == 0)
    if nothing.any():
        limits = _never(limits, nothing, table[row])
    return (np.where(nothing, 0.0, np.where(usable, np.exp(eta), np.nan)), limits), kept


def _model(design: Floats, counts: Floats, form: Form) -> _Model:
    """Fitted, weighted and fitted again.

    R's farringtonFlexible tells its errors by the relative residuals under the weights alone, not by phi as its
    farrington and the papers do. That is kept, because the bounds known from it are.
    """
    first = fit(design, counts)
    share = weights(anscombe(counts, first), form.weights_above)
    second = fit(design, counts, share)
    phi = np.maximum(second.dispersion, 1.0)
    if form.classic:
        return _Model(second, phi, second.dispersion, phi, first.converged)
    relative = (share * (counts / second.mean - 1) ** 2).sum(axis=1) / second.dof
    return _Model(second, phi, relative, relative, first.converged)


def _ahead(model: _Model, now: Floats) -> tuple[Floats, Floats]:
    """The forecast's logarithm and its standard error."""
    spread = np.einsum("j,mjk,k->m", now, model.fit.covariance, now)
    return model.fit.coef @ now, np.sqrt(np.maximum(spread, 0.0) * model.ahead)


def _limits(eta: Floats, se: Floats, phi: Floats, alpha: float, observed: Floats, form: Form) -> Limits:
    if form.threshold == "delta":
        mean = np.exp(eta)
        return delta(mean, mean * se, phi, alpha, observed)
    return negative_binomial(eta, se, phi, alpha, observed, plugin=form.threshold == "nbplugin")


def _never(limits: Limits, nothing: NDArray[np.bool_], observed: Floats) -> Limits:
    """Where no reference week has a case, which no fit can follow to its end, none is expected and any is beyond."""
    some = observed > 0
    return Limits(
        np.where(nothing, 0.0, limits.lower),
        np.where(nothing, 0.0, limits.upper),
        np.where(nothing, np.where(some, 0.0, 1.0), limits.p),
        np.where(nothing, np.where(some, np.inf, 0.0), limits.score),
    )


def _alarms(
    rows: NDArray[np.int64],
    table: Floats,
    found: list[tuple[Floats, Limits]],
    trends: list[NDArray[np.bool_]],
    used: int,
    form: Form,
) -> Surges:
    shape = (rows.size, table.shape[1])
    recent = np.cumsum(np.vstack([np.zeros((RECENT, table.shape[1])), table]), axis=0)
    enough = (recent[rows + RECENT] - recent[rows]) >= ENOUGH

    def stacked(parts: list[Floats]) -> Floats:
        return np.where(enough, np.array(parts).reshape(shape), np.nan)

    expected = stacked([mean for mean, _limits in found])
    bound = np.where(np.isnan(expected), np.nan, stacked([limits.upper for _mean, limits in found]))
    score = stacked([limits.score for _mean, limits in found])
    p = np.where(np.isnan(expected), np.nan, stacked([limits.p for _mean, limits in found]))
    alarm = ~np.isnan(bound) & (np.nan_to_num(score, posinf=np.inf) > 1) & (table[rows] > 0)
    return Surges(rows, table[rows], expected, bound, p, alarm, np.array(trends).reshape(shape), used, form.source)


def with_threshold(form: Form, threshold: Threshold) -> Form:
    """The same form with another limit; one-sided."""
    return replace(FLEXIBLE if form.classic else form, threshold=threshold)


def _weekly(days: ArrayLike) -> NDArray[np.int64]:
    series = np.asarray(days, dtype=np.int64)
    if series.ndim != 1 or series.size < 2 or (np.diff(series) != WEEK).any():
        raise ValueError("The days must be those of weeks one after the other.")
    return series
