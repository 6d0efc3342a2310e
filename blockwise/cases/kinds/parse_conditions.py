"""Conditions of fields and acts, read."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Condition
from .reader import Reader


def condition_at(keys: Mapping[str, Reader], key: str) -> Condition | None:
    """The condition under this key; None where there is none."""
    if key not in keys:
        return None
    parts = tuple((name, entry.code_or_codes()) for name, entry in keys[key].named().items())
    if not parts or not all(wanted for _name, wanted in parts):
        why, way_out = "It names a field and the choices for which it holds", "Write {field: choice}"
        keys[key].skip("wrong-value", f"{key} names nothing", why, way_out)
    return Condition(parts)
