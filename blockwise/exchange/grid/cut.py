"""Faces gathered into parts of about equal weight, each in one piece and compact: halved again and again, each half
grown from the far end, then evened out along the borders.

The halving is recursive graph bisection by distance from an extreme point (as in Simon 1991, without the spectrum);
the evening out moves one face at a time, as Kernighan and Lin (1970), and never splits a part.
"""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
ROUNDS: Final = 20  # of evening out
LEAST_GAIN: Final = 1e-9


def parts_of(weight: Floats, middle: Floats, beside: csr_array, count: int) -> Ints:
    """The number of its part (0 .. count - 1 at most) for each face (n). `weight` above 0; `beside`: common borders."""
    found = np.zeros(len(weight), np.intp)
    waiting = [(np.arange(len(weight)), max(1, min(count, len(weight))), 0)]
    while waiting:
        faces, wanted, first = waiting.pop()
        if wanted == 1 or len(faces) == 1:
            found[faces] = first
            continue
        low = wanted // 2
        half = _halved(weight, middle, beside, faces, low / wanted)
        waiting.append((faces[half], low, first))
        waiting.append((faces[~half], wanted - low, first + low))
    found = _evened(found, weight, beside)
    return np.unique(found, return_inverse=True)[1]


def _halved(weight: Floats, middle: Floats, beside: csr_array, faces: Ints, share: float) -> NDArray[np.bool_]:
    """Which of these faces go to the first half: grown from an end of the longest axis until it weighs its share."""
    points = middle[faces]
    axis = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    axis = axis if axis[np.argmax(np.abs(axis))] > 0 else -axis
    along = points @ axis
    order = _grown(beside, faces, int(np.argmin(along)), along)
    wanted = weight[faces].sum() * share
    total = np.cumsum(weight[faces][order])
    cut = int(np.argmin(np.abs(total - wanted))) + 1
    cut = min(max(cut, 1), len(faces) - 1)
    half = np.zeros(len(faces), bool)
    half[order[:cut]] = True
    return _whole(beside, faces, half, weight)


def _grown(beside: csr_array, faces: Ints, start: int, along: Floats) -> Ints:
    """The faces in the order in which a region grows from `start`, the nearest along the axis first; what it does not
    reach comes last, in the same order."""
    place = {int(face): number for number, face in enumerate(faces)}
    seen, heap = np.zeros(len(faces), bool), [(along[start], start)]
    order: list[int] = []
    while len(order) < len(faces):
        if not heap:
            left = np.flatnonzero(~seen)
            heap = [(along[one], int(one)) for one in left[np.argsort(along[left], kind="stable")][:1]]
        _far, number = heapq.heappop(heap)
        if seen[number]:
            continue
        seen[number] = True
        order.append(number)
        row = slice(beside.indptr[faces[number]], beside.indptr[faces[number] + 1])
        for face in beside.indices[row].tolist():
            other = place.get(face)
            if other is not None and not seen[other]:
                heapq.heappush(heap, (along[other], other))
    return np.array(order, np.intp)


def _whole(beside: csr_array, faces: Ints, half: NDArray[np.bool_], weight: Floats) -> NDArray[np.bool_]:
    """What hangs apart from the bulk of the second half goes to the first, so that both are in one piece."""
    rest = np.flatnonzero(~half)
    parts, which = connected_components(beside[faces[rest]][:, faces[rest]], directed=False)
    if parts > 1:
        bulk = np.bincount(which, weight[faces[rest]] + 1e-9).argmax()
        half = half.copy()
        half[rest[which != bulk]] = True
    return half


def _evened(found: Ints, weight: Floats, beside: csr_array) -> Ints:
    """Faces on a border move to a lighter neighbour while that makes the two more alike and leaves both whole."""
    ends = beside.indptr.tolist()
    around = [beside.indices[start:stop].tolist() for start, stop in pairwise(ends)]
    part, weights = found.tolist(), weight.tolist()
    loads = np.bincount(found, weight).tolist()
    members: list[set[int]] = [set() for _load in loads]
    for face, own in enumerate(part):
        members[own].add(face)
    for _round in range(ROUNDS):
        moved = False
        for face, own in enumerate(part):
            others = {part[one] for one in around[face]} - {own}
            if not others or len(members[own]) == 1:
                continue
            best = min(others, key=lambda one: (loads[one], one))
            gain = abs(loads[own] - loads[best]) - abs(loads[own] - loads[best] - 2 * weights[face])
            if gain > LEAST_GAIN and _stays_whole(members[own], around, face):
                members[own].remove(face)
                members[best].add(face)
                part[face] = best
                loads[own] -= weights[face]
                loads[best] += weights[face]
                moved = True
        if not moved:
            break
    return np.array(part, np.intp)


def _stays_whole(members: set[int], around: list[list[int]], face: int) -> bool:
    """Whether the part hangs together without this face."""
    start = next(one for one in members if one != face)
    seen, waiting = {face, start}, [start]
    while waiting:
        for one in around[waiting.pop()]:
            if one in members and one not in seen:
                seen.add(one)
                waiting.append(one)
    return len(seen) == len(members)
