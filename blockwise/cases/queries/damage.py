"""What of a case cannot be read, and why in words: one case that was damaged is shown as such, beside all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import vault
from blockwise.places.current import places
from blockwise.rooms import house

from ..kinds import registry
from ..kinds.model import Kind
from ..models import Case, CaseClock
from ..rules.counting import readable_pauses
from ..rules.sealed_places import opened_places

A_BATCH = 500


@dataclass(frozen=True)
class Read:
    """`places`: exactly, of open cases; `faults`: of those that were damaged, why they cannot be shown (whole)."""

    places: Mapping[int, Mapping[str, Any]]
    faults: Mapping[int, str]


def read(cases: Sequence[Case], clocks: Iterable[CaseClock] = ()) -> Read:
    """The cases as far as they can be read, with those of their promises that are shown; the vault's few queries."""
    opened = opened_places(case for case in cases if not case.final)
    promised: dict[int, list[CaseClock]] = {}
    for row in clocks:
        promised.setdefault(row.case_id, []).append(row)
    faults = {case.pk: _said(case, promised.get(case.pk, ()), opened.get(case.pk)) for case in cases}
    exact = {pk: place for pk, place in opened.items() if isinstance(place, dict)}
    return Read(exact, {pk: fault for pk, fault in faults.items() if fault})


def _said(case: Case, clocks: Iterable[CaseClock], place: Any) -> str:
    kind = registry.of(case)
    if kind.unreadable:
        why = _("its row was damaged") if case.torn else _("the text of its kind is not there or was damaged")
        return _("cannot be shown: %(why)s") % {"why": why}
    sealed = [_("its sealed place was damaged and does not open")] if place is vault.Unopened else []
    faults = _("; ").join([*_of_columns(kind, case), *_of_clocks(kind, clocks), *sealed])
    return _("cannot be shown whole: %(why)s") % {"why": faults} if faults else ""


def _of_columns(kind: Kind, case: Case) -> Iterator[str]:
    if case.kind != kind.name:
        yield _("it is filed under “%(name)s”, and its kind is another one") % {"name": case.kind}
    if case.stage not in {stage.name for stage in kind.stages}:
        yield _("its kind has no stage “%(name)s”") % {"name": case.stage}
    if case.type and kind.type_coded(case.type) is None:
        yield _("its kind has no type “%(name)s”") % {"name": case.type}
    if case.block_id not in places().blocks:
        yield _("there is no block %(code)s") % {"code": case.block_id}
    for field in kind.fields:
        given = case.fields.get(field.name)
        if given and not house().field_types[field.type].readable(given):
            yield _("“%(label)s” cannot be read") % {"label": field.label}


def _of_clocks(kind: Kind, clocks: Iterable[CaseClock]) -> Iterator[str]:
    declared = {entry.name: entry for entry in kind.clocks}
    for row in clocks:
        if row.name not in declared:
            yield _("its kind makes no promise “%(name)s”") % {"name": row.name}
        elif row.stopped_at is None and row.due_at is None and row.remaining_ms is None:
            yield _("the time of its promise “%(name)s” cannot be read") % {"name": declared[row.name].words}
        elif readable_pauses(row) != row.pauses:
            yield _("the pauses of its promise “%(name)s” cannot be read") % {"name": declared[row.name].words}


def damaged() -> Iterator[int]:
    """The numbers of open cases that cannot be shown whole, sealed texts and running promises looked at too."""
    found = Case.objects.filter(final=False).order_by("pk").iterator(A_BATCH)
    while rows := list(islice(found, A_BATCH)):
        clocks = CaseClock.objects.filter(case__in=[case.pk for case in rows], stopped_at=None)
        texts = vault.open_many((case.thread, digest) for case in rows for digest in case.sealed.values())
        shut = {thread for (thread, _digest), value in texts.items() if value is vault.Unopened}
        faults = read(rows, clocks).faults
        yield from (case.pk for case in rows if case.pk in faults or case.thread in shut)
