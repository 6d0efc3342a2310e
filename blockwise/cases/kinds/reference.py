"""The reference part of `docs/kinds.md`, made from what the parser and the checks know.

`python -m blockwise.cases.kinds.reference docs/kinds.md` writes it between its two marks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import django
from django.utils.translation import override

from blockwise.rooms import house

from . import parse_parties
from .grammar import FORMATS, LATEST, since
from .model import MOST_ITEMS, Counts, PlaceMode, Subject
from .refused_keys import KEYS
from .refused_words import LISTS

BEGIN, END = "<!-- reference: generated -->", "<!-- end of reference -->"
WORDS = "`{zh, en}`"
NAMES = "list of names"
CONDITION = "field: choice, or list of choices"

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
        "format": ("`2`", "the text uses what format 2 has; without it, it is of format 1 and read as such"),
        "place": (
            " \\| ".join(f"`{one}`" for one in get_args(PlaceMode)),
            "what each case has: a point (as without the word), a point of premises, a block alone, or no place",
        ),
        "grade": ("mapping", "a value worked out of fields of the same case, of the matter or place"),
        "sensitive": ("`true`", "block leaders see counts only"),
        "channels": (f"name: {WORDS}", "the ways in; the first is taken when none is given"),
        "types": ("tree of types", "what it can be; only leaves are chosen"),
        "outcomes": ("mapping of outcomes", "the dispositions, apart from the stage"),
        "fields": ("mapping of fields", "what is asked"),
        "parties": ("mapping of roles", "people or firms in the matter, each sealed under a key of its own"),
        "rounds": ("mapping of rounds", "pieces of work inside a case that may come again, so often at most"),
        "checklists": (
            "mapping of checklists",
            "what is looked at item by item at a place or on equipment, never of people",
        ),
        "scheduled": ("mapping", "how a case is taken for a later time"),
        "clocks": ("mapping of clocks", "the promises"),
        "merge": ("mapping", "how near in time and place another case is offered as the one that it may repeat"),
        "satisfaction": (WORDS, "the question of the central sample"),
        "retention": ("mapping", "how long personal data is kept after the end (365 days if left out)"),
        "publication": (
            "list of facts",
            "what may be published: block, type, times, outcome, stage, priority, choices, dates",
        ),
    },
    "grade": {
        "name": ("name", "under which it stands on the case, in sentences and in conditions"),
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "of": ("list of 1 to 3 fields", "what it is worked out of: choices, yes or no, whole numbers in the open"),
        "grades": (f"name: {WORDS}", "what it may be"),
        "table": ("list of rows", "the first row that holds says the grade"),
        "otherwise": ("name of a grade", "where no row holds; without it every combination has a row"),
    },
    "grade.table": {
        "when": ("field: choice, choices, or `{low, high}`", "what must hold; of a whole number its least and most"),
        "grade": ("name of a grade", "what it is then"),
    },
    "open": {
        "stage": ("name", "the first stage"),
        "roles": ("list of roles", "who may open one"),
        "sentence": (
            WORDS,
            "the line of the record; `{actor}`, `{type}`, `{priority}`, `{stage}`, fields of the opening",
        ),
        "unplaced": ("`true`", "also while its place is not known; an act that corrects must be able to give it"),
    },
    "routing": {
        "level": ("name", "the level of the block tree that answers"),
        "department": ("name", "or the department that answers"),
    },
    "stages.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "final": ("`true`", "an end: every clock ends with it"),
        "no_unit": ("`true`", "no unit is waited for in it: somebody else has the case"),
    },
    "fields.*": {
        "type": ("name of a type", "what it holds, of the types below"),
        "label": (WORDS, "what the form says"),
        "required": ("`true`", "must be given at opening"),
        "personal": ("`true`", "sealed under the case's key"),
        "choices": (f"name: {WORDS}", "of a `choice`"),
        "low": ("whole number", "the least, of an `integer`"),
        "high": ("whole number", "the most"),
        "digits": ("1 to 6", "digits after the point"),
        "currency": ("code of ISO 4217", "`CNY`; an amount is counted in its smallest unit"),
        "opening": ("`false`", "not asked at opening, only by acts"),
        "asked_when": (CONDITION, "it is asked only then; where an act asks for it, it stands in `may_ask`"),
        "required_when": (CONDITION, "it must be given then"),
    },
    "checklists.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "items": (f"1 to {MOST_ITEMS} of name: {WORDS}", "each is in order, at fault or not applicable"),
    },
    "parties.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "fields": (NAMES, "what may be told of one: " + ", ".join(f"`{one}`" for one in parse_parties.FIELDS)),
        "most": (f"1 to {parse_parties.MOST}", "how many of them a case may have; 1 if left out"),
        "consent": ("`true`", "they are asked for consent, and an act records the answer"),
    },
    "scheduled": {
        "field": ("name", "the datetime field that gives the time, at opening or by an act that asks for it"),
        "before": ("length of time", "so long before it the case begins to wait for a unit, as others do"),
    },
    "types.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "priority": ("1 to 4", "1 is the highest; 3 if left out"),
        "needs": ("capability: number", "what must be sent"),
        "sensitive": ("`true`", "as for the kind, for this type"),
        "also": (WORDS, "other words by which it is found when it is typed, commas between"),
    },
    "outcomes.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "sensitive": ("`true`", "a case that is given it is sensitive from then on, whatever becomes of it"),
    },
    "acts.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "sentence": (WORDS, "the line of the record; `{actor}`, the act's open fields, `{unit}`, `{outcome}`, ..."),
        "roles": ("list of roles", "who may do it, over their blocks"),
        "from": ("list of stages", "where it is possible"),
        "to": ("stage", "where it leads"),
        "advance": ("stage", "leads there only if that is further on in the order of stages"),
        "returns": ("stage", "leads back there when the act leaves no unit working on the case: it waits again"),
        "asks": ("list of fields", "must be given"),
        "may_ask": ("list of fields", "may be given"),
        "drops": ("list of fields", "are taken away again; the act is offered while one of them is there"),
        "why": (f"name: {WORDS}", "reasons, one of which must be given; it is kept with the line, not on the case"),
        "outcome": ("`true`", "an outcome must be given"),
        "retypes": ("`true`", "type, priority and place may be given anew"),
        "merge": ("`into` \\| `undo`", "joins the case to its primary, or takes it out again"),
        "effects": (
            NAMES,
            "what it sets off, of those below",
        ),
        "contact": ("`true`", "the act needs the contact: it is a purpose for looking at it"),
        "by": ("`assignee`", "only whoever the case is given to may do it; some act gives it (`assign` or `take`)"),
        "not_by": (
            "list of acts",
            "whoever did one of them on the case may not do this one (`open` is the opening); one of its roles that "
            "can act does none of them",
        ),
        "when": (CONDITION, "the act is possible only then, as the case stands"),
        "party": ("role of a party", "adds one; `{party}` in the sentence is the role and its number, never a name"),
        "changes_party": ("role of a party", "what is told of one is given anew"),
        "consent": ("role of a party", "the consent or the refusal of one is recorded: `{consent}`"),
        "erases_party": ("role of a party", "one is erased for good; the others and the case stay"),
        "needs": (
            "list of roles of parties and of fields told in confidence",
            "it is a purpose for looking at one of them: each look opens one party or one field, and is a line",
        ),
        "tells": (NAMES, "what whoever leads the block is told, of the topics below"),
        "publishes": (WORDS, "a text for the public, made of facts that `publication` lists: `{block}`, `{type}`, ..."),
        "begins": ("name", "begins a round of that name; the sentence may name `{round}`, its number"),
        "ends": ("name", "ends the round that is open; the sentence may name `{round}`"),
        "checks": (
            "name",
            "a checklist of which every item is given a result, under the name of the list; a later act replaces them",
        ),
        "opens": (
            "mapping",
            "opens a case of another kind at the same place, in the same step; the sentence may name `{opened_case}`",
        ),
        "waits_for": (
            "list of kinds",
            "it is possible once every case of these kinds has ended that is part of this one (opened as its `parent`)",
        ),
        "links": (
            "`origin` \\| `parent` \\| `answer`",
            "asks for the number of another case, and links to it as that; the sentence may name `{linked_case}`",
        ),
        "key": ("one letter or digit", "its key on the console"),
    },
    "rounds.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "most": ("1 to 12", "how many there may be in one case"),
        "result": ("name", "a choice field that every act asks which ends one"),
    },
    "acts.*.opens": {
        "kind": ("name", "another kind of the city; none may lead back to this one"),
        "relation": ("`origin` \\| `parent` \\| `answer`", "what this case is for the one that is opened"),
        "type": ("type", "of the other kind, where it has types"),
        "asks_type": ("`true`", "the type is asked with the act instead: `opened_type`"),
        "channel": ("name", "of the other kind, where it has ways in"),
        "carries": ("their field: own field", "what the new case is given, beside the place"),
    },
    "clocks.*": {
        "zh": ("text", "Chinese"),
        "en": ("text", "English"),
        "counts": (" \\| ".join(f"`{one}`" for one in get_args(Counts)), "real time, working time, or local days"),
        "start": (
            "list of acts",
            "what starts it; `open` is the opening, `waits` the moment from which the case waits for a unit again",
        ),
        "stop": ("list of acts", "what keeps it"),
        "due": ("see below", "when it is due"),
        "from": ("mapping", "the time from which it counts, where that lies after its start"),
        "only": ("mapping", "the types to whose cases alone it is promised"),
        "except": ("mapping", "the types to whose cases it is not"),
        "round": ("name", "it starts with each round of that name and stops with it, each on its own"),
        "pause_in": (
            f"list of stages, or stage: {WORDS}",
            "where it stands still, and on what ground (format 2; an application's promises in days need it)",
        ),
        "escalate": ("list of at most 3", "who is told when it is overdue"),
        "of": (
            "role of a party \\| `department`",
            "it is their promise: shown as theirs, in no figure of the agency's promises, and raised to nobody",
        ),
        "tells": ("role", "who is told once when they did not keep it"),
    },
    "clocks.*.from": {"field": ("name", "a datetime field that is not sealed")},
    "clocks.*.only": {
        "types": ("list of types", "types, or branches of the tree of types, to whose cases it is promised")
    },
    "clocks.*.except": {"types": ("list of types", "those to whose cases it is not promised")},
    "clocks.*.escalate": {
        "after": ("length of time", "past due, in real time; a working clock waits for working hours"),
        "to": ("role", "a block leader named again is the leader above"),
    },
    "merge": {
        "within": ("length of time", "at most 7 days"),
        "metres": ("whole number", "at most 1000"),
        "alike": (
            "list of lists of branches",
            "first words of type codes of which one event may be told; a type is always like those of its own branch",
        ),
    },
    "retention": {"days": ("whole number", "at most 3650")},
}


def reference() -> str:
    """The generated part, in Markdown."""
    with override("en"):
        return "\n".join([BEGIN, *_keys(), *_types(), *_effects(), *_topics(), *_refusals(), END])


def _keys() -> Iterator[str]:
    for place, (required, optional) in FORMATS[LATEST].items():
        yield f"\n### {f'`{place}`' if place else 'The file'}\n"
        yield "| key | value | what it says |"
        yield "|---|---|---|"
        for key in (*required, *optional):
            value, meaning = MEANINGS[place][key]
            meaning += _of_format(since(place, key))
            yield f"| {f'**`{key}`**' if key in required else f'`{key}`'} | {value} | {meaning} |"


def _of_format(number: int) -> str:
    return f" (format {number})" if number > 1 else ""


def _types() -> Iterator[str]:
    yield "\n### Types of fields\n"
    yield "| type | what it holds | keys of its own | kept |"
    yield "|---|---|---|---|"
    for one in (one for one in house().field_types.values() if one.declarable):
        keys = ", ".join(f"`{key}`" for key in sorted(one.keys))
        look = "sealed, opened by a look of its own" if one.alone else "sealed, opened by a look"
        kept = look if one.looked else "sealed" if one.sealed else "in the open"
        yield f"| `{one.name}` | {one.words}{_of_format(one.since)} | {keys} | {kept} |"


def _effects() -> Iterator[str]:
    yield "\n### Effects\n"
    yield "| effect | what it does | takes | gives the sentence |"
    yield "|---|---|---|---|"
    for one in house().effects.values():
        takes = ", ".join(f"**`{key}`**" if key in one.needs else f"`{key}`" for key in one.takes)
        says = ", ".join(f"`{{{word}}}`" for word in one.says)
        yield f"| `{one.name}` | {one.words} | {takes} | {says} |"


def _topics() -> Iterator[str]:
    yield "\n### Topics that an act may tell\n"
    yield "| topic | what it is called |"
    yield "|---|---|"
    for one in house().topics.values():
        if one.told:
            yield f"| `{one.name}` | {one.label} |"


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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blockwise.site.settings")
    django.setup()
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text(encoding="utf-8")), encoding="utf-8")
