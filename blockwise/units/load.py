"""Stations, units, statuses, shifts and crews of a city folder, as a difference. Units retire, never vanish."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any, Protocol

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access.actors import LOADER
from blockwise.access.models import User
from blockwise.ledger.lines import Entry, write
from blockwise.places.difference import Difference, Table, apply
from blockwise.places.queries import block_at, city
from blockwise.problems import Conflict, Invalid

from .meanings import label_for
from .models import Assignment, Crew, Meaning, Shift, Station, Status, Unit
from .shifts import city_zone, on_shift


class StationLike(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


class UnitLike(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def call_sign(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def capabilities(self) -> tuple[str, ...]: ...
    @property
    def station(self) -> str: ...
    @property
    def zone(self) -> str | None: ...
    @property
    def crew(self) -> int: ...


class TurnLike(Protocol):
    @property
    def unit(self) -> str: ...
    @property
    def days(self) -> tuple[int, ...]: ...
    @property
    def starts(self) -> time: ...
    @property
    def ends(self) -> time: ...


class StatusLike(Protocol):
    @property
    def label(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def meaning(self) -> str: ...


class CrewLike(Protocol):
    @property
    def login(self) -> str: ...
    @property
    def unit(self) -> str | None: ...


class ForcesLike(Protocol):
    """Rows that were checked before; coordinates in WGS84 degrees."""

    @property
    def stations(self) -> Sequence[StationLike]: ...
    @property
    def units(self) -> Sequence[UnitLike]: ...
    @property
    def roster(self) -> Sequence[TurnLike]: ...
    @property
    def statuses(self) -> Sequence[StatusLike]: ...
    @property
    def people(self) -> Sequence[CrewLike]: ...


@dataclass(frozen=True)
class Forces:
    """What a load changed: by table, the keys added, changed and gone (stations and units: retired)."""

    tables: Mapping[str, Difference]

    @property
    def changed(self) -> bool:
        return any(self.tables.values())

    def data(self) -> dict[str, Any]:
        return {name: asdict(difference.counts()) for name, difference in self.tables.items() if difference}


def load_forces(content: ForcesLike) -> Forces:
    """Make stations, units, statuses, shifts and crews equal to `content`; a second time nothing changes.

    The city's places and people are loaded before. A new unit stands at its station, on or off duty as its roster says.
    """
    with transaction.atomic():
        today = clock.now().astimezone(city_zone()).date()
        tables = {"statuses": _statuses(content.statuses), "stations": _stations(content.stations, today)}
        tables["units"] = _units(content.units, today)
        tables["shifts"] = _shifts(content.roster)
        tables["crews"] = _crews(content.people)
        _stand(tables["units"], tables["stations"])
        forces = Forces(tables)
        if forces.changed:
            write([Entry("system", "forces_loaded", LOADER.id, data=forces.data())])
    return forces


def _statuses(rows: Iterable[StatusLike]) -> Difference:
    """Units that have a status which is no longer there take the first one left of the same meaning."""
    wanted = {row.label: {"zh": row.zh, "en": row.en, "meaning": row.meaning} for row in rows}
    gone = Status.objects.exclude(pk__in=wanted)
    doomed = dict(gone.values_list("label", "meaning"))
    changed = apply(Table(Status, {**_kept(doomed), **wanted}))
    for label in doomed:
        for meaning in set(Unit.objects.filter(status=label).values_list("meaning", flat=True)):
            left = Status.objects.filter(pk__in=wanted, meaning=meaning).order_by("pk").first()
            if left is None:
                what = _("Units have the status %s, and no other one means the same.") % label
                raise Invalid(what, where="statuses.csv", fix=_("Keep it, or add another of its meaning."))
            Unit.objects.filter(status=label, meaning=meaning).update(status=left)
    gone.delete()
    return Difference(changed.added, changed.changed, tuple(doomed))


def _kept(doomed: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    rows = Status.objects.filter(pk__in=doomed)
    return {row.pk: {"zh": row.zh, "en": row.en, "meaning": row.meaning} for row in rows}


def _stations(rows: Iterable[StationLike], today: date) -> Difference:
    return apply(Table(Station, {row.code: _station(row) for row in rows}, retire=today))


def _station(row: StationLike) -> dict[str, Any]:
    lon_e7, lat_e7 = round(row.lon * 1e7), round(row.lat * 1e7)
    answer = block_at(lon_e7, lat_e7)
    if answer is None:
        what = _("Station %s lies outside the city.") % row.code
        raise Invalid(what, where="stations.csv", fix=_("Correct its point."))
    return {
        "name": row.name,
        "name_en": row.name_en,
        "service": row.service,
        "block_id": answer.block,
        "lon_e7": lon_e7,
        "lat_e7": lat_e7,
    }


def _units(rows: Iterable[UnitLike], today: date) -> Difference:
    fresh = {
        "status_id": label_for(Meaning.OFF_DUTY)[Meaning.OFF_DUTY],
        "meaning": Meaning.OFF_DUTY,
        "status_at": clock.now(),
        "block_id": city().code,
        "lon_e7": 0,
        "lat_e7": 0,
    }
    wanted = {
        row.code: {
            "call_sign": row.call_sign,
            "service": row.service,
            "type": row.type,
            "capabilities": list(row.capabilities),
            "station_id": row.station,
            "zone_id": f"zone:{row.zone}" if row.zone else None,
            "crew": row.crew,
        }
        for row in rows
    }
    changed = apply(Table(Unit, wanted, retire=today, fresh=fresh))
    _refuse_at_work(changed.gone)
    return changed


def _refuse_at_work(gone: Collection[str]) -> None:
    working = Assignment.objects.filter(unit__in=gone, cleared_at=None).order_by("unit")
    named = [f"{unit} ({case})" for unit, case in working.values_list("unit", "case")]
    if named:
        what = format_lazy(_("Units that the folder leaves out work on cases: {units}."), units=", ".join(named))
        raise Conflict(what, where="units.csv", fix=_("Keep them in it until their work has ended."))


def _stand(units: Difference, stations: Difference) -> None:
    """A unit that never told its position stands at its station; a new one is on duty when its shift runs."""
    rows = Unit.objects.filter(position_at=None).select_related("station")
    moved = set(stations.changed) | set(stations.added)
    standing = [u for u in rows if u.pk in units.added or u.pk in units.changed or u.station_id in moved]
    for unit in standing:
        unit.block_id, unit.lon_e7, unit.lat_e7 = unit.station.block_id, unit.station.lon_e7, unit.station.lat_e7
    Unit.objects.bulk_update(standing, ["block", "lon_e7", "lat_e7"], 500)
    present = on_shift(clock.now()).intersection(units.added)
    if present:
        label = label_for(Meaning.AVAILABLE)[Meaning.AVAILABLE]
        Unit.objects.filter(pk__in=present).update(status=label, meaning=Meaning.AVAILABLE)


def _shifts(rows: Iterable[TurnLike]) -> Difference:
    wanted = {(row.unit, "".join(map(str, sorted(row.days))), row.starts, row.ends) for row in rows}
    stored = {row[1:]: row[0] for row in Shift.objects.values_list("pk", "unit", "days", "from_time", "to_time")}
    added, gone = sorted(wanted - set(stored)), sorted(set(stored) - wanted)
    Shift.objects.filter(pk__in=[stored[key] for key in gone]).delete()
    Shift.objects.bulk_create(
        [Shift(unit_id=unit, days=days, from_time=begins, to_time=ends) for unit, days, begins, ends in added], 500
    )
    return Difference(tuple(added), (), tuple(gone))


def _crews(rows: Iterable[CrewLike]) -> Difference:
    wanted = {(row.login, row.unit) for row in rows if row.unit}
    stored = {(login, unit): pk for pk, login, unit in Crew.objects.values_list("pk", "user__login", "unit")}
    added, gone = sorted(wanted - set(stored)), sorted(set(stored) - wanted)
    users = User.objects.in_bulk([login for login, _unit in added], field_name="login")
    Crew.objects.filter(pk__in=[stored[key] for key in gone]).delete()
    Crew.objects.bulk_create([Crew(user=users[login], unit_id=unit) for login, unit in added])
    return Difference(tuple(added), (), tuple(gone))
