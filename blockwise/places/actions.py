"""What changes the places: a city's content applied as a difference, and roads closed and opened.

The ledger lies above this room, so every action takes `record`, called once with the act and its data as the
last step of the transaction; what it writes, and under whose name, is its caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import Conflict, Invalid

from .content import BlockRow, CityRow, Content, GroupingRow, LandmarkRow
from .coordinates import E7
from .current import forget, places
from .difference import Difference, Fields, Table, apply
from .models import (
    Address,
    Block,
    CalendarDay,
    City,
    ClosureReason,
    Direction,
    Grouping,
    Landmark,
    RoadClosure,
    RoadNetwork,
    StreetRange,
)
from .network import pack
from .roads import closures_left

Record = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Loaded:
    """What a load changed: by table, the keys added, changed and gone (blocks and groupings: retired)."""

    version: int
    tables: Mapping[str, Difference]

    @property
    def changed(self) -> bool:
        return any(self.tables.values())

    def data(self) -> dict[str, Any]:
        """For the ledger: counts by table, and the codes of blocks that were changed or retired."""
        counts = {name: asdict(difference.counts()) for name, difference in self.tables.items() if difference}
        blocks = self.tables["blocks"]
        return {"version": self.version, "tables": counts, "changed": [*blocks.changed], "retired": [*blocks.gone]}


def load(content: Content, *, purpose: str, record: Record) -> Loaded:
    """Make the database's places equal to `content`; a second time nothing changes and nothing is recorded.

    Blocks and groupings that are no longer there are retired as of the city's today, never deleted. Conflict
    when the database holds another city or serves another purpose.
    """
    with transaction.atomic():
        known = City.objects.select_for_update().first()
        _refuse_another(known, content.city, purpose)
        today = clock.now().astimezone(ZoneInfo(content.city.timezone)).date()
        tables = {"city": _load_city(known, content.city, purpose)} | _load_tables(content, today)
        loaded = Loaded((known.version if known else 0) + 1, tables)
        if not loaded.changed:
            return Loaded(known.version if known else 1, tables)
        City.objects.filter(pk=content.city.code).update(version=loaded.version, loaded_at=clock.real_now())
        forget()
        transaction.on_commit(forget)
        record("city_loaded", loaded.data())
    return loaded


def close_roads(
    edges: Sequence[int],
    *,
    direction: Direction = Direction.BOTH,
    starts_at: datetime,
    ends_at: datetime,
    reason: ClosureReason,
    record: Record,
) -> list[RoadClosure]:
    """Close edges for a time. Invalid for unknown edges or an empty time."""
    unknown = sorted(set(edges) - set(places().network.edge.tolist()))
    if unknown or not edges:
        raise Invalid(_("These road edges are not in the network."), where="edges", more={"edges": unknown[:20]})
    if ends_at <= starts_at:
        raise Invalid(_("The closure ends before it starts."), where="ends_at", fix=_("Give a later end."))
    said = {"direction": direction.value, "reason": reason.value}
    times = {"starts_at": starts_at, "ends_at": ends_at}
    with transaction.atomic():
        made = RoadClosure.objects.bulk_create(RoadClosure(edge=e, **said, **times) for e in sorted(set(edges)))
        told = {name: moment.isoformat() for name, moment in times.items()}
        record("roads_closed", {"edges": [row.edge for row in made], **said, **told})
    return made


def open_roads(edges: Iterable[int], *, record: Record) -> int:
    """End now the closures on these edges, in force or to come; how many. Nothing is recorded for none."""
    now = clock.now()
    with transaction.atomic():
        shut = closures_left(now).filter(edge__in=list(edges))
        opened = sorted(set(shut.values_list("edge", flat=True)))
        ended = shut.update(ends_at=now)
        if ended:
            record("roads_opened", {"edges": opened})
    return ended


ELSEWHERE = _("Set BLOCKWISE_HOME to a folder of its own, or DATABASE_URL to another database.")


def _refuse_another(known: City | None, city: CityRow, purpose: str) -> None:
    if known is not None and known.pk != city.code:
        what = _("This database holds another city.")
        raise Conflict(what, where="city.yaml: code", fix=ELSEWHERE, more={"city": known.pk})
    if known is not None and known.purpose != purpose:
        what = _("This database serves the purpose {known}, and the load is for {wanted}.")
        what = format_lazy(what, known=known.purpose, wanted=purpose)
        raise Conflict(what, where="purpose", fix=ELSEWHERE, more={"purpose": known.purpose})


def _load_city(known: City | None, city: CityRow, purpose: str) -> Difference:
    zh, en = city.names.get("zh", ""), city.names.get("en", "")
    row = {
        "name_zh": zh or en,
        "name_en": en or zh,
        "timezone": city.timezone,
        "languages": list(city.languages),
        "calendar": city.calendar,
        "working_hours": [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in city.working_hours],
        "levels": [{"key": level.key, **level.names} for level in city.levels],
        "departments": [{"key": one.key, **one.names} for one in city.departments],
        "attribution": city.attribution,
        "rings": list(city.rings),
        "road_periods": [
            {"key": period.key, "from": f"{period.starts:%H:%M}", "to": f"{period.ends:%H:%M}"}
            for period in city.road_periods
        ],
        "features": dict(city.features),
        "purpose": purpose,
    }
    fresh = {} if known else {"loaded_at": clock.real_now()}
    return apply(Table(City, {city.code: row}, fresh=fresh))


def _load_tables(content: Content, today: date) -> dict[str, Difference]:
    return {
        "groupings": apply(Table(Grouping, _groupings(content), retire=today)),
        "blocks": apply(Table(Block, _blocks(content), retire=today)),
        "addresses": apply(Table(Address, {row.code: _address(row) for row in content.addresses})),
        "landmarks": apply(Table(Landmark, {row.code: _landmark(row) for row in content.landmarks})),
        "street_ranges": apply(Table(StreetRange, {row.edge: _range(row) for row in content.street_ranges})),
        "calendar": apply(
            Table(CalendarDay, {row.day: {"works": row.works, "name": row.name} for row in content.calendar})
        ),
        "roads": _load_roads(content),
    }


def _groupings(content: Content) -> dict[Any, Fields]:
    kinds: tuple[tuple[str, Sequence[GroupingRow]], ...] = (("beat", content.beats), ("zone", content.zones))
    return {
        f"{kind}:{row.code}": {"kind": kind, "code": row.code, "name": row.name, "name_en": row.name_en}
        for kind, rows in kinds
        for row in rows
    }


def _blocks(content: Content) -> dict[Any, Fields]:
    level = {row.key: k for k, row in enumerate(content.city.levels)}
    beat = {row.cell: f"beat:{row.code}" for row in content.beats}
    zone = {row.cell: f"zone:{row.code}" for row in content.zones}
    ordered = sorted(content.blocks, key=lambda row: (level[row.level], row.code))
    return {row.code: _block(row, level[row.level], beat.get(row.code), zone.get(row.code)) for row in ordered}


def _block(row: BlockRow, level: int, beat: str | None, zone: str | None) -> Fields:
    inside = shapely.point_on_surface(row.geometry)
    return {
        "name": row.name,
        "name_en": row.name_en,
        "level": level,
        "parent_id": row.parent,
        "population": row.population,
        "core": row.core,
        "shape": shapely.to_wkb(row.geometry, byte_order=1, output_dimension=2),
        "lon_e7": round(inside.x * E7),
        "lat_e7": round(inside.y * E7),
        "beat_id": beat,
        "zone_id": zone,
    }


def _address(row: Any) -> Fields:
    digits = re.search(r"\d{1,9}", row.number)  # 甲6 is a door beside 6
    same = {name: getattr(row, name) for name in ("street", "number", "text", "text_en", "use")}
    value = int(digits[0]) if digits else 0
    return same | {"number_value": value, "lon_e7": round(row.lon * E7), "lat_e7": round(row.lat * E7)}


def _landmark(row: LandmarkRow) -> Fields:
    same = {name: getattr(row, name) for name in ("kind", "name", "name_en", "road", "number")}
    return same | {"lon_e7": round(row.lon * E7), "lat_e7": round(row.lat * E7)}


def _range(row: Any) -> Fields:
    same = ("street", "left_from", "left_to", "right_from", "right_to", "from_node", "to_node")
    ends = ("from_lon", "from_lat", "to_lon", "to_lat")
    return {name: getattr(row, name) for name in same} | {f"{n}_e7": round(getattr(row, n) * E7) for n in ends}


def _load_roads(content: Content) -> Difference:
    digest, blob = pack(content.roads)
    before = tuple(RoadNetwork.objects.values_list("digest", flat=True))
    if before == (digest,):
        return Difference()
    RoadNetwork.objects.all().delete()
    RoadNetwork.objects.create(digest=digest, arrays=blob, loaded_at=clock.real_now())
    return Difference(added=(digest,), gone=before)
