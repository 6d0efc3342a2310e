"""What is asked of the block tree. Coordinates are WGS84 in 1e-7 degree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from blockwise.problems import NotFound

from .coordinates import E7
from .current import BlockFacts, Places, places
from .models import City
from .names import key_of

AFTER_CODES = "["  # the byte after Z: every code that starts with X sorts below X + "["


@dataclass(frozen=True, slots=True)
class BlockName:
    """A block as it is shown; `level` is the key of its level in the city's settings."""

    code: str
    name: str
    name_en: str
    level: str


@dataclass(frozen=True, slots=True)
class BlockAnswer:
    """The smallest block at a point and all it belongs to; `chain` runs from the root down to it."""

    block: str
    chain: tuple[BlockName, ...]
    beat: str | None
    zone: str | None
    core: bool


def city() -> City:
    """The city's settings, at most a second old. NotFound when none is loaded."""
    return places().city


def departments() -> dict[str, str]:
    """The city's departments by key, in the reader's language."""
    language = "zh" if (get_language() or "en").startswith("zh") else "en"
    return {str(one["key"]): str(one[language]) for one in city().departments}


def block_at(lon_e7: int, lat_e7: int) -> BlockAnswer | None:
    """The smallest block at a point, or None outside the city; a point on a border has one block, always."""
    here = places()
    code = here.index.at(lon_e7 / E7, lat_e7 / E7)
    return None if code is None else _answer(here, code)


def blocks_at(lon_e7: NDArray[np.int64], lat_e7: NDArray[np.int64]) -> list[str | None]:
    """As block_at, the codes only, for many points (n) at once."""
    index = places().index
    codes = (*index.codes, None)  # NOWHERE is -1: the last
    return [codes[k] for k in index.find(np.asarray(lon_e7) / E7, np.asarray(lat_e7) / E7).tolist()]


def blocks_named(text: str, most: int) -> list[str]:
    """Codes of today's blocks whose name in either language begins so; the largest blocks first."""
    wanted = key_of(text)
    if not wanted:
        return []
    found = (code for code, *keys in places().block_keys if any(key.startswith(wanted) for key in keys))
    return list(islice(found, most))


def stands(code: object) -> bool:
    """Whether this is the code of a block of today."""
    facts = places().blocks.get(code) if isinstance(code, str) else None
    return facts is not None and facts.retired_on is None


def answer_of(code: str) -> BlockAnswer:
    """The same answer for a block given by its code. NotFound for a code that is not in the tree."""
    return _answer(places(), code)


def chain_of(code: str) -> tuple[BlockName, ...]:
    """All that a block belongs to, from the root down to it; nothing for a code that is not in the tree."""
    here = places()
    return _answer(here, code).chain if code in here.blocks else ()


def subtree(code: str) -> tuple[str, str]:
    """The range low <= code < high that holds a block and everything below it."""
    return code, code + AFTER_CODES


def in_subtree(field: str, code: str) -> Q:
    """The condition that `field` (a CodeField, or a key to a block such as block_id) lies in a subtree."""
    low, high = subtree(code)
    return Q(**{f"{field}__gte": low, f"{field}__lt": high})


def ancestors(code: str) -> tuple[BlockName, ...]:
    """The blocks above a block, from the root down. NotFound for a code that is not in the tree."""
    return answer_of(code).chain[:-1]


def children(code: str) -> tuple[BlockName, ...]:
    """The blocks in force right below a block, by code. NotFound for a code that is not in the tree."""
    here = places()
    _facts(here, code)
    return tuple(_name(here, b) for b in here.blocks.values() if b.parent == code and b.retired_on is None)


def ring_minutes(code: str) -> int:
    """Within how many minutes a block is to be reached: the inner ring for the core, else the outer one."""
    here = places()
    rings = here.city.rings
    return int(rings[0] if _facts(here, code).core else rings[-1])


def _answer(here: Places, code: str) -> BlockAnswer:
    answers: dict[str, BlockAnswer] = here.answers
    if code not in answers:
        answers[code] = _answering(here, _facts(here, code))
    return answers[code]


def _answering(here: Places, facts: BlockFacts) -> BlockAnswer:
    chain = [facts]
    while (above := here.blocks.get(chain[-1].parent or "")) is not None:
        chain.append(above)
    named = tuple(_name(here, block) for block in reversed(chain))
    return BlockAnswer(facts.code, named, facts.beat, facts.zone, facts.core)


def _facts(here: Places, code: str) -> BlockFacts:
    try:
        return here.blocks[code]
    except KeyError:
        raise NotFound(_("There is no block of this code."), where="block", more={"block": code[:24]}) from None


def _name(here: Places, block: BlockFacts) -> BlockName:
    return BlockName(block.code, block.name, block.name_en, str(here.city.levels[block.level]["key"]))
