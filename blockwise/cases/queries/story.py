"""A case's record as a readable story: one sentence a line, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from blockwise.access.actors import Actor
from blockwise.access.models import User
from blockwise.access.queries import visible_lines
from blockwise.access.seams import seams
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line
from blockwise.messages.queries import role_over
from blockwise.places.queries import departments
from blockwise.rooms import house

from ..kinds import registry
from ..kinds.model import Act, Kind, Words
from ..models import Case
from ..rules import party_values
from . import named
from .changed import changes
from .links import SAID

BLANK = "—"
QUIET = frozenset({"message_read", "message_done"})  # on the record, and in nobody's way
ALTERED = gettext_lazy("This line was altered and cannot be read.")
UNREAD: dict[str, Any] = {"happened_at": None, "data": {}}
DAMAGED = gettext_lazy("(damaged: it does not open)")
Teller = Callable[[str, Mapping[str, Any], Kind], str]


@dataclass(frozen=True)
class Telling:
    """One line as it is read. `texts` are the free texts written with it, while the vault still opens them, and
    the text that it published; `changed` says what a correction changed, from what to what."""

    number: int
    thread_number: int
    recorded_at: datetime
    happened_at: datetime | None
    act: str
    actor: str
    sentence: str
    texts: tuple[str, ...]
    changed: tuple[str, ...]
    hash: str
    files: int = 0  # that were attached


def story(case: Case, actor: Actor) -> list[Telling]:
    """Every line of the case that `actor` may see, oldest first; a handful of queries, however many lines. Other cases
    are named to those alone who may see them."""
    kind = registry.of(case)
    seen = visible_lines(actor, list(lines.thread_lines(case.thread)))
    contents = {row.number: lines.content_of(row) or dict(UNREAD) for row in seen}
    hidden = named.unknown((content["data"] for content in contents.values()), actor)
    rows = [row for row in seen if named.beside(row.act, contents[row.number]["data"]) not in hidden]
    names = actor_names(row.actor for row in rows)
    for content in contents.values():
        content["data"] = named.without(content["data"], hidden)
    data = {row.number: contents[row.number]["data"] for row in rows}
    _call_units_by_name(data.values())
    _call_by_name(data.values())
    texts, changed = _texts(case, kind, data), changes(case, kind, data)
    return [
        _sentence(
            kind, row, contents[row.number], names[row.actor], texts.get(row.number, ()), changed.get(row.number, ())
        )
        for row in rows
    ]


class Fold(NamedTuple):
    """Lines that are shown as one. `readers`: how many people's reading they tell of, and nothing else; 0: of none."""

    lines: Sequence[Telling]
    readers: int = 0


def folded(told: Sequence[Telling]) -> list[Fold]:
    """The same lines, with escalations that follow one another as one, because nobody reads them twice; and who read
    what messages as one, in the place of the first of them."""
    quiet = [one for one in told if one.act in QUIET]
    found: list[Fold] = []
    for raised, run in groupby((one for one in told if one.act not in QUIET or one is quiet[0]), _raised):
        same = list(run)
        found += [Fold(same)] if raised else [_fold(one, quiet) for one in same]
    return found


def _fold(one: Telling, quiet: Sequence[Telling]) -> Fold:
    return Fold(quiet, len({line.actor for line in quiet})) if one.act in QUIET else Fold([one])


def _raised(told: Telling) -> bool:
    return told.act == "escalated"


def first_words(kind: Kind, told: Iterable[Telling]) -> list[str]:
    """What was said at the opening, and what was said since in its place."""
    asked = {field.name for field in kind.fields if field.free and field.opening and not field.alone}
    corrects = {act.name for act in kind.acts if asked & {*act.asks, *act.may_ask}}
    return [text for one in told if one.act == "open" or one.act in corrects for text in one.texts]


def _call_units_by_name(all_data: Iterable[dict[str, Any]]) -> None:
    """Codes of units become their call signs, where the room of units is there to tell."""
    carrying = [data for data in all_data if "unit" in data or "units" in data]
    codes = {code for data in carrying for code in (data.get("unit"), *data.get("units", ())) if code}
    signs = seams.crews.call_signs(codes) if codes and seams.crews else {}
    for data in carrying:
        if "unit" in data:
            data["unit"] = signs.get(data["unit"], data["unit"])
        if "units" in data:
            data["units"] = [signs.get(code, code) for code in data["units"]]


def _call_by_name(all_data: Iterable[dict[str, Any]]) -> None:
    """Whoever the case was given to is called by name, a department by its words."""
    carrying = [data for data in all_data if "assignee" in data or "department" in data]
    if not carrying:
        return
    names = actor_names(data["assignee"] for data in carrying if data.get("assignee"))
    for data in carrying:
        for key, words in (("assignee", names), ("department", departments())):
            if key in data:
                data[key] = words.get(data[key], data[key]) or BLANK


def actor_names(ids: Iterable[str]) -> dict[str, str]:
    """Actor ids to names in the reader's language; programs and the system are called by what they are."""
    wanted = set(ids)
    people = {int(one[5:]) for one in wanted if one.startswith("user:") and one[5:].isdigit()}
    chinese = (get_language() or "en").startswith("zh")
    found = {
        f"user:{user.pk}": user.name if chinese or not user.name_en else user.name_en
        for user in User.objects.filter(pk__in=people).only("name", "name_en")
    }
    return {one: found.get(one) or str(_SYSTEM.get(one.partition(":")[0], _SYSTEM.get(one, one))) for one in wanted}


_SYSTEM = {
    "system:worker": gettext_lazy("The clock"),
    "system:replay": gettext_lazy("The replay"),
    "system:loader": gettext_lazy("The city folder"),
    "system:operator": gettext_lazy("The operator"),
    "system:public": gettext_lazy("Somebody at the public page"),
    "reporter": gettext_lazy("Whoever reported it"),  # by the receipt of the case
}


def _sentence(
    kind: Kind, row: Line, content: Mapping[str, Any], who: str, texts: Sequence[str], changed: Sequence[str]
) -> Telling:
    claimed = content["data"].get("held", {}).get("at") or content["happened_at"]
    said = sentence(kind, row.act, who, content["data"]) if "number" in content else str(ALTERED)
    return Telling(
        number=row.number,
        thread_number=row.thread_number,
        recorded_at=row.recorded_at,
        happened_at=datetime.fromisoformat(claimed) if claimed else None,
        act=row.act,
        actor=who,
        sentence=said,
        texts=(*texts, *_published(content["data"]), *_came_from(content["data"])),
        changed=(*changed, *_paused(kind, content["data"])),
        hash=row.hash,
        files=len(content["data"].get("attachments", ())),
    )


def _paused(kind: Kind, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Which promises stand still since then, and on what ground."""
    known = {clock.name: clock for clock in kind.clocks}
    pairs = [
        (known[name], known[name].ground(stage)) for name, stage in data.get("paused", {}).items() if name in known
    ]
    said = _("%(promise)s stands still: %(ground)s")
    return tuple(said % {"promise": clock.words, "ground": ground} for clock, ground in pairs if ground)


def _published(data: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(Words(**data["published"])),) if "published" in data else ()


def _came_from(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the opening of a case that an act on another one opened."""
    if "from_case" not in data:
        return ()
    return (_("%(label)s: %(text)s") % {"label": SAID[data["relation"]][0], "text": data["from_case"]},)


def sentence(kind: Kind, act: str, who: str, data: Mapping[str, Any]) -> str:
    """What happened, as the kind says it; the engine's own acts say it here."""
    declared = kind.act(act)
    if act == "open":
        return _fill(str(kind.open_sentence), None, who, kind, data)
    if declared is not None:
        return _fill(str(declared.sentence), declared, who, kind, data)
    own = _OWN.get(act)
    return own(who, data, kind) if own else f"{who}: {act}"


def _fill(pattern: str, declared: Act | None, who: str, kind: Kind, data: Mapping[str, Any]) -> str:
    words = {name: _value(kind, name, value) for name, value in {**data, **data.get("fields", {})}.items()}
    words["actor"] = who
    words["stage"] = str(kind.stage(data["to"]).words) if data.get("to") else BLANK
    outcomes = dict(kind.outcomes)
    words["outcome"] = str(outcomes.get(data.get("outcome", ""), BLANK))
    if declared is not None and declared.why:
        words["why"] = str(dict(declared.why).get(data.get("why", ""), BLANK))
    words |= party_values.words(kind, data)
    words["unit"] = ", ".join(data["units"]) if "units" in data else str(data.get("unit", BLANK))
    return pattern.format_map(_Blank(words))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return BLANK


def _value(kind: Kind, name: str, value: Any) -> str:
    if name == "type" and (found := kind.type_coded(str(value))):
        return str(found.words)
    field = kind.field_named(name)
    if field:
        return str(house().field_types[field.type].shown(field, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _escalated(_who: str, data: Mapping[str, Any], kind: Kind) -> str:
    clock = next((entry for entry in kind.clocks if entry.name == data.get("clock")), None)
    words = {"clock": str(clock.words) if clock else data.get("clock", ""), "level": data.get("level", 0)}
    return _("Overdue: %(clock)s, level %(level)s") % words


def _late_elsewhere(_who: str, data: Mapping[str, Any], kind: Kind) -> str:
    clock = next((entry for entry in kind.clocks if entry.name == data.get("clock")), None)
    words = {
        "clock": clock.words if clock else data.get("clock", ""),
        "who": kind.promiser(clock.of) if clock else BLANK,
    }
    return _("Not kept by %(who)s: %(clock)s") % words


def _looked(who: str, data: Mapping[str, Any], kind: Kind) -> str:
    act: Act | None = kind.act(str(data.get("for", "")))
    words = {"who": who, "act": act.words if act else BLANK, **party_values.words(kind, data)}
    if field := kind.field_named(str(data.get("field", ""))):
        return _("%(who)s looked at “%(field)s”, for: %(act)s") % {**words, "field": field.label}
    if "party" in words:
        return _("%(who)s looked at %(party)s, for: %(act)s") % words
    return _("%(who)s looked at the contact, for: %(act)s") % words


def _opened(who: str, data: Mapping[str, Any], kind: Kind) -> str:
    """A look at an attachment, or a copy of it, and what for; oversight says nothing more."""
    act: Act | None = kind.act(str(data["for"]))
    words = {"who": who, "line": data["of"], "act": act.words if act else _("oversight")}
    if data["copy"]:
        return _("%(who)s took a copy of an attachment of line %(line)s, for: %(act)s") % words
    return _("%(who)s opened an attachment of line %(line)s, for: %(act)s") % words


def _taken(who: str, data: Mapping[str, Any], kind: Kind) -> str:
    act = kind.act("divert")
    units = ", ".join(data["units"])
    words = {"who": who, "unit": units, "number": data.get("case", BLANK), "why": BLANK}
    if act is not None:
        words["why"] = str(dict(act.why).get(data["why"], data["why"]))
    return _("%(who)s diverted %(unit)s to case %(number)s: %(why)s") % words


def _linked(who: str, data: Mapping[str, Any], _kind: Kind) -> str:
    words = {"who": who, "label": SAID[data["relation"]][1], "number": data.get("by_case", BLANK)}
    return _("%(who)s linked a case. %(label)s: %(number)s") % words


def _plainly(pattern: Promise) -> Teller:
    """A sentence of the engine's own that needs no more than who, and which other case."""

    def tell(who: str, data: Mapping[str, Any], _kind: Kind) -> str:
        return str(pattern) % {"who": who, "number": data.get("repeat")}

    return tell


def _marked(pattern: Promise) -> Teller:
    """What somebody did with a message about the case."""

    def tell(who: str, data: Mapping[str, Any], _kind: Kind) -> str:
        found = house().topics.get(data["topic"])
        return str(pattern) % {"who": who, "topic": found.label if found else data["topic"]}

    return tell


def _unread(_who: str, data: Mapping[str, Any], _kind: Kind) -> str:
    found = house().topics.get(data["topic"])
    words = {"topic": found.label if found else data["topic"], "to": role_over(data["to"], data["block"])}
    return _("Nobody read the message in time: %(topic)s. Now it is for: %(to)s") % words


_OWN: Mapping[str, Teller] = {
    "escalated": _escalated,
    "late_elsewhere": _late_elsewhere,
    "look": _looked,
    "attachment_look": _opened,
    "unit_taken": _taken,
    "repeat_added": _plainly(gettext_lazy("Case %(number)s repeats this one")),
    "repeat_removed": _plainly(gettext_lazy("Case %(number)s is a case of its own again")),
    "case_linked": _linked,
    "clock_recomputed": _plainly(gettext_lazy("A promise was counted again by the published calendar")),
    "message_read": _marked(gettext_lazy("%(who)s read the message: %(topic)s")),
    "message_done": _marked(gettext_lazy("%(who)s marked the message as done: %(topic)s")),
    "message_raised": _unread,
    "erased": _plainly(gettext_lazy("%(who)s erased what was personal")),
}


def _texts(case: Case, kind: Kind, data: Mapping[int, Mapping[str, Any]]) -> dict[int, list[str]]:
    free = {field.name: field for field in kind.fields if field.free and not field.alone}
    where = {
        (case.thread, digest): (number, free[name])
        for number, entry in data.items()
        for name, digest in entry.get("sealed", {}).items()
        if name in free
    }
    found: dict[int, list[str]] = {}
    for pair, text in vault.open_many(where).items():
        number, field = where[pair]
        said = _("(erased)") if text is None else str(DAMAGED) if text is vault.Unopened else str(text)
        named = {"label": field.label, "text": said}
        found.setdefault(number, []).append(_("%(label)s: %(text)s") % named if field.type == "line" else said)
    confided = {field.name: field for field in kind.fields if field.alone}
    for number, entry in data.items():
        for name in confided.keys() & entry.get("sealed", {}).keys():
            found.setdefault(number, []).append(_("%(label)s: told in confidence") % {"label": confided[name].label})
    return found
