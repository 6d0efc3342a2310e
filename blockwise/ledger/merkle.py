"""The tree of RFC 6962 over the hashes of lines: leaf = SHA-256(00 || hash), node = SHA-256(01 || left || right)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").hexdigest()


class Tree:
    """A root grown leaf by leaf, in memory logarithmic in their number."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []  # (height, root) of perfect trees, from the left, heights falling

    def add(self, line_hash: bytes) -> None:
        """Add the next leaf: the 32 raw bytes of a line's hash."""
        height, root = 0, hashlib.sha256(b"\x00" + line_hash).digest()
        while self._peaks and self._peaks[-1][0] == height:
            root = _node(self._peaks.pop()[1], root)
            height += 1
        self._peaks.append((height, root))

    def root(self) -> str:
        """Lower-case hex; of no leaves, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY
        root = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            root = _node(left, root)
        return root.hex()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: bytes) -> str:
    """The root over line hashes of 32 bytes each, one behind the other."""
    tree = Tree()
    for start in range(0, len(leaves), 32):
        tree.add(leaves[start : start + 32])
    return tree.root()


def path_to(leaves: bytes, place: int) -> list[str]:
    """The audit path of the leaf at `place` (from 0), from the leaf's neighbour up, in hex (RFC 6962, 2.1.1)."""
    count = len(leaves) // 32
    if count == 1:
        return []
    left = _left_of(count)
    first, rest = leaves[: left * 32], leaves[left * 32 :]
    if place < left:
        return [*path_to(first, place), root_of(rest)]
    return [*path_to(rest, place - left), root_of(first)]


def root_along(line_hash: bytes, place: int, count: int, path: Sequence[str]) -> str:
    """The root of a tree of `count` leaves that the path leads to. ValueError where it is no path of that tree."""
    if not 0 <= place < count:
        raise ValueError(place)
    return _climb(
        hashlib.sha256(b"\x00" + line_hash).digest(), place, count, [bytes.fromhex(one) for one in path]
    ).hex()


def _climb(node: bytes, place: int, count: int, path: list[bytes]) -> bytes:
    if count == 1 or not path:
        if count != 1 or path:
            raise ValueError(count)
        return node
    left, top = _left_of(count), path[-1]
    if place < left:
        return _node(_climb(node, place, left, path[:-1]), top)
    return _node(top, _climb(node, place - left, count - left, path[:-1]))


def _left_of(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
