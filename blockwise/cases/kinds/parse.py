"""A kind's YAML text into a `Kind`, with the line of every key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

import yaml

from blockwise.rooms import house

from .faults import BadKind, Faults
from .grammar import FORMATS, belongs_to
from .model import Act, CaseType, Clock, Escalation, Field, Kind, Merge, PlaceMode, Scheduled, Stage, Subject, Words
from .nodes import read
from .parse_checklists import checklist_field
from .parse_conditions import condition_at
from .parse_grade import grade_field, grade_of
from .parse_links import opens, relation
from .parse_parties import of_act, party_role
from .parse_rounds import round_
from .reader import SECONDS, Reader, Skip, words_of

T = TypeVar("T")
WHY_SUBJECT = "A kind is about a place, a matter, the agency's own conduct or one's own application, never a person"
_LISTS = ("asks", "may_ask", "drops", "effects", "tells", "not_by", "waits_for")
BOTH = ("zh", "en")
GROUNDS = 2  # the first format whose pauses say their ground
LOWEST, HIGHEST = -(2**31), 2**31 - 1


@dataclass(frozen=True)
class Parsed:
    """What was read. `kind` is None when it could not be; `root` is there for the word checks in any case."""

    kind: Kind | None
    root: yaml.MappingNode
    faults: Faults


def digest_of(text: str) -> str:
    """SHA-256 of the text as stored, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def parse(text: str, file: str = "kind.yaml", languages: Collection[str] = BOTH) -> Parsed:
    """Read `text`; faults are collected, not raised, unless nothing can be read at all (BadKind).

    `languages` are those in which every text must be there; without any, one is enough and stands in for the other.
    """
    faults = Faults(file, languages)
    root = read(text.removeprefix("\ufeff"), faults)
    before = len(faults.found)
    try:
        kind = _kind(Reader(root, (), faults), digest_of(text))
    except Skip:
        return Parsed(None, root, faults)
    return Parsed(kind if len(faults.found) == before else None, root, faults)


def parse_kind(text: str, file: str = "kind.yaml") -> Kind:
    """The kind that `text` declares; raises BadKind. Whether it may be used is asked of `check.py`."""
    parsed = parse(text, file, languages=())
    if parsed.kind is None:
        raise BadKind(parsed.faults.found)
    return parsed.kind


def _each(entries: Mapping[str, Reader], make: Callable[[Reader], T]) -> tuple[T, ...]:
    """`make` of every entry; those with a fault are left out."""
    made: list[T] = []
    for entry in entries.values():
        try:
            made.append(make(entry))
        except Skip:
            continue
    return tuple(made)


def _named(top: Mapping[str, Reader], key: str, make: Callable[[Reader], T]) -> tuple[T, ...]:
    return _each(top[key].named(), make) if key in top else ()


def _kind(reader: Reader, digest: str) -> Kind:
    reader = replace(reader, format=_format(reader))
    if "subject" not in reader.entries():
        reader.skip("subject", "the kind declares no subject", WHY_SUBJECT, "Write subject: place, for example")
    top = reader.at("")
    opening = top["open"].at("open")
    routing = top["routing"].at("routing")
    if len(routing) != 1:
        top["routing"].skip("wrong-value", "routing names neither or both", "One answers", "Write level or department")
    fields = (*_named(top, "fields", _field), *_named(top, "checklists", checklist_field))
    outcomes = _named(top, "outcomes", _outcome)
    return Kind(
        name=top["kind"].word(),
        digest=digest,
        format=reader.format,
        noun=top["noun"].words(),
        title=top["title"].words(),
        subject=_subject(top["subject"]),
        fields=(*fields, *((grade_field(top["grade"]),) if reader.format > 1 and "grade" in top else ())),
        stages=_named(top, "stages", _stage),
        acts=_named(top, "acts", lambda entry: _act(entry, fields)),
        open_roles=opening["roles"].names(),
        open_sentence=opening["sentence"].words(),
        open_stage=opening["stage"].word(),
        view_roles=top["view"].names(),
        routing_level=routing["level"].word() if "level" in routing else None,
        department=routing["department"].word() if "department" in routing else "",
        types=_types(top["types"], "", ()) if "types" in top else (),
        outcomes=tuple((name, words) for name, words, _sensitive in outcomes),
        sensitive_outcomes=tuple(name for name, _words, sensitive in outcomes if sensitive),
        clocks=_named(top, "clocks", _clock),
        rounds=_named(top, "rounds", round_),
        merge=_merge(top["merge"]) if "merge" in top else None,
        scheduled=_scheduled(top["scheduled"]) if "scheduled" in top else None,
        grade=grade_of(top["grade"]) if reader.format > 1 and "grade" in top else None,
        sensitive="sensitive" in top and top["sensitive"].boolean(),
        retention_days=_retention(top["retention"]) if "retention" in top else Kind.retention_days,
        satisfaction=top["satisfaction"].words() if "satisfaction" in top else None,
        publication=top["publication"].names() if "publication" in top else (),
        channels=_named(top, "channels", _pair),
        place=_place(top["place"]) if "place" in top else Kind.place,
        unplaced="unplaced" in opening and opening["unplaced"].boolean(),
        parties=_named(top, "parties", party_role),
    )


def _format(reader: Reader) -> int:
    """Without a word of it, a text is of format 1."""
    given = reader.entries().get("format")
    if given is None:
        return 1
    if (said := given.text()) not in map(str, range(2, len(FORMATS) + 1)):
        why = "A text is read by the grammar of its format"
        given.skip("format", f"there is no format {said}", why, "Write format: 2; a text without it is of format 1")
    return int(said)


def _subject(entry: Reader) -> Subject:
    value = entry.text()
    subjects: dict[str, Subject] = {subject: subject for subject in get_args(Subject)}
    if value not in subjects:
        entry.skip("subject", f"the subject is {value!r}", WHY_SUBJECT, f"Write one of: {', '.join(subjects)}")
    return subjects[value]


def _place(entry: Reader) -> PlaceMode:
    modes: dict[str, PlaceMode] = {mode: mode for mode in get_args(PlaceMode)}
    return modes[entry.one_of(tuple(modes))]


def _pair(entry: Reader) -> tuple[str, Words]:
    return entry.name, entry.words()


def _outcome(entry: Reader) -> tuple[str, Words, bool]:
    keys = entry.at("outcomes.*")
    return entry.name, words_of(keys), "sensitive" in keys and keys["sensitive"].boolean()


def _stage(entry: Reader) -> Stage:
    keys = entry.at("stages.*")
    flags = {key: keys[key].boolean() for key in ("final", "no_unit") if key in keys}
    return Stage(entry.name, words_of(keys), **flags)


def _field(entry: Reader) -> Field:
    keys = entry.at("fields.*")
    kind = house().field_types[
        keys["type"].one_of([one.name for one in house().field_types.values() if one.declarable])
    ]
    flags = {key: keys[key].boolean() for key in ("required", "personal", "opening") if key in keys}
    if kind.sealed:  # whatever an older text said; a new one is refused for it (check_words.py)
        flags["personal"] = True
    return Field(
        entry.name,
        kind.name,
        keys["label"].words(),
        choices=_each(keys["choices"].named(), _pair) if "choices" in keys else (),
        low=keys["low"].integer(LOWEST, HIGHEST) if "low" in keys else None,
        high=keys["high"].integer(LOWEST, HIGHEST) if "high" in keys else None,
        digits=keys["digits"].integer(1, 6) if "digits" in keys else None,
        currency=keys["currency"].text() if "currency" in keys else "",
        asked_when=condition_at(keys, "asked_when"),
        required_when=condition_at(keys, "required_when"),
        **flags,
    )


def _types(reader: Reader, prefix: str, parents: tuple[Words, ...]) -> tuple[CaseType, ...]:
    """The leaves of the type tree, in the order of the file."""
    branches = _each(reader.named(), lambda entry: _type(entry, prefix, parents))
    return tuple(leaf for branch in branches for leaf in branch)


def _type(entry: Reader, prefix: str, parents: tuple[Words, ...]) -> tuple[CaseType, ...]:
    code = prefix + entry.name
    if "types" in entry.entries():
        keys = entry.keys(("zh", "en", "types"))
        return _types(keys["types"], f"{code}.", (*parents, words_of(keys)))
    keys = entry.at("types.*")
    if len(code) > 60:
        entry.skip("wrong-value", f"{code} is longer than 60 characters", "It is kept as a code", "Shorten it")
    needs = keys["needs"].named().values() if "needs" in keys else ()
    leaf = CaseType(
        code,
        words_of(keys),
        parents,
        priority=keys["priority"].integer(1, 4) if "priority" in keys else CaseType.priority,
        needs=tuple((need.name, need.integer(1, 50)) for need in needs),
        sensitive="sensitive" in keys and keys["sensitive"].boolean(),
        also=keys["also"].words() if "also" in keys else None,
    )
    return (leaf,)


def _act(entry: Reader, fields: tuple[Field, ...]) -> Act:
    keys = entry.at("acts.*")
    lists = {key: keys[key].names() if key in keys else () for key in _LISTS}
    flags = {key: key in keys and keys[key].boolean() for key in ("outcome", "retypes", "contact")}
    moves = {key: keys[key].word() for key in ("to", "advance", "returns") if key in keys}
    merge = keys["merge"].one_of(("into", "undo")) if "merge" in keys else None
    checks = keys["checks"].word() if "checks" in keys else ""
    lists["asks"] += (checks,) if checks else ()
    asked = {*lists["asks"], *lists["may_ask"]}
    return Act(
        entry.name,
        words_of(keys),
        keys["sentence"].words(),
        keys["roles"].names(),
        keys["from"].names(),
        to=moves.get("to"),
        advance=moves.get("advance"),
        returns=moves.get("returns"),
        asks=lists["asks"],
        may_ask=lists["may_ask"],
        drops=lists["drops"],
        why=_named(keys, "why", _pair),
        outcome=flags["outcome"],
        retypes=flags["retypes"],
        merge="into" if merge == "into" else "undo" if merge else None,
        effects=lists["effects"],
        contact=flags["contact"],
        not_by=lists["not_by"],
        when=condition_at(keys, "when"),
        by="assignee" if "by" in keys and keys["by"].one_of(("assignee",)) else "",
        tells=lists["tells"],
        publishes=keys["publishes"].words() if "publishes" in keys else None,
        key=keys["key"].text() if "key" in keys else "",
        begins=keys["begins"].word() if "begins" in keys else "",
        ends=keys["ends"].word() if "ends" in keys else "",
        opens=opens(keys["opens"]) if "opens" in keys else None,
        links=relation(keys["links"]) if "links" in keys else "",
        checks=checks,
        waits_for=lists["waits_for"],
        asks_kept=any(f.name in asked and f.kept for f in fields),
        files=any(f.name in asked and f.apart for f in fields),
        **of_act(keys),
    )


def _clock(entry: Reader) -> Clock:
    keys = entry.at("clocks.*")
    counts = keys["counts"].one_of(("real", "working", "calendar"))
    due, unit, due_field = _due(keys["due"], counts)
    pause_in, grounds = _pauses(keys["pause_in"]) if "pause_in" in keys else ((), ())
    return Clock(
        entry.name,
        words_of(keys),
        "real" if counts == "real" else "working" if counts == "working" else "calendar",
        keys["start"].names(),
        keys["stop"].names(),
        due=due,
        unit="days" if unit == "days" else "seconds",
        due_field=due_field,
        pause_in=pause_in,
        grounds=grounds,
        ring=keys["due"].single,
        escalate=tuple(_escalation(item) for item in keys["escalate"].items()) if "escalate" in keys else (),
        only=_scope(keys["only"]) if "only" in keys else (),
        unless=_scope(keys["except"]) if "except" in keys else (),
        round=keys["round"].word() if "round" in keys else "",
        from_field=keys["from"].at("clocks.*.from")["field"].word() if "from" in keys else "",
        of=keys["of"].word() if "of" in keys else "",
        tells=keys["tells"].word() if "tells" in keys else "",
    )


def _pauses(entry: Reader) -> tuple[tuple[str, ...], tuple[tuple[str, Words], ...]]:
    """The stages in which a clock stands still, and the ground of each where the text says it."""
    if not entry.mapping:
        return entry.names(), ()
    if entry.format < GROUNDS:
        entry.skip("format", f"a pause with its ground is of format {GROUNDS}", *belongs_to(GROUNDS))
    named = entry.named()
    return tuple(named), tuple((name, each.words()) for name, each in named.items())


def _scheduled(entry: Reader) -> Scheduled:
    keys = entry.at("scheduled")
    return Scheduled(keys["field"].word(), keys["before"].span())


def _scope(entry: Reader) -> tuple[str, ...]:
    return entry.at("clocks.*.only")["types"].codes()


def _due(entry: Reader, counts: str) -> tuple[tuple[tuple[str, int], ...], str, str]:
    """(due by priority, its unit, the field that holds the date); `ring` alone gives nothing of these."""
    if entry.single:
        entry.one_of(("ring",))
        return (), "seconds", ""
    entries = entry.entries()
    if "field" in entries:
        return (), "days", entry.keys(("field",))["field"].word()
    if "priority" not in entries:
        amount, unit = _amount(entry, counts)
        return (("", amount),), unit, ""
    rows = entry.keys(("priority",))["priority"].keys(("1", "2", "3", "4"))
    amounts = {priority: _amount(row, counts) for priority, row in sorted(rows.items())}
    units = {unit for _, unit in amounts.values()}
    if len(units) > 1:
        entry.skip("wrong-value", "days are mixed with times", "A clock counts in one of them", "Use one unit")
    return tuple((priority, amount) for priority, (amount, _) in amounts.items()), units.pop(), ""


def _amount(entry: Reader, counts: str) -> tuple[int, str]:
    """Days where the clock counts working or calendar days, else seconds."""
    given = entry.keys((), SECONDS)
    if counts != "real" and tuple(given) == ("days",):
        return given["days"].integer(1, 3650), "days"
    if counts == "calendar" or (counts == "working" and "days" in given):
        entry.skip("wrong-value", "days stand beside hours", "A day ends when it ends", "Write {days: N} alone")
    seconds = int(entry.span().total_seconds())
    if not seconds:
        entry.skip("wrong-value", "the clock has no length", "A promise takes time", "Write {minutes: 10}")
    return seconds, "seconds"


def _escalation(item: Reader) -> Escalation:
    keys = item.at("clocks.*.escalate")
    return Escalation(keys["after"].span(), keys["to"].word())


def _merge(entry: Reader) -> Merge:
    keys = entry.at("merge")
    alike = tuple(group.names() for group in keys["alike"].items()) if "alike" in keys else ()
    return Merge(keys["within"].span(), keys["metres"].integer(1, 10_000), alike)


def _retention(entry: Reader) -> int:
    return entry.at("retention")["days"].integer(1, 1_000_000)
