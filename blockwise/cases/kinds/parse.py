"""A kind's YAML text into a `Kind`, with the line of every key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, get_args

import yaml

from .faults import BadKind, Faults
from .model import Act, CaseType, Clock, Escalation, Field, FieldType, Kind, Merge, Stage, Subject, Words
from .nodes import read
from .reader import SECONDS, Reader, Skip, words_of

T = TypeVar("T")
ALWAYS_PERSONAL = ("text", "contact", "position", "name")
Keys = tuple[tuple[str, ...], tuple[str, ...]]  # required, optional
FORMAT: dict[str, Keys] = {
    "": (
        ("kind", "noun", "title", "subject", "open", "view", "routing", "stages", "acts"),
        (
            *("sensitive", "channels", "types", "outcomes", "fields", "clocks", "merge"),
            *("satisfaction", "retention", "publication"),
        ),
    ),
    "open": (("stage", "roles", "sentence"), ()),
    "routing": ((), ("level", "department")),
    "stages.*": (("zh", "en"), ("final",)),
    "fields.*": (("type", "label"), ("required", "personal", "choices", "low", "high", "opening")),
    "types.*": (("zh", "en"), ("priority", "needs", "sensitive")),
    "acts.*": (
        ("zh", "en", "sentence", "roles", "from"),
        (
            *("to", "advance", "asks", "may_ask", "outcome", "retypes", "merge", "effects", "contact", "tells"),
            "key",
        ),
    ),
    "clocks.*": (("zh", "en", "counts", "start", "stop", "due"), ("pause_in", "escalate")),
    "clocks.*.escalate": (("after", "to"), ()),
    "merge": (("within", "metres"), ()),
    "retention": (("days",), ()),
}
WHY_SUBJECT = "A kind is about a place, a matter, the agency's own conduct or one's own application, never a person"
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


def parse(text: str, file: str = "kind.yaml") -> Parsed:
    """Read `text`; faults are collected, not raised, unless nothing can be read at all (BadKind)."""
    faults = Faults(file)
    root = read(text.removeprefix("\ufeff"), faults)
    before = len(faults.found)
    try:
        kind = _kind(Reader(root, (), faults), digest_of(text))
    except Skip:
        return Parsed(None, root, faults)
    return Parsed(kind if len(faults.found) == before else None, root, faults)


def parse_kind(text: str, file: str = "kind.yaml") -> Kind:
    """The kind that `text` declares; raises BadKind. Whether it may be used is asked of `check.py`."""
    parsed = parse(text, file)
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
    if "subject" not in reader.entries():
        reader.skip("subject", "the kind declares no subject", WHY_SUBJECT, "Write subject: place, for example")
    top = reader.keys(*FORMAT[""])
    opening = top["open"].keys(*FORMAT["open"])
    routing = top["routing"].keys(*FORMAT["routing"])
    if len(routing) != 1:
        top["routing"].skip("wrong-value", "routing names neither or both", "One answers", "Write level or department")
    fields = _named(top, "fields", _field)
    return Kind(
        name=top["kind"].word(),
        digest=digest,
        noun=top["noun"].words(),
        title=top["title"].words(),
        subject=_subject(top["subject"]),
        fields=fields,
        stages=_named(top, "stages", _stage),
        acts=_named(top, "acts", lambda entry: _act(entry, fields)),
        open_roles=opening["roles"].names(),
        open_sentence=opening["sentence"].words(),
        open_stage=opening["stage"].word(),
        view_roles=top["view"].names(),
        routing_level=routing["level"].word() if "level" in routing else None,
        department=routing["department"].word() if "department" in routing else "",
        types=_types(top["types"], "", ()) if "types" in top else (),
        outcomes=_named(top, "outcomes", _pair),
        clocks=_named(top, "clocks", _clock),
        merge=_merge(top["merge"]) if "merge" in top else None,
        sensitive="sensitive" in top and top["sensitive"].boolean(),
        retention_days=_retention(top["retention"]) if "retention" in top else Kind.retention_days,
        satisfaction=top["satisfaction"].words() if "satisfaction" in top else None,
        publication=top["publication"].names() if "publication" in top else (),
        channels=_named(top, "channels", _pair),
    )


def _subject(entry: Reader) -> Subject:
    value = entry.text()
    subjects: dict[str, Subject] = {subject: subject for subject in get_args(Subject)}
    if value not in subjects:
        entry.skip("subject", f"the subject is {value!r}", WHY_SUBJECT, f"Write one of: {', '.join(subjects)}")
    return subjects[value]


def _pair(entry: Reader) -> tuple[str, Words]:
    return entry.name, entry.words()


def _stage(entry: Reader) -> Stage:
    keys = entry.keys(*FORMAT["stages.*"])
    return Stage(entry.name, words_of(keys), "final" in keys and keys["final"].boolean())


def _field(entry: Reader) -> Field:
    keys = entry.keys(*FORMAT["fields.*"])
    kind: FieldType = next(t for t in get_args(FieldType) if t == keys["type"].one_of(get_args(FieldType)))
    flags = {key: keys[key].boolean() for key in ("required", "personal", "opening") if key in keys}
    if kind in ALWAYS_PERSONAL:
        if flags.get("personal") is False:
            why = "Free text, contacts, positions and names are always sealed"
            keys["personal"].skip("unsealed", f"{entry.name} is {kind} but not personal", why, "Remove personal")
        flags["personal"] = True
    return Field(
        entry.name,
        kind,
        keys["label"].words(),
        choices=_each(keys["choices"].named(), _pair) if "choices" in keys else (),
        low=keys["low"].integer(LOWEST, HIGHEST) if "low" in keys else None,
        high=keys["high"].integer(LOWEST, HIGHEST) if "high" in keys else None,
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
    keys = entry.keys(*FORMAT["types.*"])
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
    )
    return (leaf,)


def _act(entry: Reader, fields: tuple[Field, ...]) -> Act:
    keys = entry.keys(*FORMAT["acts.*"])
    lists = {key: keys[key].names() if key in keys else () for key in ("asks", "may_ask", "effects", "tells")}
    flags = {key: key in keys and keys[key].boolean() for key in ("outcome", "retypes", "contact")}
    moves = {key: keys[key].word() for key in ("to", "advance") if key in keys}
    merge = keys["merge"].one_of(("into", "undo")) if "merge" in keys else None
    asked = {*lists["asks"], *lists["may_ask"]}
    return Act(
        entry.name,
        words_of(keys),
        keys["sentence"].words(),
        keys["roles"].names(),
        keys["from"].names(),
        to=moves.get("to"),
        advance=moves.get("advance"),
        asks=lists["asks"],
        may_ask=lists["may_ask"],
        outcome=flags["outcome"],
        retypes=flags["retypes"],
        merge="into" if merge == "into" else "undo" if merge else None,
        effects=lists["effects"],
        contact=flags["contact"],
        tells=lists["tells"],
        key=keys["key"].text() if "key" in keys else "",
        asks_kept=any(f.name in asked and f.type != "text" for f in fields),
    )


def _clock(entry: Reader) -> Clock:
    keys = entry.keys(*FORMAT["clocks.*"])
    counts = keys["counts"].one_of(("real", "working", "calendar"))
    due, unit, due_field = _due(keys["due"], counts)
    return Clock(
        entry.name,
        words_of(keys),
        "real" if counts == "real" else "working" if counts == "working" else "calendar",
        keys["start"].names(),
        keys["stop"].names(),
        due=due,
        unit="days" if unit == "days" else "seconds",
        due_field=due_field,
        pause_in=keys["pause_in"].names() if "pause_in" in keys else (),
        ring=keys["due"].single,
        escalate=tuple(_escalation(item) for item in keys["escalate"].items()) if "escalate" in keys else (),
    )


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
    keys = item.keys(*FORMAT["clocks.*.escalate"])
    return Escalation(keys["after"].span(), keys["to"].word())


def _merge(entry: Reader) -> Merge:
    keys = entry.keys(*FORMAT["merge"])
    return Merge(keys["within"].span(), keys["metres"].integer(1, 10_000))


def _retention(entry: Reader) -> int:
    return entry.keys(*FORMAT["retention"])["days"].integer(1, 1_000_000)
