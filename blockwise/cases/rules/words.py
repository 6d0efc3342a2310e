"""How blocks, types and places are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language

from blockwise.places.bilingual import in_language
from blockwise.places.current import BlockFacts, places

from ..kinds.model import Kind, Words


def both(zh: str, en: str) -> Words:
    """A name in two languages, either standing in for the other."""
    return Words(zh or en, en or zh)


def block_words(code: str) -> Words:
    """A block's short name: its own, and its parent's where it is a cell."""
    facts = places().blocks.get(code)
    if facts is None:
        return Words(code, code)
    above = _above(facts)
    return Words(f"{above.zh} {both(facts.name, facts.name_en).zh}".strip(), f"{facts.name_en or facts.name}")


def _above(facts: BlockFacts) -> Words:
    here = places()
    deepest = facts.level == len(here.city.levels) - 1
    parent = here.blocks.get(facts.parent or "") if deepest else None
    return both(parent.name, parent.name_en) if parent else Words("", "")


def type_words(kind: Kind, code: str) -> str:
    found = kind.type_coded(code)
    return str(found.words) if found else code or str(kind.title)


def in_reader_language(texts: Iterable[str]) -> Mapping[str, str]:
    """Places that somebody wrote down in the other language, in the reader's."""
    return in_language(texts, chinese=(get_language() or "en").startswith("zh"))
