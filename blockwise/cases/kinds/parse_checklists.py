"""A kind's checklists, read: each is a field that holds the result of every item."""

from __future__ import annotations

from .model import CHECKLIST, Field
from .reader import Reader, words_of


def checklist_field(entry: Reader) -> Field:
    keys = entry.at("checklists.*")
    items = tuple((one.name, one.words()) for one in keys["items"].named().values())
    return Field(entry.name, CHECKLIST, words_of(keys), choices=items, opening=False)
