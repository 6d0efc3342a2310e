"""The exact text that is hashed: RFC 8785 (JCS) without floats, so that every reader agrees on each byte."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785
from django.utils.translation import gettext_lazy as _

from blockwise.clock import written as moment
from blockwise.problems import Invalid

__all__ = ["DEEPEST", "GREATEST", "JSON", "dumps", "moment", "plain", "sha256", "text"]

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | bool | None"

GREATEST = 2**53 - 1
DEEPEST = 32
_unstorable = re.compile("[\x00\ud800-\udfff]")
_encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True)
_beyond_16_bits = re.compile("[\U00010000-\U0010ffff]")


def plain(value: object, path: str = "data", depth: int = 0) -> JSON:
    """`value` copied into dicts, lists, strings, integers, booleans and None.

    Raises TypeError naming the path for what is no JSON here (floats above all: use integers of a smaller
    unit), and Invalid for text with U+0000 or a lone surrogate, integers beyond 2**53 - 1 and nesting
    deeper than 32.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, path)
    if isinstance(value, int):
        if abs(value) > GREATEST:
            raise Invalid(_("This whole number is too large to record."), where=path)
        return int(value)
    if depth >= DEEPEST:
        raise Invalid(_("This is nested too deeply to record."), where=path)
    if isinstance(value, Mapping):
        return {_key(k, path): plain(v, f"{path}.{k}", depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value)]
    raise TypeError(f"{path}: {type(value).__name__} cannot be recorded")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{path}: the key {key!r} is not text")
    return text(key, path)


def text(value: str, path: str) -> str:
    """`value` itself. Invalid if PostgreSQL could not store it (U+0000) or UTF-8 not write it (lone surrogates)."""
    if _unstorable.search(value):
        raise Invalid(_("The text holds a character that cannot be stored."), where=path, fix=_("Remove it."))
    return value


def dumps(value: JSON) -> str:
    """RFC 8785 text of a `plain` value.

    The standard encoder, five times faster, sorts by code point: JCS's order by UTF-16 unit, as long as no
    character lies beyond U+FFFF.
    """
    fast = _encoder.encode(value)
    return fast if fast.isascii() or not _beyond_16_bits.search(fast) else rfc8785.dumps(value).decode()


def sha256(canonical: str) -> str:
    """Lower-case hex SHA-256 of the text's UTF-8 bytes."""
    return hashlib.sha256(canonical.encode()).hexdigest()
