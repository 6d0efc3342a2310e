"""What a type is found by when it is typed: its code, its words in both languages and those declared beside them
(`also`), Chinese also by its pinyin and by the first letters of it. Made once for a kind's text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from .model import Kind, Words

BETWEEN = re.compile(r"[,，、;；]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_known: dict[str, dict[str, str]] = {}  # by the digest of the kind's text


def keys(kind: Kind) -> dict[str, str]:
    """By code, all that a type of this kind is found by, lower-case, "|" between; the best known first."""
    if kind.digest not in _known:
        _known[kind.digest] = {
            one.code: "|".join(_unique([one.code, *_of(one.words), *(_of(one.also) if one.also else ())]))
            for one in kind.types
        }
    return _known[kind.digest]


def branch(words: Iterable[Words]) -> str:
    """What the branches above a type are found by."""
    return "|".join(_unique(key for one in words for key in _of(one)))


def _of(words: Words) -> list[str]:
    parts = [part.strip() for text in (words.zh, words.en) for part in BETWEEN.split(text)]
    return [key for part in parts if part for key in (part.lower(), *_pinyin(part))]


@lru_cache(maxsize=4096)
def _pinyin(text: str) -> tuple[str, ...]:
    """In full and by its first letters; nothing for a text without Chinese."""
    if not _CHINESE.search(text):
        return ()
    from pypinyin import Style, lazy_pinyin  # its tables take a moment, and only a form needs them

    return "".join(lazy_pinyin(text)).lower(), "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def _unique(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))
