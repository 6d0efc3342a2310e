"""Rows that are proven: each change of one is noted (changes.py) and goes into a line, or it is never committed.

Belongs to no room: the places, too, are proven, and lie below the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import connections, models
from django.db.models.signals import class_prepared, post_delete, post_save

from blockwise.changes import Change, UnrecordedChange, note
from blockwise.clock import written

JSON = Any  # what a line takes: no floats


@dataclass(frozen=True)
class Column:
    """A proven column. `empty` is what it holds in a new row whose line does not name it."""

    name: str
    field: models.Field[Any, Any]
    kept: Callable[[Any], JSON]
    empty: JSON

    @property
    def as_it_is(self) -> bool:
        """Whether a line has the value itself."""
        return self.kept is _same

    def of(self, value: Any) -> JSON:
        return None if value is None else self.kept(value)


_Model = TypeVar("_Model", bound=models.Model)

if TYPE_CHECKING:
    _QuerySet = models.QuerySet[Any]
else:
    _QuerySet = models.QuerySet


class ProvenQuerySet(_QuerySet):
    """Changes of many rows at once, noted row by row."""

    def update(self, **values: Any) -> int:
        named = [one for one in columns(self.model) if {one.field.name, one.field.attname} & values.keys()]
        if not named:
            return super().update(**values)
        _refuse_outside(self.db)
        about = _about(self.model)
        locked = self.order_by("pk").select_for_update().values_list("pk", about)
        threads = dict(list(locked))
        rows = self.model._base_manager.using(self.db).filter(pk__in=threads)
        found = models.QuerySet.update(rows, **values) if threads else 0
        for pk, said in _read(rows.order_by(), self.model, named).items() if threads else ():
            note(_change(self.model, pk, threads[pk], said), self.db)
        return found

    update.alters_data = True  # type: ignore[attr-defined]  # as Django marks it for templates

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        _refuse_outside(self.db)
        made = super().bulk_create(list(objs), *args, **options)
        known = {column.name: column for column in columns(self.model)}
        if options.get("update_conflicts"):
            keys = [one.pk for one in made]
            for start in range(0, len(keys), 500):
                rows = self.model._base_manager.using(self.db).filter(pk__in=keys[start : start + 500])
                for pk, said in _read(rows, self.model, [*known.values()]).items():
                    note(_change(self.model, pk, pk, said), self.db)
            return made
        for one in made:
            note(_made(one), self.db)
        return made


class ProvenManager(models.Manager[_Model]):
    def get_queryset(self) -> models.QuerySet[_Model]:
        return ProvenQuerySet(self.model, using=self._db)


class Proven(models.Model):
    """A row that follows from the lines. `unproven` names columns that are left out, `digested` those of which a line
    has the SHA-256 alone; `about`: the kind of thread its lines stand in, and the column that numbers it."""

    unproven: ClassVar[frozenset[str]] = frozenset()
    digested: ClassVar[frozenset[str]] = frozenset()
    about: ClassVar[tuple[str, str]] = ("", "pk")

    objects: ClassVar[ProvenManager[Self]] = ProvenManager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:  # type: ignore[override]  # the stubs are of a later Django
        row = super().from_db(db, field_names, values)
        row.__dict__["_was"] = (field_names, values)
        return row

    def save_base(self, *args: Any, **options: Any) -> None:
        given = options.get("update_fields")
        if given is None or any({one.field.name, one.field.attname} & set(given) for one in columns(type(self))):
            _refuse_outside(options.get("using") or "default")
        super().save_base(*args, **options)


class Frozen(Proven):
    """A proven row that is made once: triggers (ledger/triggers.py) forbid to change it or to take it out."""

    class Meta:
        abstract = True


def columns(model: type[Proven]) -> tuple[Column, ...]:
    """What of a row is proven, besides its key."""
    if model not in _columns:
        _columns[model] = tuple(
            _column(field, field.name in model.digested)
            for field in model._meta.concrete_fields
            if not field.primary_key and field.name not in model.unproven
        )
    return _columns[model]


_columns: dict[type[Proven], tuple[Column, ...]] = {}


def empties(model: type[Proven]) -> dict[str, JSON]:
    return {column.name: column.empty for column in columns(model)}


def digest(value: Any) -> str:
    """SHA-256, in hex, of a text or of bytes."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else bytes(value)).hexdigest()


def _same(value: Any) -> JSON:
    return value


_KEPT: Sequence[tuple[type[models.Field[Any, Any]], Callable[[Any], JSON], JSON]] = (
    (models.DateTimeField, written, ""),
    (models.DateField, date.isoformat, ""),
    (models.TimeField, time.isoformat, ""),
    (models.BinaryField, digest, ""),
    (models.BooleanField, bool, False),
    (models.IntegerField, _same, 0),
    (models.CharField, _same, ""),
    (models.TextField, _same, ""),
)


def _column(field: models.Field[Any, Any], digested: bool) -> Column:
    end = field.target_field if isinstance(field, models.ForeignKey) else field
    kept: Callable[[Any], JSON]
    if isinstance(end, models.JSONField):
        kept, empty = _same, end.get_default()
    else:
        kept, empty = next((kept, empty) for kind, kept, empty in _KEPT if isinstance(end, kind))
    return Column(str(field.column), field, digest if digested else kept, None if field.null or digested else empty)


def _about(model: type[Proven]) -> str:
    return model.about[1]


def _read(rows: models.QuerySet[Any], model: type[Proven], named: Sequence[Column]) -> dict[Any, dict[str, JSON]]:
    found = rows.values_list("pk", *(column.field.attname for column in named))
    return {
        pk: {column.name: column.of(value) for column, value in zip(named, values, strict=True)}
        for pk, *values in found
    }


def _made(row: Proven) -> Change:
    values, full = row.__dict__, {}
    for name, attname, kept, empty in _fast(type(row)):
        value = values[attname]
        if value is not None and kept is not None:
            value = kept(value)
        if value != empty:
            full[name] = value
    return _of(row, full)


def _fast(model: type[Proven]) -> tuple[tuple[str, str, Callable[[Any], JSON] | None, JSON], ...]:
    """What a new row, of which there are many, is told by; None: a value is kept as it is."""
    if model not in _told:
        _told[model] = tuple(
            (column.name, column.field.attname, None if column.kept is _same else column.kept, column.empty)
            for column in columns(model)
        )
    return _told[model]


_told: dict[type[Proven], tuple[tuple[str, str, Callable[[Any], JSON] | None, JSON], ...]] = {}


def _of(row: Proven, said: Mapping[str, JSON] | None) -> Change:
    return _change(type(row), row.pk, getattr(row, _about(type(row))), said)


def _change(model: type[Proven], pk: object, number: object, said: Mapping[str, JSON] | None) -> Change:
    thread = f"{model.about[0]}:{number}" if model.about[0] else ""
    return Change(model._meta.db_table, str(pk), thread, said, empties(model) if said is None else {})


def _refuse_outside(using: str) -> None:
    if not connections[using].in_atomic_block:
        raise UnrecordedChange("a proven row is changed in the transaction of its line")


def _saved(
    sender: type[Proven], instance: Proven, created: bool, using: str, update_fields: Iterable[str] | None, **_: Any
) -> None:
    read = dict(zip(*instance.__dict__.pop("_was", ((), ())), strict=False))
    if created:
        note(_made(instance), using)
        return
    said = {}
    for column in columns(sender):
        name = column.field.attname
        if update_fields is not None and not {column.field.name, name} & set(update_fields):
            continue
        if name in instance.__dict__ and (update_fields is not None or read.get(name, read) != instance.__dict__[name]):
            said[column.name] = column.of(instance.__dict__[name])
    if said:
        note(_of(instance, said), using)


def _deleted(sender: type[Proven], instance: Proven, using: str, **_: Any) -> None:
    note(_of(instance, None), using)


def _prepared(sender: type[models.Model], **_: Any) -> None:
    if issubclass(sender, Proven) and not sender._meta.abstract:
        post_save.connect(_saved, sender=sender)
        post_delete.connect(_deleted, sender=sender)


class_prepared.connect(_prepared)
