"""What a correction changed, from what to what: type, priority, block and place, as the lines follow one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import vault

from ..kinds.model import Kind
from ..models import Case
from ..rules.placing import FOUND, UNPLACED
from ..rules.words import block_words, in_reader_language, type_words

Data = Mapping[str, Any]


def changes(case: Case, kind: Kind, lines: Mapping[int, Data]) -> dict[int, list[str]]:
    """Sentences by line number, of lines given oldest first. The place in words only while the case is open: later it
    is kept by block and day."""
    if kind.unreadable:
        return {}
    found = dict(_steps(lines.items()))
    digests = {digest for pair in found.values() for digest in (side.get("place") for side in pair) if digest}
    opened = vault.open_many((case.thread, digest) for digest in digests) if digests and not case.final else {}
    known = {digest: place for (_th, digest), place in opened.items() if isinstance(place, dict)}
    here = in_reader_language(str(place.get("text", "")) for place in known.values())
    words = {digest: _place(place, here) for digest, place in known.items()}
    told = {number: list(_differences(kind, was, now, words)) for number, (was, now) in found.items()}
    return {number: said for number, said in told.items() if said}


def _place(place: Mapping[str, Any], here: Mapping[str, str]) -> str:
    text = str(place.get("text", ""))
    if place.get("lon_e7") is not None:
        return here.get(text, text)
    return f"{FOUND[UNPLACED]} “{text}”" if text else str(FOUND[UNPLACED])


def _steps(lines: Iterable[tuple[int, Data]]) -> Iterator[tuple[int, tuple[dict[str, Any], dict[str, Any]]]]:
    """(line, (what was, what is)) for each line that gives anew what an earlier one gave."""
    known: dict[str, Any] = {}
    for number, data in lines:
        given = {name: data[name] for name in ("type", "priority", "block") if name in data}
        if place := data.get("sealed", {}).get("place"):
            given["place"] = place
        was = {name: known[name] for name, value in given.items() if name in known and known[name] != value}
        if was:
            yield number, (was, {name: given[name] for name in was})
        known |= given


def _differences(kind: Kind, was: Data, now: Data, places: Mapping[str, str]) -> Iterator[str]:
    labels = {"type": _("Type"), "priority": _("Priority"), "place": _("Where"), "block": _("Block")}
    for name in labels:
        if name in was:
            before, after = (_words(kind, name, side[name], places) for side in (was, now))
            if before and after and before != after:
                yield _("%(label)s: %(was)s → %(now)s") % {"label": labels[name], "was": before, "now": after}


def _words(kind: Kind, name: str, value: Any, places: Mapping[str, str]) -> str:
    if name == "type":
        return type_words(kind, str(value))
    if name == "block":
        return str(block_words(str(value)))
    return places.get(value, "") if name == "place" else str(value)
