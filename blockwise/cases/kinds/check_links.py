"""Whether cases may be joined as a kind says: of its own text here, of all kinds of a city in `check_together`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from .check_shape import closure
from .faults import BadKind, Fault, Faults, Path
from .model import Act, Field, Kind
from .parse import Parsed, parse

OPENED, LINKED = "opened_case", "linked_case"  # words of a sentence; the second is given, too
OPENED_TYPE = "opened_type"  # given, where the type of the opened case is asked
PARENT = "parent"  # the relation of a part to its case


def check_links(kind: Kind, faults: Faults) -> None:
    for act in kind.acts:
        here: Path = ("acts", act.name, "opens" if act.opens else "links")
        if act.opens and act.links:
            way_out = "Let two acts do it"
            faults.add(here, "two-links", "both opens and links", "An act joins the case to one other", way_out)
        if (act.opens or act.links) and (act.merge or act.retypes):
            why = "The case itself is put right, or merged, and what is joined to it would be another"
            faults.add(here, "two-links", f"{act.name} does something else to the case", why, "Let two acts do it")
        if act.opens:
            _check_opens(kind, act, faults)
        _check_waits(kind, act, faults)
    for field in (field for field in kind.fields if field.name in (OPENED, LINKED, OPENED_TYPE)):
        if any(act.opens or act.links for act in kind.acts):
            why = "What the other case is stands under this name"
            faults.add(("fields", field.name), "reserved-name", f"{field.name} is taken", why, "Choose another name")


def _check_opens(kind: Kind, act: Act, faults: Faults) -> None:
    assert act.opens
    here: Path = ("acts", act.name, "opens")
    finals = {stage.name for stage in kind.stages if stage.final}
    if act.opens.kind == kind.name:
        why = "A case that opens itself again never ends"
        faults.add((*here, "kind"), "opens-ring", f"{kind.name} opens itself", why, "Open a case of another kind")
    if finals & set(act.from_stages):
        why = "What is sealed is carried out of an open case alone"
        way_out = "Remove the final stages from its from"
        faults.add((*here, "kind"), "opens-after-close", f"{act.name} opens a case after the end", why, way_out)
    for theirs, mine in act.opens.carries:
        for fault in _source_faults(kind.field_named(mine), mine):
            faults.add((*here, "carries", theirs), *fault)


def _check_waits(kind: Kind, act: Act, faults: Faults) -> None:
    parts = {one.opens.kind for one in kind.acts if one.opens and one.opens.relation == PARENT}
    for number, name in enumerate(act.waits_for):
        if name not in parts:
            way_out = (
                f"Let an act open {name} with relation: {PARENT}, or write one of: {', '.join(sorted(parts)) or '-'}"
            )
            why = "A case waits for its own parts alone"
            faults.add(
                ("acts", act.name, "waits_for", str(number)),
                "waits-for-no-part",
                f"{act.name} waits for {name}",
                why,
                way_out,
            )


def _source_faults(field: Field | None, name: str) -> Iterator[tuple[str, str, str, str]]:
    if field is None:
        yield "unknown-field", f"there is no field {name}", "Nothing would be carried", "Name a field of this kind"
    elif field.looked or field.apart:
        why = "A case is never opened by a person: what only a look opens, and files, stay where they were given"
        yield "person-carried", f"{name} is carried", why, "Leave it out; the case it came from is named on the new one"


def unlike(mine: Field, theirs: Field) -> str:
    """Why what one field holds does not fit the other; empty where it does."""
    if mine.personal and not theirs.personal:
        return "what is sealed would stand in the open"
    if theirs.looked or theirs.apart:
        return "it would name a person"
    own, other = ([code for code, _words in field.choices] for field in (mine, theirs))
    shape = [(field.type, field.digits, field.currency) for field in (mine, theirs)]
    if shape[0] != shape[1] or not set(own) <= set(other) or not _within(mine, theirs):
        return "it holds something else"
    return ""


def _within(mine: Field, theirs: Field) -> bool:
    low = theirs.low is None or (mine.low is not None and mine.low >= theirs.low)
    return low and (theirs.high is None or (mine.high is not None and mine.high <= theirs.high))


def unfit(kind: Kind, act: Act, target: Kind) -> Iterator[tuple[Path, str, str, str, str]]:
    """Why the act cannot open a case of `target`: at which key below its `opens`, code, what, why and the way out."""
    assert act.opens
    opens, carried = act.opens, dict(act.opens.carries)
    for role in (role for role in act.roles if role not in target.open_roles):
        why = f"A case of {target.name} is opened by those alone whom its own text names"
        yield ("kind",), "opens-role", f"{role} may not open it", why, f"Name of {', '.join(target.open_roles)}"
    types = [one.code for one in target.types]
    if opens.asks_type and (opens.type or not types):
        what = "a type is given and asked" if opens.type else f"{target.name} has no types"
        yield ("asks_type",), "unknown-type", what, "There is one answer, or none to choose", "Leave out asks_type"
    for key, given, known in (
        ("type", opens.type, [] if opens.asks_type else types),
        ("channel", opens.channel, [code for code, _words in target.channels]),
    ):
        if given not in (known or [""]):
            what = f"there is no {key} {given} of {target.name}" if given else f"no {key} is given"
            way_out = f"Write one of: {', '.join(known)}" if known else f"Leave out {key}"
            yield (key,), f"unknown-{key}", what, "Such a case says what it is", way_out
    if (target.pointed and not kind.pointed) or (target.place == "premises" != kind.place):
        why = f"A case of {target.name} has a point of its own, and this one has none to give it"
        yield ("kind",), "opens-unplaced", "there is no place to open it on", why, "Open a kind with place: block"
    for theirs, mine in carried.items():
        field, source = target.field_named(theirs), kind.field_named(mine)
        if field is None or not field.opening:
            why, way_out = "Nothing would be kept", "Name a field that is asked at its opening"
            yield ("carries", theirs), "unknown-field", f"{target.name} has no field {theirs}", why, way_out
        elif source and (why := unlike(source, field)):
            what = f"{mine} does not fit {target.name}'s {theirs}"
            yield ("carries", theirs), "carried-wrong", what, f"{why.capitalize()}", "Carry a field that is alike"
    for field in (field for field in target.fields if field.opening and field.required):
        source = kind.field_named(carried.get(field.name, ""))
        if source is None or not (source.name in act.asks or (source.required and source.opening)):
            what, why = f"{field.name} of {target.name} may be missing", "It must be given when such a case is opened"
            yield ("carries",), "carried-missing", what, why, "Carry into it a field that the act asks for"


def check_together(
    texts: Mapping[str, str], all_texts: Mapping[str, str], languages: Collection[str], spared: Collection[str] = ()
) -> list[Fault]:
    """What is wrong with `texts` (name -> text) beside all kinds of the city, these among them: each opens a kind that
    is there and takes what is carried, none opens, by way of others, itself, and what opens one of them still fits
    (but for the kinds `spared`, which offer an act no more that does not)."""
    read = {name: parsed for name, text in all_texts.items() if (parsed := _parsed(name, text, ()))}
    kinds = {name: parsed.kind for name, parsed in read.items() if parsed.kind}
    opened = {name: {act.opens.kind for act in kind.acts if act.opens} & kinds.keys() for name, kind in kinds.items()}
    found: list[Fault] = []
    for name in sorted(kinds):
        if name in texts or (name not in spared and opened[name] & texts.keys()):  # it, or what it opens, is new
            parsed = _parsed(name, all_texts[name], languages) if any(act.opens for act in kinds[name].acts) else None
            found += _beside(parsed, kinds, opened) if parsed else []
    return found


def _parsed(name: str, text: str, languages: Collection[str]) -> Parsed | None:
    try:
        return parse(text, f"{name}.yaml", languages)
    except BadKind:
        return None  # refused for itself


def _beside(parsed: Parsed, kinds: Mapping[str, Kind], opened: Mapping[str, Collection[str]]) -> list[Fault]:
    kind, faults = parsed.kind, parsed.faults
    before = len(faults.found)
    waited = {name for act in (kind.acts if kind else ()) for name in act.waits_for}
    for act in kind.acts if kind else ():
        if kind is None or act.opens is None:
            continue
        here: Path = ("acts", act.name, "opens")
        target = kinds.get(act.opens.kind)
        if target is None:
            way_out = f"Write one of: {', '.join(sorted(kinds.keys() - {kind.name}))}"
            what = f"there is no kind {act.opens.kind}"
            faults.add((*here, "kind"), "unknown-kind", what, "Nothing could be opened", way_out)
            continue
        if target.name != kind.name and kind.name in closure(opened, {target.name}):
            what = f"{target.name} leads back to {kind.name}"
            why = "Cases that open each other never end"
            faults.add((*here, "kind"), "opens-ring", what, why, "Let one of them end without opening another")
        for below, *fault in unfit(kind, act, target):
            faults.add((*here, *below), *fault)
        if act.opens.kind in waited and any(one.links == PARENT for one in target.acts):
            what, why = (
                f"{kind.name} waits for {target.name}",
                "By hand anybody's case could be linked as a part",
            )
            faults.add((*here, "kind"), "waits-for-linked", what, why, f"Take links: {PARENT} out of {target.name}")
        if act.opens.kind in waited and (target.sensitive or target.turns_sensitive):
            what, why = f"{kind.name} waits for {target.name}", "That it waits would tell of a case that few may see"
            faults.add((*here, "kind"), "waits-for-sensitive", what, why, "Let it be opened, and wait for nothing")
    return faults.found[before:]
