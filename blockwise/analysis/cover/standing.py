"""What units cover as they stand: the demand that finds one of them free, and what is lost when one leaves.

A unit is free with probability 1 - q, each by itself, so demand within reach of k units finds a free one with
probability 1 - q^k (Daskin 1983, equation 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from blockwise.analysis.roads import RoadGraph, Snap, node_times_to

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BUSY = 0.3  # how likely a unit is busy, where nobody has measured it


@dataclass(frozen=True)
class Standing:
    """Units (n) and demand (m): `reach` (n, m), 1.0 where a unit reaches a demand in time, else 0.0; `weight` (m,).

    Where reach is rare, a sparse one is counted faster. `busy`: the probability q. ValueError for shapes that differ,
    weights below 0 and a q outside [0, 1).
    """

    reach: scipy.sparse.csr_array | NDArray[np.floating]
    weight: Floats
    busy: float = BUSY

    def __post_init__(self) -> None:
        if self.reach.shape[1:] != self.weight.shape or not (self.weight >= 0).all():
            raise ValueError("reach has a column for each demand, and weights are 0 or more")
        if not 0 <= self.busy < 1:
            raise ValueError("busy is a probability from 0 up and below 1")

    def covered(self, present: ArrayLike) -> float:
        """The weight expected to find a free unit, of the units present (n,)."""
        return float(self.weight @ (1 - self._all_busy(self._counts(present))))

    def losses(self, present: ArrayLike) -> Floats:
        """What `covered` loses when each unit alone leaves (n,); 0 for those not present."""
        counts = self._counts(present)
        last = np.where(counts > 0, self.weight * (1 - self.busy) * self._all_busy(counts - 1), 0.0)
        lost = _times(self.reach, last.astype(self.reach.dtype))
        return np.asarray(np.where(np.asarray(present, dtype=np.bool_), lost, 0.0), dtype=np.float64)

    def loss_of(self, leaving: ArrayLike, present: ArrayLike) -> float:
        """What `covered` loses when several units (n,) leave together."""
        there = np.asarray(present, dtype=np.bool_)
        before = self._counts(there)
        after = before - self._counts(there & np.asarray(leaving, dtype=np.bool_))
        return float(self.weight @ (self._all_busy(after) - self._all_busy(before)))

    def _counts(self, present: ArrayLike) -> Floats:
        """Units present within reach of each demand (m,)."""
        flags = np.asarray(present, dtype=np.bool_)
        if flags.shape != self.reach.shape[:1]:
            raise ValueError("present has one entry a unit")
        return np.asarray(np.rint(_times(self.reach.T, flags.astype(self.reach.dtype))), dtype=np.float64)

    def _all_busy(self, counts: Floats) -> Floats:
        """q^k, with 0^0 = 1: demand out of reach finds nobody free."""
        return np.asarray(np.power(self.busy, np.maximum(counts, 0.0)))


def _times(matrix: Any, vector: Any) -> Any:
    """The product; not by BLAS, whose threads wait for each other longer than this takes."""
    return matrix @ vector if scipy.sparse.issparse(matrix) else np.einsum("ij,j->i", matrix, vector)


def reachable(graph: RoadGraph, period: str, demand: Snap, within_s: ArrayLike) -> NDArray[np.uint8]:
    """From which nodes each demand (m) is reached within its seconds (m,): bits, (nodes, m / 8 rounded up).

    One bounded run on the reversed graph for each demand. `reach_of` reads the rows.
    """
    size = demand.node.size
    limits = np.broadcast_to(np.asarray(within_s, dtype=np.float64), size)
    bits = np.zeros((graph.node.size, (size + 7) // 8), dtype=np.uint8)
    for j in range(size):
        place = Snap(demand.node[j], demand.metres[j])
        bits[np.isfinite(node_times_to(graph, period, place, float(limits[j]))), j // 8] |= np.uint8(128 >> j % 8)
    return bits


def reach_of(bits: NDArray[np.uint8], nodes: NDArray[np.int64], demands: int) -> NDArray[np.float32]:
    """`Standing.reach` of units at these nodes (n,), of `reachable` bits for so many demands."""
    return np.unpackbits(bits[nodes], axis=1, count=demands).astype(np.float32)
