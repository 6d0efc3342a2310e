"""The keys of a kind's text, one table a format. A later format holds those before it and what it adds.

A text keeps the grammar that it was written in for as long as a case lives under it, so no table is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping

Keys = tuple[tuple[str, ...], tuple[str, ...]]  # required, optional
Grammar = Mapping[str, Keys]

_FIRST: Grammar = {
    "": (
        ("kind", "noun", "title", "subject", "open", "view", "routing", "stages", "acts"),
        (
            *("sensitive", "channels", "types", "outcomes", "fields", "scheduled", "clocks", "merge"),
            *("satisfaction", "retention", "publication"),
        ),
    ),
    "open": (("stage", "roles", "sentence"), ("unplaced",)),
    "routing": ((), ("level", "department")),
    "stages.*": (("zh", "en"), ("final", "no_unit")),
    "fields.*": (("type", "label"), ("required", "personal", "choices", "low", "high", "opening")),
    "scheduled": (("field", "before"), ()),
    "types.*": (("zh", "en"), ("priority", "needs", "sensitive", "also")),
    "outcomes.*": (("zh", "en"), ()),
    "acts.*": (
        ("zh", "en", "sentence", "roles", "from"),
        (
            *("to", "advance", "returns", "asks", "may_ask", "drops", "why", "outcome", "retypes", "merge"),
            *("effects", "contact", "tells", "publishes", "key"),
        ),
    ),
    "clocks.*": (("zh", "en", "counts", "start", "stop", "due"), ("from", "only", "except", "pause_in", "escalate")),
    "clocks.*.from": (("field",), ()),
    "clocks.*.only": (("types",), ()),
    "clocks.*.except": (("types",), ()),
    "clocks.*.escalate": (("after", "to"), ()),
    "merge": (("within", "metres"), ("alike",)),
    "retention": (("days",), ()),
}


def _extended(base: Grammar, more: Grammar) -> Grammar:
    """`base` with further keys at its places, and with further places."""
    found = dict(base)
    for place, (required, optional) in more.items():
        before = base.get(place, ((), ()))
        found[place] = ((*before[0], *required), (*before[1], *optional))
    return found


_SECOND = _extended(
    _FIRST,
    {
        "": ((), ("format", "place", "grade", "parties", "rounds", "checklists")),
        "grade": (("name", "zh", "en", "of", "grades", "table"), ("otherwise",)),
        "grade.table": (("when", "grade"), ()),
        "fields.*": ((), ("digits", "currency", "asked_when", "required_when")),
        "clocks.*": ((), ("of", "tells", "round")),
        "outcomes.*": ((), ("sensitive",)),
        "parties.*": (("zh", "en", "fields"), ("most", "consent")),
        "rounds.*": (("zh", "en", "most", "result"), ()),
        "checklists.*": (("zh", "en", "items"), ()),
        "acts.*.opens": (("kind", "relation"), ("type", "asks_type", "channel", "carries")),
        "acts.*": (
            (),
            (
                "not_by",
                "by",
                "opens",
                "links",
                "party",
                "changes_party",
                "consent",
                "erases_party",
                "needs",
                "when",
                "begins",
                "ends",
                "checks",
                "waits_for",
            ),
        ),
    },
)
FORMATS: Mapping[int, Grammar] = {1: _FIRST, 2: _SECOND}
LATEST = len(FORMATS)


def keys_at(number: int, place: str) -> Keys:
    """The keys of this place in the format; where it has no such place, in the first that has it."""
    return next(FORMATS[one][place] for one in range(number, LATEST + 1) if place in FORMATS[one])


def since(place: str, key: str) -> int:
    """The first format that has this key there; 0: none has it."""
    none: Keys = ((), ())
    known = (number for number, one in FORMATS.items() for keys in one.get(place, none) if key in keys)
    return min(known, default=0)


def belongs_to(number: int) -> tuple[str, str]:
    """Why what only a later format has is refused, and the way out."""
    return "It has no meaning in the format of this text", f"Write format: {number} at the top"
