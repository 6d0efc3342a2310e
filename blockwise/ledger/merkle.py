"""The tree of RFC 6962 over the hashes of lines: leaf = SHA-256(00 || hash), node = SHA-256(01 || left || right)."""

from __future__ import annotations

import hashlib

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
