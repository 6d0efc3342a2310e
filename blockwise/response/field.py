"""What a crew's phone shows: the unit, the case it works on and what can be told next; when idle, what is near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.analysis.distance import great_circle_km
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Act, Kind, Words
from blockwise.cases.models import Case
from blockwise.cases.rules.inputs import Input
from blockwise.cases.rules.words import both
from blockwise.cases.screens import forms
from blockwise.cases.screens.pages import whole
from blockwise.cases.screens.place_pages import kept_answer
from blockwise.places import roads
from blockwise.places.coordinates import E7
from blockwise.units.assignments import STEPS
from blockwise.units.models import Assignment, Meaning, Station, Unit
from blockwise.units.queries import settable
from blockwise.units.shifts import on_shift

from .queries import NEXT, Work, on_cases
from .words import MEANINGS

NOTE, FIRST = "note", "acknowledge"
STATIONS, CLOSED = 4, 5  # shown at most
CLOSE_KM = 3.0  # within which a closed road is told


@dataclass(frozen=True)
class Tap:
    """An act that the crew can tell of its unit. `asks`: it needs more than a tap."""

    act: Act
    asks: bool


@dataclass(frozen=True)
class Nearby:
    words: Any
    km: float
    point: tuple[float, float]


def own_units(actor: Actor) -> list[Unit]:
    """Those for which this crew speaks, one that is at work first."""
    at_work = Exists(Assignment.objects.filter(unit=OuterRef("pk"), cleared_at=None))
    rows = Unit.objects.filter(pk__in=actor.units, retired_on=None).select_related("status", "station")
    return list(rows.defer("courses").order_by(at_work.desc(), "code"))


def seen(unit: Unit, actor: Actor) -> dict[str, Any]:
    """Everything that changes on the page of a unit."""
    now = clock.now()
    held = Assignment.objects.filter(unit=unit, cleared_at=None).select_related("case").first()
    context = {
        "unit": unit,
        "label": Words(unit.status.zh, unit.status.en),
        "on_duty": unit.meaning != Meaning.OFF_DUTY,
        "on_shift": unit.pk in on_shift(now),
        "at": now,
    }
    return context | (_order(held.case, unit, actor) if held else _idle(unit))


def _order(case: Case, unit: Unit, actor: Actor) -> dict[str, Any]:
    found = whole(case, actor)
    (work,) = (one for one in on_cases([case.pk])[case.pk] if one.unit == unit.pk)
    acts: Sequence[Act] = found["acts"]
    told = [one for act in acts if (one := _tap(act, case, work))]
    path = [name for name in _path(work) if any(one.act.name == name and not one.asks for one in told)]
    following = next((one for one in told if path and one.act.name == path[0]), None)
    return found | {
        "work": work,
        "next": following,
        "path": path,
        "others": [one for one in told if one is not following],
        "note": next((act for act in acts if act.name == NOTE), None),
        "further": [act for act in acts if act.name != NOTE and not _of_unit(act, found["kind"])],
        "said": [told for told in found["story"] if told.texts],
        "times": [(_words(step, found["kind"]), moment) for step, moment in work.times],
        "running": [clock for clock in found["clocks"] if clock.state == "running"],
    }


def _words(step: str, kind: Kind) -> Any:
    """What the kind calls the act that told this step."""
    name = next((act for act, one in STEPS.items() if one.field == f"{step}_at"), "")
    act = kind.act(name)
    return act.words if act else MEANINGS[Meaning.COMMITTED]


def _of_unit(act: Act, kind: Kind) -> bool:
    return any(entry.name == "unit" for entry in forms.act_inputs(kind, act))


def _tap(act: Act, case: Case, work: Work) -> Tap | None:
    """The act, where it is one of the unit and was not told yet."""
    if not _of_unit(act, registry.of(case)):
        return None
    step = STEPS.get(act.name)
    if step is not None and step.field.removesuffix("_at") in dict(work.times):
        return None
    return Tap(act, asks=len(asked(act, registry.of(case), case)) > 0)


def asked(act: Act, kind: Kind, case: Case | None = None) -> list[Input]:
    """What the act asks besides the unit, which the phone knows."""
    return [entry for entry in forms.without_files(kind, act, case) if entry.name != "unit"]


def _path(work: Work) -> list[str]:
    """The steps that lie before the unit: first that the order was received, then as they usually follow."""
    names = [FIRST] if len(work.times) == 1 else []
    name = work.next
    while name not in names:
        names.append(name)
        name = NEXT.get(STEPS[name].field.removesuffix("_at"), name)
    return names


def _idle(unit: Unit) -> dict[str, Any]:
    return {
        "statuses": [(row.label, Words(row.zh, row.en)) for row in settable(unit)],
        "here": kept_answer(unit.block_id),
        "stations": _stations(unit),
        "closed": _closed(unit),
    }


def _stations(unit: Unit) -> list[Nearby]:
    """The nearest stations and posts of the unit's own service, its own among them."""
    rows = Station.objects.filter(service__in=(unit.service, "post"), retired_on=None)
    found = [Nearby(both(one.name, one.name_en), *_from(unit, one.lon_e7 / E7, one.lat_e7 / E7)) for one in rows]
    return sorted(found, key=lambda one: one.km)[:STATIONS]


def _closed(unit: Unit) -> list[Nearby]:
    found = [
        Nearby(road.reason, *_from(unit, *np.mean(road.line, axis=0).tolist())) for road in roads.closed_at(clock.now())
    ]
    return sorted((one for one in found if one.km <= CLOSE_KM), key=lambda one: one.km)[:CLOSED]


def _from(unit: Unit, lon: float, lat: float) -> tuple[float, tuple[float, float]]:
    return float(great_circle_km(unit.lon_e7 / E7, unit.lat_e7 / E7, lon, lat)), (lon, lat)
