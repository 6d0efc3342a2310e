"""What a kind declares, told in rows that anybody can read: both languages side by side, what is doubted beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from blockwise.rooms import Role, house

from . import registry
from .check_eyes import OPEN
from .conditions import in_words
from .doubts import Doubt, doubts
from .model import Act, Clock, Field, Kind, PartyRole, Round, Words

Text = str | Promise
BOTH = '<span lang="zh-Hans">{}</span> <span lang="en">{}</span>'
SUBJECTS: dict[str, Text] = {
    "place": _("a place"),
    "matter": _("a matter"),
    "agency": _("the agency's own conduct"),
    "application": _("a resident's own application"),
}
PLACES = {
    "premises": _("Its place is premises."),
    "block": _("Of its place only the block is known."),
    "none": _("It has no place."),
}
COUNTS: dict[str, Text] = {"real": _("real time"), "working": _("working time"), "calendar": _("calendar days")}


FACTS: dict[str, Text] = {
    "block": _("block"),
    "type": _("type"),
    "times": _("the days of beginning and end"),
    "outcome": _("outcome"),
    "stage": _("stage"),
    "priority": _("priority"),
}


PARTY_LABELS: dict[str, Text] = {
    "name": _("Name"),
    "firm": _("Firm"),
    "contact": _("Phone or e-mail"),
    "address": _("Address"),
    "language": _("Language"),
}
PARTY_STEPS: dict[str, Text] = {
    "adds": _("adds one: %(role)s"),
    "changes": _("changes what is told of one: %(role)s"),
    "consents": _("records the consent or refusal of one: %(role)s"),
    "erases": _("erases one for good: %(role)s"),
}


@dataclass(frozen=True)
class Row:
    """`words` in both languages, what is said of it, and what is doubted at its place in the file."""

    words: Words
    said: tuple[Text, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Section:
    title: Text
    rows: tuple[Row, ...]


def told(kind: Kind, text: str) -> list[Section]:
    """The sections of a kind's page, those without a row left out."""
    found = doubts(text, f"{kind.name}.yaml")
    sections = [
        Section(_("What it is"), tuple(_whole(kind, found))),
        Section(
            _("Types"),
            tuple(
                Row(t.words, _type(t.parents, t.priority, t.sensitive), _at(found, "types", *t.code.split(".")))
                for t in kind.types
            ),
        ),
        Section(
            _("What is asked"),
            tuple(_row(found, f.place, f.name, f.label, _field(kind, f)) for f in kind.fields),
        ),
        Section(_("Parties"), tuple(_row(found, "parties", p.name, p.words, _party(p)) for p in kind.parties)),
        Section(_("Ways in"), _pairs(found, "channels", kind.channels)),
        Section(_("Outcomes"), tuple(_row(found, "outcomes", *o, _outcome(kind, o[0])) for o in kind.outcomes)),
        Section(
            _("Stages"),
            tuple(_row(found, "stages", s.name, s.words, (_("the end"),) if s.final else ()) for s in kind.stages),
        ),
        Section(_("Acts"), tuple(_row(found, "acts", a.name, a.words, _act(kind, a)) for a in kind.acts)),
        Section(_("Rounds"), tuple(_row(found, "rounds", r.name, r.words, _round(kind, r)) for r in kind.rounds)),
        Section(_("Promises"), tuple(_row(found, "clocks", c.name, c.words, _clock(kind, c)) for c in kind.clocks)),
    ]
    return [section for section in sections if section.rows]


def roles(names: Iterable[str]) -> str:
    known = {role.value: str(role.label) for role in Role}
    return _listed(known.get(name, name) for name in names)


def _listed(parts: Iterable[object]) -> str:
    return str(_(", ")).join(str(part) for part in parts)


def _whole(kind: Kind, found: tuple[Doubt, ...]) -> Iterator[Row]:
    about = _("It is about %(subject)s.") % {"subject": SUBJECTS[kind.subject]}
    if kind.format > 1:
        yield Row(Words("文本格式", "Format of the text"), (str(kind.format),))
    place = (PLACES[kind.place],) if kind.place in PLACES else ()
    yield Row(kind.title, (about, *place), _at(found, "noun") or _at(found, "title"))
    opened = _("Opened by: %(roles)s.") % {"roles": roles(kind.open_roles)}
    seen = _("Seen by: %(roles)s.") % {"roles": roles(kind.view_roles)}
    hidden = (_("Sensitive: block leaders and the public see counts only."),) if kind.sensitive else ()
    yield Row(Words("知悉范围", "Who opens and sees it"), (opened, seen, *hidden), _at(found, "open"))
    kept = ngettext("Erased %(n)s day after the end.", "Erased %(n)s days after the end.", kind.retention_days)
    yield Row(Words("个人内容的保存", "How long personal data is kept"), (kept % {"n": kind.retention_days},))
    facts = (
        (_("Published: %(facts)s.") % {"facts": _listed(_fact(kind, one) for one in kind.publication)},)
        if kind.publication
        else (_("Nothing."),)
    )
    yield Row(Words("公开内容", "What is published of a case"), facts)
    if kind.merge:
        words = {"metres": kind.merge.metres, "hours": round(kind.merge.within.total_seconds() / 3600, 1)}
        near = _("Another case within %(metres)s m and %(hours)s h is offered as the one it may repeat.") % words
        yield Row(Words("合并", "Repeated reports"), (near,))


def _fact(kind: Kind, name: str) -> object:
    field = kind.field_named(name)
    return field.label if field else FACTS.get(name, name)


def _row(found: tuple[Doubt, ...], part: str, name: str, words: Words, said: Iterable[Text]) -> Row:
    return Row(words, tuple(said), _at(found, part, name))


def _pairs(found: tuple[Doubt, ...], part: str, pairs: Iterable[tuple[str, Words]]) -> tuple[Row, ...]:
    return tuple(_row(found, part, name, words, ()) for name, words in pairs)


def _at(found: tuple[Doubt, ...], part: str, *names: str) -> tuple[Doubt, ...]:
    """Doubts at this place of the file or below it, one of each sort."""
    known: dict[str, Doubt] = {}
    for one in found:
        path = [step for step in one.where.split(".") if step != "types"]
        if path[: 1 + len(names)] == [part, *names] or (
            part == "types" and one.where.startswith("types") and path == list(names)
        ):
            known.setdefault(one.code, one)
    return tuple(known.values())


def _type(parents: tuple[Words, ...], priority: int, sensitive: bool) -> tuple[Text, ...]:
    above = (_listed(parents),) if parents else ()
    return (*above, _("priority %(n)s") % {"n": priority}, *((_("sensitive"),) if sensitive else ()))


def _field(kind: Kind, field: Field) -> Iterator[Text]:
    yield house().field_types[field.type].words
    if field.choices:
        yield format_html_join(str(_(", ")), BOTH, ((words.zh, words.en) for _code, words in field.choices))
    if field.currency:
        yield field.currency
    yield _("sealed, and opened by a look that is recorded") if field.personal else _("kept in the open")
    if field.computed:
        made_of = [one.label for name in (kind.grade.of if kind.grade else ()) if (one := kind.field_named(name))]
        yield _("worked out of: %(fields)s") % {"fields": _listed(made_of)}
        return
    if field.asked_when:
        yield _("asked only when: %(when)s") % {"when": in_words(kind, field.asked_when)}
    if field.required_when:
        yield _("needed when: %(when)s") % {"when": in_words(kind, field.required_when)}
    yield (
        _("needed at opening")
        if field.required
        else _("asked at opening")
        if field.opening
        else _("asked by acts only")
    )


def _outcome(kind: Kind, name: str) -> tuple[Text, ...]:
    return (_("a case that ends so is sensitive from then on"),) if name in kind.sensitive_outcomes else ()


def _party(role: PartyRole) -> Iterator[Text]:
    yield _("at most %(n)s on a case") % {"n": role.most}
    yield _("told of each: %(fields)s") % {"fields": _listed(PARTY_LABELS[name] for name in role.fields)}
    yield _("sealed under a key of its own, and erased alone; looked at one by one, each look recorded")
    if role.consent:
        yield _("asked for consent")


def _act(kind: Kind, act: Act) -> Iterator[Text]:
    yield roles(act.roles)
    begins = _listed(kind.stage(name).words for name in act.from_stages)
    target = act.to or act.advance
    yield f"{begins} → {kind.stage(target).words}" if target else begins
    if asked := [kind.field_named(name) for name in (*act.asks, *act.may_ask)]:
        yield _("asks: %(fields)s") % {"fields": _listed(field.label for field in asked if field)}
    if act.when:
        yield _("possible only when: %(when)s") % {"when": in_words(kind, act.when)}
    if act.by:
        yield _("only by whoever the case is given to")
    if act.not_by:
        words = {OPEN: _("the opening"), **{one.name: one.words for one in kind.acts}}
        yield _("not by whoever did: %(acts)s") % {"acts": _listed(words.get(name, name) for name in act.not_by)}
    if act.opens:
        known = registry.all_current().get(act.opens.kind)
        carried = [kind.field_named(mine) for _theirs, mine in act.opens.carries]
        yield _("opens a case: %(kind)s") % {"kind": known.title if known else act.opens.kind}
        if carried:
            yield _("carries there: %(fields)s") % {"fields": _listed(field.label for field in carried if field)}
    if act.waits_for:
        there = registry.all_current()
        titles = (there[name].title if name in there else name for name in act.waits_for)
        yield _("only when its parts have ended: %(kinds)s") % {"kinds": _listed(titles)}
    if act.links:
        yield _("links it to another case, by its number")
    if act.contact:
        yield _("may look at the contact")
    if role := kind.party_role(act.party):
        yield PARTY_STEPS[act.party_step or "adds"] % {"role": role.words}
    if act.needs:
        called = {one.name: one.words for one in kind.parties} | {one.name: one.label for one in kind.fields}
        yield _("may look at one: %(roles)s") % {"roles": _listed(called.get(name, name) for name in act.needs)}
    if act.publishes:
        yield _("publishes a notice")


def _round(kind: Kind, one: Round) -> Iterator[Text]:
    yield _("at most %(n)s in one case") % {"n": one.most}
    if result := kind.field_named(one.result):
        yield _("its result: %(field)s") % {"field": result.label}


def _clock(kind: Kind, clock: Clock) -> Iterator[Text]:
    yield COUNTS[clock.counts]
    yield from _due(kind, clock)
    acts = {act.name: act.words for act in kind.acts}
    begins: dict[str, object] = {"open": _("the opening"), "waits": _("waiting for a unit again"), **acts}
    yield _("from: %(acts)s") % {"acts": _listed(begins.get(name, name) for name in clock.starts)}
    yield _("until: %(acts)s") % {"acts": _listed(acts.get(name, name) for name in clock.stops)}
    for stage, ground in clock.grounds:
        words = {"stage": kind.stage(stage).words, "ground": ground}
        yield _("stands still while “%(stage)s”: %(ground)s") % words
    if clock.of:
        yield _("promised by: %(who)s") % {"who": kind.promiser(clock.of)}
    if clock.tells:
        yield _("late, it is told to: %(roles)s") % {"roles": roles([clock.tells])}
    if clock.escalate:
        yield _("late, it is told to: %(roles)s") % {"roles": roles(dict.fromkeys(step.to for step in clock.escalate))}


def _due(kind: Kind, clock: Clock) -> Iterator[Text]:
    if clock.ring:
        yield _("as long as the block's ring says")
    if field := kind.field_named(clock.due_field):
        yield _("by the day given in: %(field)s") % {"field": field.label}
    for priority, amount in clock.due:
        length = _length(amount, clock.unit)
        yield _("priority %(n)s: %(length)s") % {"n": priority, "length": length} if priority else length


def _length(amount: int, unit: str) -> str:
    if unit == "days":
        return ngettext("%(n)s day", "%(n)s days", amount) % {"n": amount}
    sizes: tuple[tuple[int, Callable[[int], str]], ...] = (
        (86_400, lambda n: ngettext("%(n)s day", "%(n)s days", n)),
        (3_600, lambda n: ngettext("%(n)s hour", "%(n)s hours", n)),
        (60, lambda n: ngettext("%(n)s minute", "%(n)s minutes", n)),
        (1, lambda n: ngettext("%(n)s second", "%(n)s seconds", n)),
    )
    size, words = next(one for one in sizes if amount % one[0] == 0)
    return words(amount // size) % {"n": amount // size}
