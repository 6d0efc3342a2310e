"""How many cases are expected at each place in each interval of time when none is special.

Both models come to sums of products: component k expects place[z, k] * time[t, k] cases at place z in interval t.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Expected:
    """`place` (n, K) and `time` (T, K); over all places and times the products add up to the number of cases."""

    place: Floats
    time: Floats

    @property
    def by_place(self) -> Floats:
        """Over the whole period (n,)."""
        return np.asarray(self.place @ self.time.sum(axis=0))


@dataclass(frozen=True)
class Population:
    """Rows (r,) of people: at `place`, of `stratum`, `count` of them at the time `when` (index into `days`).

    `days` (d,) since 1970-01-01, rising. `whole_day` (d,): the number holds through that day, as it does where the
    day itself was given.
    """

    place: Integers
    stratum: Integers
    when: Integers
    count: Floats
    days: Integers
    whole_day: NDArray[np.bool_]


def permutation(place: Integers, time: Integers, stratum: Integers, n: int, size: int) -> Expected:
    """From the margins of the cases themselves, within each stratum (Kulldorff et al. 2005, equation 1)."""
    strata = int(stratum.max(initial=0)) + 1
    total = np.bincount(stratum, minlength=strata)
    where = np.bincount(place * strata + stratum, minlength=n * strata).reshape(n, strata)
    when = np.bincount(time * strata + stratum, minlength=size * strata).reshape(size, strata)
    return Expected(where.astype(np.float64), np.asarray(when / np.maximum(total, 1)))


def standardised(cases: Integers, people: Population, starts: Integers, n: int) -> Expected:
    """Indirectly standardised: each stratum has one risk for all places and times, and people times days at it.

    `cases` (S,) by stratum; intervals as `periods.intervals`. A number of people that a place lacks at some time is 0;
    between two times the numbers lie on a line. In a stratum without people nobody is expected.
    """
    weight = days_at(people.days, people.whole_day, starts)
    exposed = exposure(people, weight, cases.size)
    risk = np.divide(cases, exposed, out=np.zeros(cases.size), where=exposed > 0)
    key = people.place * people.days.size + people.when
    at = np.bincount(key, people.count * risk[people.stratum], minlength=n * people.days.size)
    return Expected(np.asarray(at, dtype=np.float64).reshape(n, people.days.size), weight)


def exposure(people: Population, weight: Floats, strata: int) -> Floats:
    """People times days of each stratum (S,), over all places; `weight` of `days_at`."""
    days = people.count * weight.sum(axis=0)[people.when]
    return np.asarray(np.bincount(people.stratum, days, minlength=strata), dtype=np.float64)


def days_at(days: Integers, whole_day: NDArray[np.bool_], starts: Integers) -> Floats:
    """How much of each interval's length, in days, counts at each of the times of a population (T, d).

    The number of people runs straight from one time to the next, and is level before the first and after the last.
    """
    following = np.append(days[1:], np.iinfo(np.int64).max)
    knots = np.stack([days, np.where(whole_day, np.minimum(days + 1, following), days)], axis=1).ravel()
    owner = np.repeat(np.arange(days.size), 2)
    knots = np.concatenate([[min(knots[0], starts[0])], knots, [max(knots[-1], starts[-1])]]).astype(np.float64)
    owner = np.concatenate([[0], owner, [days.size - 1]])
    weight = np.zeros((starts.size - 1, days.size))
    for (left, right), (one, other) in zip(pairwise(knots), pairwise(owner), strict=True):
        if right == left:
            continue
        low, high = np.clip(starts[:-1], left, right), np.clip(starts[1:], left, right)
        later = ((high - left) ** 2 - (low - left) ** 2) / (2 * (right - left))
        weight[:, other] += later
        weight[:, one] += (high - low) - later
    return weight
