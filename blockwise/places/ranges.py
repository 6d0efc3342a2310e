"""Where a door number lies on its street, from the numbers at both ends of each segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .models import StreetRange


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a segment: its door numbers from start to end, and the two ends in 1e-7 degree."""

    first: int
    last: int
    start: tuple[int, int]
    end: tuple[int, int]

    @property
    def low(self) -> int:
        return min(self.first, self.last)

    @property
    def high(self) -> int:
        return max(self.first, self.last)

    def nearest(self, number: int) -> int:
        """The side's number that is nearest; the lower of two."""
        near = min(max(number, self.low), self.high)
        alike = (self.first - self.last) % 2 or near % 2 == self.first % 2
        return near if alike else near - 1

    def point(self, number: float) -> tuple[int, int]:
        """Where the number lies, in proportion; the side's middle when it has one number only."""
        share = (number - self.first) / (self.last - self.first) if self.last != self.first else 0.5
        share = min(max(share, 0.0), 1.0)
        lon, lat = (round(a + (b - a) * share) for a, b in zip(self.start, self.end, strict=True))
        return lon, lat


def nearest(sides: Sequence[Side], number: int) -> tuple[int, tuple[int, int]] | None:
    """The nearest number on a street's sides (itself, where a side holds it) and its point; None without any."""
    if not sides:
        return None
    side = min(sides, key=lambda side: abs(side.nearest(number) - number))
    return side.nearest(number), side.point(side.nearest(number))


def middle(sides: Sequence[Side], low: int, high: int) -> tuple[int, int] | None:
    """The middle of a street's numbers within low..high, or None when it has none there."""
    there = [side for side in sides if side.low <= high and side.high >= low]
    if not there:
        return None
    half = (max(low, min(s.low for s in there)) + min(high, max(s.high for s in there))) / 2
    return min(there, key=lambda s: max(s.low - half, half - s.high, 0.0)).point(half)


def sides_of(streets: Iterable[str]) -> dict[str, list[Side]]:
    """The sides of streets that have ranges, by street."""
    found: dict[str, list[Side]] = {}
    for row in StreetRange.objects.filter(street__in=list(streets)).order_by("edge"):
        ends = (row.from_lon_e7, row.from_lat_e7), (row.to_lon_e7, row.to_lat_e7)
        for first, last in ((row.left_from, row.left_to), (row.right_from, row.right_to)):
            if first is not None and last is not None and (first or last):
                found.setdefault(row.street, []).append(Side(first, last, *ends))
    return found
