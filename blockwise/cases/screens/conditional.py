"""What a form says of a question that is asked only when others are answered so; a script hides it until then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from ..kinds.conditions import Values, in_words, one_of
from ..kinds.model import Condition, Field, Kind
from ..rules.inputs import Input


def conditional(kind: Kind, entries: list[Input], known: Values) -> list[Input]:
    """The inputs, those with a condition told so; without those that cannot be asked on a case of which this is
    `known`."""
    own = {entry.name for entry in entries}
    return [found for entry in entries if (found := _conditioned(kind, entry, own, known))]


def _conditioned(kind: Kind, entry: Input, own: set[str], known: Values) -> Input | None:
    field = kind.field_named(entry.name)
    if field is None or not (field.asked_when or field.required_when):
        return entry
    asked, needed = (_left(kind, one, own, known) for one in (field.asked_when, field.required_when))
    if asked is None:
        return None
    if field.required_when is None:
        needed = None
    words = " ".join(_words(kind, field))
    return replace(entry, when=words, asked=json.dumps(asked), needed="" if needed is None else json.dumps(needed))


def _left(
    kind: Kind, condition: Condition | None, own: set[str], known: Values
) -> list[tuple[str, tuple[str, ...]]] | None:
    """What the form itself decides of the condition; None where the case has decided against it."""
    parts = condition.parts if condition else ()
    if not all(name in own or one_of(kind, name, wanted, known) for name, wanted in parts):
        return None
    return [(name, wanted) for name, wanted in parts if name in own]


def _words(kind: Kind, field: Field) -> Iterator[str]:
    if field.asked_when:
        yield _("Only when: %(when)s.") % {"when": in_words(kind, field.asked_when)}
    if field.required_when:
        yield _("Needed when: %(when)s.") % {"when": in_words(kind, field.required_when)}
