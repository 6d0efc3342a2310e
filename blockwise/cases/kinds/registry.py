"""The kinds of this city: their texts by SHA-256, parsed once; a case is read under the text it was opened under."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger import lines
from blockwise.ledger.lines import Entry
from blockwise.places.models import City
from blockwise.problems import NotFound
from blockwise.rooms import Role

from ..models import KindProposal, KindText
from .check import check
from .check_links import check_together
from .faults import BadKind, Fault
from .model import Act, Condition, Kind, Words
from .parse import BOTH, digest_of, parse_kind

if TYPE_CHECKING:
    from ..models import Case

BUILTIN = Path(__file__).parent / "builtin"
SHIPPED = BUILTIN / "shipped.txt"
FRESH_S = 1.0
CASE, OPENED = Words("事件", "case"), Words("{actor}受理", "{actor} took it in")


@dataclass(frozen=True)
class _Texts:
    """`current`: which text each kind has now; `latest`: the same, and the last one of each kind that is retired."""

    current: Mapping[str, str]
    latest: Mapping[str, str]
    stored: frozenset[str]  # every text ever stored; open cases may stand under any of them


class _Known:
    """Read again when older than a second, as another process may load a city."""

    def __init__(self) -> None:
        self.read_at = float("-inf")
        self.texts = _Texts({}, {}, frozenset())

    def get(self) -> _Texts:
        if monotonic() - self.read_at > FRESH_S:
            rows = list(
                KindText.objects.order_by("kind", "current", "stored_at").values_list("kind", "digest", "current")
            )
            latest = {kind: digest for kind, digest, _now in rows}
            current = {kind: digest for kind, digest, now in rows if now}
            stored = frozenset(digest for _kind, digest, _now in rows)
            self.texts = _Texts(current, latest, self.texts.stored if stored == self.texts.stored else stored)
            self.read_at = monotonic()
        return self.texts


_known = _Known()
_unread: dict[str, float] = {}  # digests of texts that could not be read, and when that was tried


def forget() -> None:
    """Read the kinds again at the next question (after a load, and between tests)."""
    _known.read_at = float("-inf")
    _unread.clear()


def current(name: str) -> Kind:
    """The kind as new cases are opened under it. NotFound when this city has none of that name that can be read."""
    known = all_current()
    if name not in known:
        fix = _("Known here: %s.") % ", ".join(known)
        raise NotFound(_("There is no such kind of case."), where="kind", fix=fix)
    return known[name]


def all_current() -> dict[str, Kind]:
    return _readable(_known.get().current)


def all_ever() -> dict[str, Kind]:
    """Every kind by name, a retired one as it was last: open cases of it are still to be found."""
    return _readable(_known.get().latest)


def _readable(digests: Mapping[str, str]) -> dict[str, Kind]:
    found = {name: parsed(digest) for name, digest in digests.items()}
    return {name: kind for name, kind in found.items() if not kind.unreadable}


def stored() -> frozenset[str]:
    """The digest of every text ever stored."""
    return _known.get().stored


def ever(name: str) -> list[Kind]:
    """Every text of the kind, the present or last one first."""
    last = _known.get().latest.get(name)
    found = [kind for digest in sorted(stored()) if (kind := parsed(digest)).name == name]
    return sorted(found, key=lambda kind: kind.digest != last)


def of(case: Case) -> Kind:
    """The kind under which `case` was opened."""
    return unreadable(case.kind_text_id) if case.torn else parsed(case.kind_text_id)


def parsed(digest: str) -> Kind:
    """The kind that the text with this digest declares; one that stands in for it where it cannot be read."""
    if monotonic() - _unread.get(digest, float("-inf")) > FRESH_S:
        try:
            return _parsed(digest)
        except (KindText.DoesNotExist, BadKind):
            _unread[digest] = monotonic()
    return unreadable(digest)


@cache  # as many as are stored, and lists ask for all of them
def _parsed(digest: str) -> Kind:
    row = KindText.objects.get(pk=digest)
    return parse_kind(row.text, f"{row.kind}.yaml")


def unreadable(digest: str) -> Kind:
    """Stands in for a kind whose text is not there or was damaged, and for that of a case whose row was: nothing can
    be done with its cases, and that they are there is told to whom sensitive ones are shown, and nothing more."""
    return Kind(
        name="",
        digest=digest,
        noun=CASE,
        title=CASE,
        subject="matter",
        fields=(),
        stages=(),
        acts=(),
        open_roles=(),
        open_sentence=OPENED,
        open_stage="",
        view_roles=tuple(Role.values),
        sensitive=True,
        unreadable=True,
    )


def builtin_texts() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(BUILTIN.glob("*.yaml"))}


def shipped() -> frozenset[str]:
    """The digest of every text that ever came with the product."""
    return frozenset(line.split()[0] for line in SHIPPED.read_text(encoding="utf-8").splitlines() if line)


def check_all(texts: Mapping[str, str] | None = None) -> tuple[Fault, ...]:
    """What is wrong with these kinds (name -> text), by default with the built-in ones.

    A city's own kinds name one of its own block levels, and open what is there; the built-in ones are there for every
    city, and an act of theirs that opens what a city changed is offered no more (sight.py).
    """
    built_in = shipped()
    city = City.objects.first()
    languages = city.languages if city else BOTH
    given = builtin_texts() if texts is None else texts
    known = [[str(one["key"]) for one in rows] for rows in (city.levels, city.departments)] if city else [None, None]
    alone = list[Fault]()
    for name, text in sorted(given.items()):
        levels, departments = [None, None] if digest_of(text) in built_in else known
        alone += check(text, f"{name}.yaml", levels, languages, departments)
    own = {name: text for name, text in given.items() if digest_of(text) not in built_in}
    if not own:
        return tuple(alone)
    beside = _beside(given)
    ours = {name for name, text in beside.items() if digest_of(text) in built_in}
    return (*alone, *check_together(own, beside, languages, ours))


def _beside(given: Mapping[str, str]) -> dict[str, str]:
    """These texts, and of every other kind the one that is in force or waits to be: asked where one opens another."""
    now = dict(KindText.objects.filter(current=True).values_list("kind", "text"))
    waiting = dict(KindProposal.objects.filter(state=KindProposal.State.WAITING).values_list("kind", "text"))
    return {**now, **waiting, **given}


def refuse_faulty(texts: Mapping[str, str]) -> None:
    """Raises BadKind when one of them may not be used."""
    if faults := check_all(texts):
        raise BadKind(faults)


def store(texts: Mapping[str, str], actor: str) -> list[str]:
    """Put these texts in force, each with its line, whoever signed them (`signing.py`); returns the kinds that changed.

    Raises BadKind, and changes nothing, when one of them may not be used.
    """
    refuse_faulty(texts)
    changed = []
    with transaction.atomic():
        for name, text in sorted(texts.items()):
            digest = digest_of(text)
            if KindText.objects.filter(kind=name, digest=digest, current=True).exists():
                continue
            KindText.objects.filter(kind=name, current=True).update(current=False)
            values = {"kind": name, "text": text, "current": True, "stored_at": clock.real_now()}
            KindText.objects.update_or_create(digest=digest, defaults=values)
            changed.append(name)
            entry = Entry(thread="system", act="kind_stored", actor=actor, data={"kind": name, "text": digest})
            lines.write([entry])
    forget()
    return changed


def retire_others(names: Collection[str], actor: str) -> list[str]:
    """No new case is opened of any kind but these; a line for each that ends. Open cases keep their text."""
    ended = []
    with transaction.atomic():
        for row in KindText.objects.filter(current=True).exclude(kind__in=names).order_by("kind"):
            KindText.objects.filter(pk=row.pk).update(current=False)
            ended.append(row.kind)
            data = {"kind": row.kind, "text": row.digest}
            lines.write([Entry(thread="system", act="kind_retired", actor=actor, data=data)])
    forget()
    return ended


def _opens(act: Act) -> dict[str, Any] | None:
    one = act.opens
    return (
        {"kind": one.kind, "relation": one.relation, "asks_type": one.asks_type, "carries": dict(one.carries)}
        if one
        else None
    )


def declaration(name: str) -> dict[str, Any]:
    """What the current kind declares, as JSON: fields, stages, acts, types and outcomes with their words."""
    kind = current(name)

    def words(one: Any) -> dict[str, str]:
        return {"zh": one.zh, "en": one.en}

    def condition(one: Condition | None) -> dict[str, list[str]] | None:
        return {name: list(wanted) for name, wanted in one.parts} if one else None

    return {
        "kind": kind.name,
        "noun": words(kind.noun),
        "title": words(kind.title),
        "fields": [
            {
                "name": field.name, "type": field.type, "label": words(field.label), "required": field.required,
                "sealed": field.personal, "choices": {code: words(label) for code, label in field.choices},
                "asked_when": condition(field.asked_when), "required_when": condition(field.required_when),
                "computed": field.computed,
            }
            for field in kind.fields
        ],
        "channels": {code: words(label) for code, label in kind.channels},
        "parties": {
            role.name: {**words(role.words), "fields": list(role.fields), "most": role.most, "consent": role.consent}
            for role in kind.parties
        },
        "types": {one.code: {**words(one.words), "priority": one.priority} for one in kind.types},
        "rounds": {one.name: {**words(one.words), "most": one.most, "result": one.result} for one in kind.rounds},
        "outcomes": {
            code: {**words(label), "sensitive": code in kind.sensitive_outcomes} for code, label in kind.outcomes
        },
        "stages": {stage.name: {**words(stage.words), "final": stage.final} for stage in kind.stages},
        "acts": {
            act.name: {
                **words(act.words), "from": list(act.from_stages), "to": act.to or act.advance,
                "asks": list(act.asks), "may_ask": list(act.may_ask), "drops": list(act.drops), "outcome": act.outcome,
                "when": condition(act.when),
                "versioned": act.versioned, "not_by": list(act.not_by), "opens": _opens(act), "links": act.links,
                "waits_for": list(act.waits_for),
                "begins": act.begins, "ends": act.ends,
                "party": act.party, "party_step": act.party_step or "", "needs": list(act.needs),
            }
            for act in kind.acts
        },
    }  # fmt: skip
