"""Past outbreaks count for less: weights by Anscombe residuals (Farrington et al. 1996, 3.6; Noufaily et al. 2013)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .glm import Fit, Floats


def anscombe(counts: Floats, fit: Fit) -> Floats:
    """Standardised Anscombe residuals (m, n) of a Poisson fit, its dispersion taken as 1 at least."""
    phi = np.maximum(fit.dispersion, 1.0)[:, None]
    raw = 1.5 * (np.cbrt(counts) ** 2 * fit.mean ** (-1 / 6) - np.sqrt(fit.mean))
    return np.asarray(raw / np.sqrt(phi * np.maximum(1 - fit.leverage, 1e-12)))


def weights(residuals: Floats, threshold: float) -> Floats:
    """Weights (m, n) that sum to n: one over the square of a residual above `threshold`, and all others alike."""
    large: NDArray[np.bool_] = residuals > threshold
    relative = np.where(large, np.where(large, residuals, 1.0) ** -2.0, 1.0)
    return np.asarray(relative * (relative.shape[-1] / relative.sum(axis=-1, keepdims=True)))
