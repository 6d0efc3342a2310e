"""How often chance alone does as much: replicates in streams of random numbers, and what their maxima say."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Progress = Callable[[float], None]
AT_ONCE: Final = 25  # replicates drawn from one stream of random numbers
CLOSE: Final = 1e-10


@dataclass(frozen=True)
class Chance:
    """How p is found: `replicates` at most, from `seed`; fewer once `enough` of them (0: never) are as large as the
    likeliest cluster (Besag and Clifford 1991). The answer does not depend on the number of `workers`."""

    replicates: int = 999
    seed: int = 1
    enough: int = 0
    workers: int = 0  # 0: a thread for each processor


def replicates(
    chance: Chance, observed: float, maxima: Callable[[np.random.Generator, int], Any], progress: Progress
) -> Floats:
    """The largest ratio of each replicate, in the order of their streams of random numbers."""
    sizes = [min(AT_ONCE, chance.replicates - done) for done in range(0, chance.replicates, AT_ONCE)]
    streams = np.random.SeedSequence(chance.seed).spawn(len(sizes))
    drawn: list[Floats] = []
    met = 0
    with ThreadPoolExecutor(chance.workers or len(os.sched_getaffinity(0))) as pool:
        for part in _in_turn(pool, lambda job: maxima(np.random.default_rng(job[0]), job[1]), streams, sizes):
            drawn.append(part)
            met += as_large(part, observed)
            progress(len(drawn) / len(sizes))
            if chance.enough and met >= chance.enough:
                break
    return np.concatenate(drawn) if drawn else np.empty(0)


def _in_turn(pool: ThreadPoolExecutor, work: Any, streams: Any, sizes: list[int]) -> Iterator[Floats]:
    """The results in order; those begun when the asker stops are waited for, the others never begin."""
    futures = [pool.submit(work, job) for job in zip(streams, sizes, strict=True)]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def as_large(maxima: Floats, value: float) -> int:
    """How many are as large as `value` or larger, sums of the same numbers in another order being equal."""
    return int((maxima >= value * (1 - CLOSE)).sum())


def gumbel(value: float, maxima: Floats) -> float:
    """How likely the Gumbel distribution with the mean and variance of `maxima` goes above `value`; nan under ten."""
    if maxima.size < 10 or not maxima.std() > 0:
        return math.nan
    scale = float(maxima.std(ddof=1)) * math.sqrt(6) / math.pi
    return -math.expm1(-math.exp(-(value - (float(maxima.mean()) - np.euler_gamma * scale)) / scale))
