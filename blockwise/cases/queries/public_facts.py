"""What the record may say to anybody about a case: that one of its kind and family was opened, on which day, in which
block above its cell, and only together with others. Of a sensitive case nothing; its line is among the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.public import LEAST, Group
from blockwise.places.current import places
from blockwise.places.queries import answer_of
from blockwise.problems import NotFound

from ..kinds import registry
from ..models import KindText
from ..rules import wall

FEWEST_RESIDENTS = 100  # a block with fewer is told as the one above it
_Key = tuple[str, str, tuple[str, ...]]  # kind, family, blocks from the root down


class Sorter:
    """Sorts a day's lines by what may be said of them."""

    def day(self, moment: datetime) -> date:
        return wall.shown(moment).date()

    def groups(self, lines: Sequence[Line]) -> list[Group]:
        """Every line in one group. What is too small stands in the block above, at last among the rest."""
        opened: dict[_Key, list[Line]] = defaultdict(list)
        rest: list[Line] = []
        for line in lines:
            key = _key(line)
            (opened[key] if key else rest).append(line)
        found, small = _large_enough(opened)
        rest += small
        return [*found, Group({}, rest)] if rest else found


def _large_enough(opened: dict[_Key, list[Line]]) -> tuple[list[Group], list[Line]]:
    found: list[Group] = []
    rest: list[Line] = []
    while opened:
        key = max(opened, key=lambda key: (len(key[2]), key))  # the deepest first: what it is short of goes up
        kind, family, blocks = key
        lines = opened.pop(key)
        if len(lines) >= LEAST:
            found.append(Group({"block": blocks[-1], "kind": kind, "family": family}, lines))
        elif len(blocks) > 1:
            opened.setdefault((kind, family, blocks[:-1]), []).extend(lines)
        else:
            rest += lines
    return found, rest


def _key(line: Line) -> _Key | None:
    """None where nothing may be said: no opening of a case, a sensitive one, or what this city no longer knows."""
    if line.act != "open" or not line.thread.startswith("case:"):
        return None
    data = data_of(line)
    try:
        kind, blocks = registry.parsed(data["text"]), _blocks(line.block)
    except (KindText.DoesNotExist, NotFound, KeyError):
        return None
    type_ = kind.type_coded(data["type"])
    if kind.sensitive or (kind.types and (type_ is None or type_.sensitive)):
        return None
    return kind.name, data["type"].split(".")[0], blocks


def _blocks(code: str) -> tuple[str, ...]:
    """The block's parents from the root down, as far as enough people live in them: a cell may be one building."""
    codes = [block.code for block in answer_of(code).chain[:-1]] or [code]
    while len(codes) > 1 and places().blocks[codes[-1]].population < FEWEST_RESIDENTS:
        codes.pop()
    return tuple(codes)
