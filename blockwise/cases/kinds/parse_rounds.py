"""A kind's `rounds`, read."""

from __future__ import annotations

from .model import Round
from .reader import Reader, words_of

MOST = 12


def round_(entry: Reader) -> Round:
    keys = entry.at("rounds.*")
    return Round(entry.name, words_of(keys), keys["most"].integer(1, MOST), keys["result"].word())
