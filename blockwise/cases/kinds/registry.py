"""The kinds of this city: their texts by SHA-256, parsed once; a case is read under the text it was opened under."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
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

from ..models import KindText
from .check import check
from .faults import BadKind, Fault
from .model import Kind
from .parse import parse_kind

if TYPE_CHECKING:
    from ..models import Case

BUILTIN = Path(__file__).parent / "builtin"
FRESH_S = 1.0


class _Current:
    """Which text each kind has now; read again when older than a second, as another process may load a city."""

    def __init__(self) -> None:
        self.read_at = float("-inf")
        self.digests: Mapping[str, str] = {}

    def get(self) -> Mapping[str, str]:
        if monotonic() - self.read_at > FRESH_S:
            self.digests = dict(KindText.objects.filter(current=True).values_list("kind", "digest").order_by("kind"))
            self.read_at = monotonic()
        return self.digests


_current = _Current()


def forget() -> None:
    """Read the current kinds again at the next question (after a load, and between tests)."""
    _current.read_at = float("-inf")


def current(name: str) -> Kind:
    """The kind as new cases are opened under it. NotFound when this city has none of that name."""
    digest = _current.get().get(name)
    if digest is None:
        known = ", ".join(_current.get())
        raise NotFound(_("There is no such kind of case."), where="kind", fix=_("Known here: %s.") % known)
    return parsed(digest)


def all_current() -> dict[str, Kind]:
    return {name: parsed(digest) for name, digest in _current.get().items()}


def of(case: Case) -> Kind:
    """The kind under which `case` was opened."""
    return parsed(case.kind_text_id)


@lru_cache(maxsize=256)
def parsed(digest: str) -> Kind:
    row = KindText.objects.get(pk=digest)
    return parse_kind(row.text, f"{row.kind}.yaml")


def builtin_texts() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(BUILTIN.glob("*.yaml"))}


def check_all(texts: Mapping[str, str] | None = None) -> tuple[Fault, ...]:
    """What is wrong with these kinds (name -> text), by default with the built-in ones.

    A city's own kinds name one of its own block levels; the built-in ones are there for every city.
    """
    built_in = builtin_texts()
    city = City.objects.first()
    levels = [str(level["key"]) for level in city.levels] if city else None
    return tuple(
        fault
        for name, text in sorted((built_in if texts is None else texts).items())
        for fault in check(text, f"{name}.yaml", None if text == built_in.get(name) else levels)
    )


def store(texts: Mapping[str, str], actor: str) -> list[str]:
    """Make these texts the current ones, each with its line; returns the kinds that changed.

    Raises BadKind, and changes nothing, when one of them may not be used.
    """
    if faults := check_all(texts):
        raise BadKind(faults)
    changed = []
    with transaction.atomic():
        for name, text in sorted(texts.items()):
            digest = hashlib.sha256(text.encode()).hexdigest()
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


def declaration(name: str) -> dict[str, Any]:
    """What the current kind declares, as JSON: fields, stages, acts, types and outcomes with their words."""
    kind = current(name)

    def words(one: Any) -> dict[str, str]:
        return {"zh": one.zh, "en": one.en}

    return {
        "kind": kind.name,
        "noun": words(kind.noun),
        "title": words(kind.title),
        "fields": [
            {
                "name": field.name, "type": field.type, "label": words(field.label), "required": field.required,
                "sealed": field.personal, "choices": {code: words(label) for code, label in field.choices},
            }
            for field in kind.fields
        ],
        "channels": {code: words(label) for code, label in kind.channels},
        "types": {one.code: {**words(one.words), "priority": one.priority} for one in kind.types},
        "outcomes": {code: words(label) for code, label in kind.outcomes},
        "stages": {stage.name: {**words(stage.words), "final": stage.final} for stage in kind.stages},
        "acts": {
            act.name: {
                **words(act.words), "from": list(act.from_stages), "to": act.to or act.advance,
                "asks": list(act.asks), "may_ask": list(act.may_ask), "outcome": act.outcome,
                "versioned": act.versioned,
            }
            for act in kind.acts
        },
    }  # fmt: skip
