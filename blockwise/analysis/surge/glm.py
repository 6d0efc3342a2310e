"""Quasi-Poisson regression with a log link, for many series at once, by iteratively reweighted least squares.

McCullagh and Nelder 1989; begun, stopped and counted as R's glm.fit does, whose answers it gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ROUNDS: Final = 25
CLOSE: Final = 1e-8
ROUNDING: Final = 1e-14  # of the sum of all counts, below which deviances differ by rounding only


@dataclass(frozen=True)
class Fit:
    """For m series of n counts on p columns: `coef` (m, p), `covariance` (m, p, p) for a dispersion of 1, `mean` and
    `leverage` (m, n), `dispersion` (m,) by Pearson's residuals, `dof` n - p, `converged` (m,)."""

    coef: Floats
    covariance: Floats
    mean: Floats
    leverage: Floats
    dispersion: Floats
    dof: int
    converged: NDArray[np.bool_]


def fit(design: Floats, counts: Floats, weights: Floats | None = None) -> Fit:
    """`design` (n, p) of full rank, n > p; `counts` (m, n) 0 or more; `weights` (m, n) above 0, 1 if left out."""
    rows, columns = design.shape
    squares = (design[:, :, None] * design[:, None, :]).reshape(rows, columns * columns)
    prior = np.ones_like(counts) if weights is None else weights
    coef = np.zeros((len(counts), columns))
    eta = np.log(counts + 0.1)
    working = np.ones_like(counts)
    before = _deviance(counts, np.exp(eta), prior)
    converged = np.zeros(len(counts), dtype=bool)
    for _round in range(ROUNDS):
        at = np.flatnonzero(~converged)
        if not at.size:
            break
        mean = np.exp(eta[at])
        working[at] = prior[at] * mean
        wanted = eta[at] + (counts[at] - mean) / mean
        normal = (working[at] @ squares).reshape(-1, columns, columns)
        coef[at] = _solved(normal, (working[at] * wanted) @ design)
        eta[at] = coef[at] @ design.T
        now = _deviance(counts[at], np.exp(eta[at]), prior[at])
        noise = ROUNDING * (prior[at] * counts[at]).sum(axis=1)
        converged[at] = np.abs(now - before[at]) < CLOSE * (np.abs(now) + 0.1) + noise
        before[at] = now
    covariance = _inverse((working @ squares).reshape(-1, columns, columns))
    leverage = working * (covariance.reshape(len(counts), -1) @ squares.T)
    mean = np.exp(eta)
    dispersion = (working * ((counts - mean) / mean) ** 2).sum(axis=1) / (rows - columns)
    return Fit(coef, covariance, mean, leverage, dispersion, rows - columns, converged)


def _deviance(counts: Floats, mean: Floats, weights: Floats) -> Floats:
    """Twice the log-likelihood ratio to the counts themselves (m,)."""
    some = counts > 0
    logs = np.log(np.where(some, counts / mean, 1.0))
    return np.asarray(2 * (weights * (counts * logs - (counts - mean))).sum(axis=1))


def _scale(normal: Floats) -> Floats:
    """What brings the diagonal to 1: a period without a case weighs next to nothing."""
    return np.asarray(1 / np.sqrt(np.maximum(np.einsum("mjj->mj", normal), 1e-300)))


def _solved(normal: Floats, right: Floats) -> Floats:
    scale = _scale(normal)
    square = normal * scale[:, :, None] * scale[:, None, :]
    return np.asarray(np.linalg.solve(square, (right * scale)[..., None])[..., 0] * scale)


def _inverse(normal: Floats) -> Floats:
    scale = _scale(normal)
    square = normal * scale[:, :, None] * scale[:, None, :]
    return np.asarray(np.linalg.inv(square) * scale[:, :, None] * scale[:, None, :])
