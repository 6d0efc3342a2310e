"""From what is expected, and how surely, to the most that is ordinary.

`delta`: a power of the count is taken as normal (Farrington et al. 1996). `negative_binomial`: its quantile, at the
expected count (nbPlugin, Noufaily et al. 2013) or at that count's own upper limit (muan).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from .glm import Floats

LARGEST: Final = 40.0  # of a count's logarithm


@dataclass(frozen=True)
class Limits:
    """`lower` and `upper` limit, `p` of a count as large or larger, and `score`: above 1 beyond the upper limit."""

    lower: Floats
    upper: Floats
    p: Floats
    score: Floats


def delta(mean: ArrayLike, se: ArrayLike, phi: ArrayLike, alpha: float, y: ArrayLike, power: float = 2 / 3) -> Limits:
    """`mean` and its standard error `se`, dispersion `phi` >= 1, one-sided `alpha`, count `y`; any one shape.

    `power`: 2/3 makes Poisson counts symmetric, 1/2 makes their variance even, 1 leaves them as they are.
    """
    m, s, f, count = (np.asarray(one, dtype=np.float64) for one in (mean, se, phi, y))
    spread = power * m ** (power - 0.5) * np.sqrt(f + s**2 / m)
    middle, reach = m**power, special.ndtri(1 - alpha) * spread
    lower = np.maximum(middle - reach, 0.0) ** (1 / power)
    upper = (middle + reach) ** (1 / power)
    p = special.ndtr((middle - count**power) / spread)
    return Limits(lower, upper, p, _score(count, m, upper))


def negative_binomial(
    eta: ArrayLike, se: ArrayLike, phi: ArrayLike, alpha: float, y: ArrayLike, *, plugin: bool
) -> Limits:
    """`eta` the expected count's logarithm and `se` its standard error; the rest as `delta`. Limits are counts, nan
    where the error is so large that the limit is beyond any number.

    The score is R surveillance's, which sets the count against `eta` itself.
    """
    centre, s, f, count = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (eta, se, phi, y)))
    log_mean = centre + (0.0 if plugin else special.ndtri(1 - alpha)) * s
    known = log_mean < LARGEST
    mean = np.exp(np.where(known, log_mean, 0.0))
    over = f > 1
    size, share = mean / np.where(over, f - 1, 1.0), 1 / np.where(over, f, 2.0)

    def quantile(level: float) -> Floats:
        return np.where(over, stats.nbinom.ppf(level, size, share), stats.poisson.ppf(level, mean))

    p = np.where(over, stats.nbinom.sf(count - 1, size, share), stats.poisson.sf(count - 1, mean))
    lower, upper = (np.where(known, quantile(level), np.nan) for level in (alpha, 1 - alpha))
    return Limits(np.maximum(lower, 0.0), upper, np.where(known, p, np.nan), _score(count, centre, upper))


def _score(count: Floats, centre: Floats, upper: Floats) -> Floats:
    above = upper - centre
    return np.asarray(np.where(above != 0, (count - centre) / np.where(above != 0, above, 1.0), np.nan))
