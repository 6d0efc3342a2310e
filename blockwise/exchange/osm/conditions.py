"""Restrictions that hold sometimes (OpenStreetMap wiki, Conditional restrictions): `value @ (condition); ...`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(r"\s*([^@;]+?)\s*@\s*(\([^()]*\)|[^;()]+)\s*(?:;|$)")
_OF_VEHICLES = re.compile(r"(?:access|vehicle|motor_vehicle|emergency|oneway|maxspeed)(?::\w+)*:conditional")


@dataclass(frozen=True, order=True)
class Limit:
    """A limit that holds sometimes, as it is written but for blanks. `condition`: empty where it was not understood."""

    key: str
    value: str
    condition: str


def limits(tags: Mapping[str, str]) -> list[Limit]:
    """The limits of vehicles among the tags, e.g. of access, direction and speed."""
    return [one for key in sorted(tags) if _OF_VEHICLES.fullmatch(key) for one in read(key, tags[key])]


def read(key: str, text: str) -> list[Limit]:
    """Each part of the text; where one is not of the form, the whole as it stands and without a condition."""
    found, at = [], 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            return [Limit(key, text.strip(), "")]
        found.append(Limit(key, match[1], _tidy(match[2])))
        at = match.end()
    return found


def _tidy(condition: str) -> str:
    return re.sub(r"\s+", " ", condition.strip().removeprefix("(").removesuffix(")").strip())
