"""What a kind cannot have whose cases have no point on the map."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import Faults
from .model import Kind


def check_place(kind: Kind, faults: Faults) -> None:
    """Note each thing that needs a point, or any place, where the kind's cases have none."""
    if kind.pointed:
        return
    for what, why, way_out in _missing(kind):
        faults.add(("place",), "no-point", what, why, way_out)


def _missing(kind: Kind) -> Iterator[tuple[str, str, str]]:
    said = f"its cases have {'a block alone' if kind.place == 'block' else 'no place'}"
    if kind.sends_units:
        yield f"units are sent, and {said}", "A unit drives to a point", "Write place: point, or send no units"
    if kind.merge:
        yield f"repeats are looked for, and {said}", "Repeats meet at a point", "Remove merge, or write place: point"
    if kind.unplaced:
        yield f"it waits for a place, and {said}", "No place is to come", "Remove unplaced"
    if kind.place == "none" and kind.subject == "place":
        yield (
            f"it is about a place, and {said}",
            "Somebody must know where it is",
            "Write place: block, or another subject",
        )
    if kind.place == "none" and any(clock.ring for clock in kind.clocks):
        yield f"a clock goes by the ring, and {said}", "A ring is around a place", "Write a length of time"
