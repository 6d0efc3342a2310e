"""A case's record as a readable story: one sentence a line, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from blockwise.access.actors import Actor
from blockwise.access.models import User
from blockwise.access.queries import visible_lines
from blockwise.access.seams import seams
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line

from .kinds import registry
from .kinds.model import Act, Kind
from .models import Case

BLANK = "—"
Teller = Callable[[str, Mapping[str, Any], Kind], str]


@dataclass(frozen=True)
class Told:
    """One line as it is read. `texts` are the free texts written with it, while the vault still opens them."""

    number: int
    thread_number: int
    recorded_at: datetime
    happened_at: datetime | None
    act: str
    actor: str
    sentence: str
    texts: tuple[str, ...]
    hash: str


def story(case: Case, actor: Actor) -> list[Told]:
    """Every line of the case that `actor` may see, oldest first; a handful of queries, however many lines."""
    kind = registry.of(case)
    rows = visible_lines(actor, list(lines.thread_lines(case.thread)))
    names = actor_names(row.actor for row in rows)
    contents = {row.number: lines.content_of(row) for row in rows}
    _call_units_by_name(content["data"] for content in contents.values())
    texts = _texts(case, kind, {number: content["data"] for number, content in contents.items()})
    return [_told(kind, row, contents[row.number], names[row.actor], texts.get(row.number, ())) for row in rows]


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


def actor_names(ids: Iterable[str]) -> dict[str, str]:
    """Actor ids to names in the reader's language; programs and the system are called by what they are."""
    wanted = set(ids)
    people = {int(one[5:]) for one in wanted if one.startswith("user:") and one[5:].isdigit()}
    chinese = (get_language() or "en").startswith("zh")
    found = {
        f"user:{user.pk}": user.name if chinese or not user.name_en else user.name_en
        for user in User.objects.filter(pk__in=people).only("name", "name_en")
    }
    return {one: found.get(one) or (str(_SYSTEM[one]) if one in _SYSTEM else one) for one in wanted}


_SYSTEM = {
    "system:worker": gettext_lazy("The clock"),
    "system:replay": gettext_lazy("The replay"),
    "system:loader": gettext_lazy("The city folder"),
    "system:operator": gettext_lazy("The operator"),
}


def _told(kind: Kind, row: Line, content: Mapping[str, Any], who: str, texts: Sequence[str]) -> Told:
    claimed = content["happened_at"]
    return Told(
        number=row.number,
        thread_number=row.thread_number,
        recorded_at=row.recorded_at,
        happened_at=datetime.fromisoformat(claimed) if claimed else None,
        act=row.act,
        actor=who,
        sentence=sentence(kind, row.act, who, content["data"]),
        texts=tuple(texts),
        hash=row.hash,
    )


def sentence(kind: Kind, act: str, who: str, data: Mapping[str, Any]) -> str:
    """What happened, as the kind says it; the engine's own acts say it here."""
    declared = kind.act(act)
    if act == "open":
        return _fill(str(kind.open_sentence), who, kind, data)
    if declared is not None:
        return _fill(str(declared.sentence), who, kind, data)
    own = _OWN.get(act)
    return own(who, data, kind) if own else f"{who}: {act}"


def _fill(pattern: str, who: str, kind: Kind, data: Mapping[str, Any]) -> str:
    words = {name: _value(kind, name, value) for name, value in {**data, **data.get("fields", {})}.items()}
    words["actor"] = who
    words["stage"] = str(kind.stage(data["to"]).words) if data.get("to") else BLANK
    outcomes = dict(kind.outcomes)
    words["outcome"] = str(outcomes.get(data.get("outcome", ""), BLANK))
    words["unit"] = ", ".join(data["units"]) if "units" in data else str(data.get("unit", BLANK))
    return pattern.format_map(_Blank(words))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return BLANK


def _value(kind: Kind, name: str, value: Any) -> str:
    if name == "type" and (found := kind.type_coded(str(value))):
        return str(found.words)
    field = kind.field_named(name)
    if field and field.choices:
        return str(dict(field.choices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _escalated(_who: str, data: Mapping[str, Any], kind: Kind) -> str:
    clock = next((entry for entry in kind.clocks if entry.name == data.get("clock")), None)
    words = {"clock": str(clock.words) if clock else data.get("clock", ""), "level": data.get("level", 0)}
    return _("Overdue: %(clock)s, level %(level)s") % words


def _looked(who: str, data: Mapping[str, Any], kind: Kind) -> str:
    act: Act | None = kind.act(str(data.get("for", "")))
    return _("%(who)s looked at the contact, for: %(act)s") % {"who": who, "act": act.words if act else BLANK}


def _plainly(pattern: Promise) -> Teller:
    """A sentence of the engine's own that needs no more than who, and which other case."""

    def tell(who: str, data: Mapping[str, Any], _kind: Kind) -> str:
        return str(pattern) % {"who": who, "number": data.get("repeat")}

    return tell


_OWN: Mapping[str, Teller] = {
    "escalated": _escalated,
    "look": _looked,
    "repeat_added": _plainly(gettext_lazy("Case %(number)s repeats this one")),
    "repeat_removed": _plainly(gettext_lazy("Case %(number)s is a case of its own again")),
    "clock_recomputed": _plainly(gettext_lazy("A promise was counted again by the published calendar")),
    "erased": _plainly(gettext_lazy("%(who)s erased what was personal")),
}


def _texts(case: Case, kind: Kind, data: Mapping[int, Mapping[str, Any]]) -> dict[int, list[str]]:
    free = {field.name for field in kind.fields if field.type == "text"}
    where = {
        (case.thread, digest): number
        for number, entry in data.items()
        for name, digest in entry.get("sealed", {}).items()
        if name in free
    }
    found: dict[int, list[str]] = {}
    for pair, text in vault.open_many(where).items():
        found.setdefault(where[pair], []).append(str(text) if text is not None else _("(erased)"))
    return found
