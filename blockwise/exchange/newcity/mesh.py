"""A plane cut again and again: every face stays convex, every edge is shared, and every cut is a street.

Neighbouring faces hold the same segments; when one is split by a new corner both see the two halves, so
children tile their parent with shared vertices and no arithmetic decides whether they touch.
"""

from __future__ import annotations

from math import hypot

Face = list[int]  # half-edges, counter-clockwise: 2 * segment, + 1 when walked from its end to its start
Point = tuple[float, float]
OUTLINE = -1


class Mesh:
    """Vertices, segments (halved lazily) and the street each segment belongs to; lengths in metres."""

    def __init__(self, outline: list[Point]) -> None:
        self.points: list[Point] = list(outline)
        self.ends: list[tuple[int, int]] = []
        self.halves: list[tuple[int, int] | None] = []
        self.street: list[int] = []
        self.rank: list[int] = []  # of each street
        self.first: list[Point] = []  # unit direction of each street
        self._stems: dict[int, int] = {}  # corner where a street ends against another -> that street
        count = len(outline)
        self.root: Face = [2 * self._segment(i, (i + 1) % count, OUTLINE) for i in range(count)]

    def _segment(self, a: int, b: int, street: int) -> int:
        self.ends.append((a, b))
        self.halves.append(None)
        self.street.append(street)
        return len(self.ends) - 1

    def start(self, half: int) -> int:
        """The vertex where a half-edge begins."""
        return self.ends[half >> 1][half & 1]

    def leaves(self, face: Face) -> Face:
        """The half-edges of a face with every split that has happened since."""
        out: Face = []
        stack = face[::-1]
        while stack:
            half = stack.pop()
            halves = self.halves[half >> 1]
            if halves is None:
                out.append(half)
            elif half & 1:
                stack += [2 * halves[0] + 1, 2 * halves[1] + 1]
            else:
                stack += [2 * halves[1], 2 * halves[0]]
        return out

    def ring(self, face: Face) -> list[int]:
        """Vertex numbers around a face, counter-clockwise, not closed."""
        return [self.start(half) for half in self.leaves(face)]

    def corners(self, face: Face) -> list[Point]:
        """The points around a face, counter-clockwise, without those on a straight side."""
        points = [self.points[v] for v in self.ring(face)]
        return [p for i, p in enumerate(points) if _bend(points[i - 1], p, points[(i + 1) % len(points)])]

    def new_street(self, rank: int, direction: Point) -> int:
        """A street not yet laid; a cut takes it, or joins the street it continues."""
        self.rank.append(rank)
        self.first.append(direction)
        return len(self.rank) - 1

    def cut(self, face: Face, at: Point, along: Point, rank: int, snap: float) -> tuple[Face, Face]:
        """Cut a face by the line through `at` in direction `along` (unit): (left of the line, right of it).

        An end within `snap` metres of a street that ends there from the other side meets it in a crossing.
        """
        leaves = self.leaves(face)
        into, out = self._crossings(leaves, at, along)
        first, second = (self._meet(leaves, i, share, snap) for i, share in (into, out))
        if self._thin(leaves, first, second):
            first, second = (self._clear(leaves, i, share, snap) for i, share in (into, out))
        ends = [self._corner(leaves, spot) for spot in (first, second)]
        return self._join(self.leaves(face), ends[0], ends[1], self._named(ends, along, rank))

    def _crossings(self, leaves: Face, at: Point, along: Point) -> tuple[tuple[int, float], tuple[int, float]]:
        points = [self.points[self.start(half)] for half in leaves]
        side = [along[0] * (y - at[1]) - along[1] * (x - at[0]) for x, y in points]
        into = out = None
        for i, here in enumerate(side):
            there = side[(i + 1) % len(side)]
            if here < 0 <= there:
                into = (i, here / (here - there))
            elif here >= 0 > there:
                out = (i, here / (here - there))
        if into is None or out is None:
            raise ValueError("the line does not cross the face")
        return into, out

    def _spans(self, leaves: Face, i: int) -> tuple[int, int, float]:
        a, b = self.start(leaves[i]), self.start(leaves[(i + 1) % len(leaves)])
        return a, b, _distance(self.points[a], self.points[b])

    def _meet(self, leaves: Face, i: int, share: float, snap: float) -> tuple[int, float]:
        """Where a cut ends: (half-edge, share of it); share 0 is its first vertex."""
        a, b, length = self._spans(leaves, i)
        near, away, spot = (a, share, i) if share < 0.5 else (b, 1 - share, (i + 1) % len(leaves))
        if away * length < snap and near in self._stems and self._straight(leaves, spot):
            return spot, 0.0
        return self._clear(leaves, i, share, snap)

    def _clear(self, leaves: Face, i: int, share: float, snap: float) -> tuple[int, float]:
        margin = min(0.4, snap / max(self._spans(leaves, i)[2], 1e-9))
        return i, min(max(share, margin), 1 - margin)

    def _straight(self, leaves: Face, i: int) -> bool:
        around = [self.points[self.start(leaves[(i + step) % len(leaves)])] for step in (-1, 0, 1)]
        return not _bend(*around)

    def _thin(self, leaves: Face, first: tuple[int, float], second: tuple[int, float]) -> bool:
        """Whether a cut would leave nearly nothing on one side."""
        points = [self.points[self.start(half)] for half in leaves]
        a, b = (self._spot(leaves, spot) for spot in (first, second))
        count = len(points)
        between = [points[k % count] for k in range(first[0] + 1, first[0] + 1 + (second[0] - first[0]) % count)]
        part = abs(area([a, *between, b]))
        whole = area(points)
        return not 0.03 * whole < part < 0.97 * whole

    def _spot(self, leaves: Face, spot: tuple[int, float]) -> Point:
        a, b, _ = self._spans(leaves, spot[0])
        (ax, ay), (bx, by) = self.points[a], self.points[b]
        return ax + spot[1] * (bx - ax), ay + spot[1] * (by - ay)

    def _corner(self, leaves: Face, spot: tuple[int, float]) -> int:
        half = leaves[spot[0]]
        if spot[1] == 0.0:
            return self.start(half)
        self.points.append(self._spot(leaves, spot))
        vertex = len(self.points) - 1
        segment = half >> 1
        a, b = self.ends[segment]
        street = self.street[segment]
        self.halves[segment] = (self._segment(a, vertex, street), self._segment(vertex, b, street))
        return vertex

    def _named(self, ends: list[int], along: Point, rank: int) -> int:
        met = {v: self._stems.pop(v) for v in ends if v in self._stems}
        same = [s for s in met.values() if self.rank[s] == rank and _parallel(self.first[s], along)]
        street = same[0] if same else self.new_street(rank, along)
        self._stems.update({v: street for v in ends if v not in met})
        return street

    def _join(self, leaves: Face, u: int, v: int, street: int) -> tuple[Face, Face]:
        starts = [self.start(half) for half in leaves]
        i, j = starts.index(u), starts.index(v)
        turned = leaves[i:] + leaves[:i]
        split = (j - i) % len(leaves)
        segment = self._segment(u, v, street)
        return [*turned[:split], 2 * segment + 1], [*turned[split:], 2 * segment]


def area(points: list[Point]) -> float:
    """Signed area of a ring in square metres, positive when counter-clockwise."""
    total = 0.0
    x0, y0 = points[-1]
    for x, y in points:
        total += x0 * y - x * y0
        x0, y0 = x, y
    return total / 2


def _distance(a: Point, b: Point) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _bend(a: Point, b: Point, c: Point) -> bool:
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return abs(cross) > 1e-3 * _distance(a, b) * _distance(b, c)


def _parallel(a: Point, b: Point) -> bool:
    return abs(a[0] * b[0] + a[1] * b[1]) > 0.9
