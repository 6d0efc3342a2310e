"""The reference part of `docs/kinds.md`, made from what the parser and the checks know.

`python -m blockwise.cases.kinds.reference docs/kinds.md` writes it between its two marks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from .model import Counts, FieldType, Subject
from .parse import FORMAT
from .refused_keys import KEYS
from .refused_words import LISTS

BEGIN, END = "<!-- reference: generated -->", "<!-- end of reference -->"
WORDS = "`{zh, en}`"
NAMES = "list of names"

MEANINGS: dict[str, dict[str, tuple[str, str]]] = {
    "": {
        "kind": ("name", "the kind's name; the file is called the same"),
        "noun": (WORDS, "what one case is called"),
        "title": (WORDS, "the heading of its pages"),
        "subject": (
            " \\| ".join(f"`{one}`" for one in get_args(Subject)),
            "what it is about; nothing else is possible",
        ),
        "open": ("mapping", "how a case begins"),
        "view": ("list of roles", "who may see such cases, over their blocks"),
        "routing": ("mapping", "who answers: a level of the block tree, or a department"),
        "stages": ("mapping of stages", "where a case may stand, in their order"),
        "acts": ("mapping of acts", "the named steps"),
        "sensitive": ("`true`", "block leaders see counts only"),
        "channels": (f"name: {WORDS}", "the ways in; the first is taken when none is given"),
        "types": ("tree of types", "what it can be; only leaves are chosen"),
        "outcomes": (f"name: {WORDS}", "the dispositions, apart from the stage"),
        "fields": ("mapping of fields", "what is asked"),
        "clocks": ("mapping of clocks", "the promises"),
        "merge": ("mapping", "how near in time and place another case is offered as the one that it may repeat"),
        "satisfaction": (WORDS, "the question of the central sample"),
        "retention": ("mapping", "how long personal data is kept after the end (365 days if left out)"),
        "publication": (
            "list of facts",
            "what may be published: block, type, times, outcome, stage, priority, choices",
        ),
    },
    "open": {
        "stage": ("name", "the first stage"),
        "roles": ("list of roles", "who may open one"),
        "sentence": (
            WORDS,
            "the line of the record; `{actor}`, `{type}`, `{priority}`, `{stage}`, fields of the opening",
        ),
    },
    "routing": {
        "level": ("name", "the level of the block tree that answers"),
        "department": ("name", "or the department that answers"),
    },
    "stages.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "final": ("`true`", "an end: every clock ends with it"),
    },
    "fields.*": {
        "type": (
            " \\| ".join(f"`{one}`" for one in get_args(FieldType)),
            "text, contact, position and name are sealed",
        ),
        "label": (WORDS, "what the form says"),
        "required": ("`true`", "must be given at opening"),
        "personal": ("`true`", "sealed under the case's key"),
        "choices": (f"name: {WORDS}", "of a `choice`"),
        "low": ("whole number", "the least, of an `integer`"),
        "high": ("whole number", "the most"),
        "opening": ("`false`", "not asked at opening, only by acts"),
    },
    "types.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "priority": ("1 to 4", "1 is the highest; 3 if left out"),
        "needs": ("capability: number", "what must be sent"),
        "sensitive": ("`true`", "as for the kind, for this type"),
    },
    "acts.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "sentence": (WORDS, "the line of the record; `{actor}`, the act's open fields, `{unit}`, `{outcome}`, ..."),
        "roles": ("list of roles", "who may do it, over their blocks"),
        "from": ("list of stages", "where it is possible"),
        "to": ("stage", "where it leads"),
        "advance": ("stage", "leads there only if that is further on in the order of stages"),
        "asks": ("list of fields", "must be given"),
        "may_ask": ("list of fields", "may be given"),
        "outcome": ("`true`", "an outcome must be given"),
        "retypes": ("`true`", "type, priority and place may be given anew"),
        "merge": ("`into` \\| `undo`", "joins the case to its primary, or takes it out again"),
        "effects": (NAMES, "`rank_units`, `assign_units`, `move_assignments`, `clear_units`, `without_units`"),
        "contact": ("`true`", "the act needs the contact: it is a purpose for looking at it"),
        "tells": (NAMES, "what goes outside: `report_inside`, `publication`"),
        "key": ("one letter or digit", "its key on the console"),
    },
    "clocks.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "counts": (" \\| ".join(f"`{one}`" for one in get_args(Counts)), "real time, working time, or local days"),
        "start": ("list of acts", "what starts it; `open` is the opening"),
        "stop": ("list of acts", "what keeps it"),
        "due": ("see below", "when it is due"),
        "pause_in": ("list of stages", "where it stands still"),
        "escalate": ("list of at most 3", "who is told when it is overdue"),
    },
    "clocks.*.escalate": {
        "after": ("length of time", "past due, in real time; a working clock waits for working hours"),
        "to": ("role", "a block leader named again is the leader above"),
    },
    "merge": {
        "within": ("length of time", "at most 7 days"),
        "metres": ("whole number", "at most 1000"),
    },
    "retention": {"days": ("whole number", "at most 3650")},
}


def reference() -> str:
    """The generated part, in Markdown."""
    return "\n".join([BEGIN, *_keys(), *_refusals(), END])


def _keys() -> Iterator[str]:
    for place, (required, optional) in FORMAT.items():
        yield f"\n### {f'`{place}`' if place else 'The file'}\n"
        yield "| key | value | what it says |"
        yield "|---|---|---|"
        for key in (*required, *optional):
            value, meaning = MEANINGS[place][key]
            yield f"| {f'**`{key}`**' if key in required else f'`{key}`'} | {value} | {meaning} |"


def _refusals() -> Iterator[str]:
    yield "\n### Refused by words and keys\n"
    yield "| code | why | what to do instead |"
    yield "|---|---|---|"
    refusals = {*KEYS.values(), *(words.refusal for words in LISTS)}
    for code, why, way_out in sorted(refusals):
        yield f"| `{code}` | {why} | {way_out} |"


def replaced(page: str) -> str:
    """`page` with its reference made anew; ValueError when its marks are missing."""
    before, rest = page.split(BEGIN, 1)
    _old, after = rest.split(END, 1)
    return f"{before}{reference()}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text(encoding="utf-8")), encoding="utf-8")
