"""The same question made smaller: demands that reach the same sites are one, sites that reach less are left out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from .problem import Demand, Floats, Integers

MOST_COMPARED: Final = 5_000  # sites, each with each


@dataclass(frozen=True)
class Groups:
    """Demands together that the same sites reach: `weight` (g,), `size` (g,) and `rows` (g, m) of ones."""

    weight: Floats
    size: Integers
    rows: csr_array

    @cached_property
    def columns(self) -> csr_array:
        """(m, g): the groups that each site reaches."""
        turned = csr_array(self.rows.T.tocsr())
        turned.sort_indices()
        return turned

    def times(self, chosen: Integers) -> Integers:
        """By group (g,): facilities within reach; `chosen` (m,) says how many stand at each site."""
        return np.asarray(np.rint(self.rows @ chosen), dtype=np.int64)


def grouped(asked: Demand) -> Groups:
    """The groups that some site reaches, in the order of their first demand.

    Rows are told apart by two sums of random 64-bit numbers, one number a site: by chance two differ in 2**-128.
    """
    covers = asked.covers
    marks = np.random.default_rng(1).integers(0, 1 << 63, (2, asked.sites), dtype=np.uint64)
    sums = np.stack([covers.astype(np.uint64) @ mark for mark in marks], axis=1)
    _, first, group = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    group = rank[group.ravel()]
    rows = csr_array(covers[first[order]].astype(np.float64))
    reached = np.diff(rows.indptr) > 0
    weight, size = np.bincount(group, asked.weights), np.bincount(group)
    return Groups(np.asarray(weight[reached], dtype=np.float64), size[reached], csr_array(rows[reached]))


def needed(groups: Groups) -> Integers:
    """The sites that no other one replaces: of those that reach the same, the first. All, where they are too many."""
    sites = groups.rows.shape[1]
    if sites > MOST_COMPARED:
        return np.arange(sites)
    shared = (groups.columns @ groups.rows).tocoo()
    size = np.diff(groups.columns.indptr)
    one, other = shared.coords
    within = (shared.data == size[one]) & ((size[one] < size[other]) | (one > other))
    replaced = np.zeros(sites, dtype=np.bool_)
    replaced[one[within]] = True
    return np.flatnonzero(~replaced & (size > 0))
