"""An act's `opens` and `links`, read."""

from __future__ import annotations

from .model import Opens
from .reader import Reader

RELATIONS = ("origin", "parent", "answer")


def relation(entry: Reader) -> str:
    return entry.one_of(RELATIONS)


def opens(entry: Reader) -> Opens:
    keys = entry.at("acts.*.opens")
    return Opens(
        keys["kind"].word(),
        relation(keys["relation"]),
        type=keys["type"].code() if "type" in keys else "",
        asks_type="asks_type" in keys and keys["asks_type"].boolean(),
        channel=keys["channel"].word() if "channel" in keys else "",
        carries=tuple((name, mine.word()) for name, mine in keys["carries"].named().items())
        if "carries" in keys
        else (),
    )
