"""One question of the search: the city it is asked in, where it is asked from, and what is known around a name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .chinese import HAN
from .likely import Likely

if TYPE_CHECKING:
    from ..coordinates import Point
    from ..current import Places

Blocks = tuple[frozenset[str], ...]
_LONGEST: Final = 24


@dataclass(frozen=True, slots=True)
class Ask:
    """`near`: the caller's tower or the middle of the map; of alike guesses the nearest comes first."""

    here: Places
    near: Point | None = None
    blocks: Blocks = ()  # that the text names beside the place

    def blocks_in(self, likely: Likely) -> tuple[Likely, Blocks]:
        """What is left of a text beside a name is no doubt where it names blocks of the city."""
        blocks = self.blocks_of(likely.left) if likely.left else ()
        if not blocks:
            return likely, self.blocks
        return replace(likely, cost=0.0, left="", why=""), (*self.blocks, *blocks)

    def blocks_of(self, key: str) -> Blocks:
        """The blocks that a key is made of, each as the codes it may be; empty where it is made of anything else."""
        known = self.here.blocks_by_key
        if HAN.search(key):
            found: list[frozenset[str]] = []
            while key:
                cut = next((k for k in range(min(len(key), _LONGEST), 0, -1) if key[:k] in known), 0)
                if not cut:
                    return ()
                found.append(known[key[:cut]])
                key = key[cut:]
            return tuple(found)
        return (known[key],) if key in known else ()
