"""Servers without places of their own: Erlang's loss and delay formulas (Erlang 1917)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def erlang_b(servers: int, load: float) -> float:
    """The share of arrivals that find all `servers` (1 or more) busy and are lost; `load` in erlangs, 0 or more.

    By the recursion over servers, which neither overflows nor cancels.
    """
    _check(servers, load)
    lost = 1.0
    for busy in range(1, servers + 1):
        lost = load * lost / (busy + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """The share of arrivals that wait when nobody is lost. ValueError unless `load` is below `servers`."""
    _check(servers, load)
    if load >= servers:
        raise ValueError(f"A queue of any length grows for ever: {load:g} erlangs for {servers} servers.")
    lost = erlang_b(servers, load)
    return servers * lost / (servers - load * (1 - lost))


def busy_levels(servers: int, load: float, *, queue: bool) -> Floats:
    """The probability (servers + 1) that k servers are busy; with `queue` the last one holds every longer queue."""
    _check(servers, load)
    full = erlang_c(servers, load) if queue else erlang_b(servers, load)
    if load == 0:
        return np.asarray(np.eye(servers + 1)[0])
    k = np.arange(servers)
    logs = k * math.log(load) - np.array([math.lgamma(one + 1) for one in k.tolist()])
    steps = np.exp(logs - logs.max())
    return np.append((1 - full) * steps / steps.sum(), full)


def _check(servers: int, load: float) -> None:
    if servers < 1:
        raise ValueError("There must be at least one server.")
    if not (math.isfinite(load) and load >= 0):
        raise ValueError("The load must be a finite number of erlangs, 0 or more.")
