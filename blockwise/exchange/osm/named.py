"""What something is called, in the city's languages and in all others that the extract has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

CHINESE = ("name:zh-Hans", "name:zh", "name:zh-Hant")


class Named(NamedTuple):
    """`own`: as it stands on the sign; `others`: further names, in other languages or of before, each once."""

    own: str
    zh: str
    en: str
    others: tuple[str, ...] = ()


def names(tags: Mapping[str, str]) -> Named:
    """The name of a thing; a road without one is called by its number."""
    own = tags.get("name") or tags.get("ref", "")
    zh = next((tags[key] for key in CHINESE if tags.get(key)), "")
    en = tags.get("name:en", "")
    keys = sorted(
        key for key in tags if key.startswith("name:") or key in ("alt_name", "old_name", "short_name", "ref")
    )
    others = dict.fromkeys(part.strip() for key in keys for part in tags[key].split(";"))
    return Named(own, zh, en, tuple(one for one in others if one and one not in (own, zh, en)))
