"""Whether every open case can be shown whole."""

from __future__ import annotations

import time

from blockwise.rooms import Finding

from .damage import damaged

LOOKED_THROUGH = 180.0  # seconds between looks at every open case
NAMED = 20  # numbers of cases at most

_found: tuple[float, list[int]] = (float("-inf"), [])


def cases() -> Finding:
    """Open cases that were damaged: they stand among the others and say so. Looked through every few minutes."""
    global _found
    if time.monotonic() - _found[0] > LOOKED_THROUGH:
        _found = (time.monotonic(), list(damaged()))
    numbers = ", ".join(str(number) for number in _found[1][:NAMED])
    more = f" and {len(_found[1]) - NAMED} more" if len(_found[1]) > NAMED else ""
    return Finding("cases", not _found[1], False, f"damaged: {numbers}{more}" if numbers else "0 damaged")
