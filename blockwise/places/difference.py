"""A table made equal to given rows, by the difference alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models

Fields = dict[str, Any]
BATCH = 1000


@dataclass(frozen=True)
class Counts:
    added: int
    changed: int
    gone: int


@dataclass(frozen=True)
class Difference:
    """The keys added, changed and gone; false when there are none."""

    added: tuple[Any, ...] = ()
    changed: tuple[Any, ...] = ()
    gone: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone)

    def counts(self) -> Counts:
        return Counts(len(self.added), len(self.changed), len(self.gone))


@dataclass(frozen=True)
class Table:
    """What a table shall hold, by primary key. Rows with `retire` are dated when gone, else deleted."""

    model: type[models.Model]
    rows: Mapping[Any, Fields]
    retire: date | None = None
    fresh: Fields = field(default_factory=dict)  # further columns that a new row needs


def apply(table: Table) -> Difference:
    """Add, change and retire or delete what differs, inside the caller's transaction."""
    manager = table.model._default_manager
    names = list(next(iter(table.rows.values()), {}))
    if table.retire is not None:
        names.append("retired_on")
    stored = {row[0]: row[1:] for row in manager.values_list("pk", *names)}
    wanted = {
        key: (*fields.values(), None) if table.retire else (*fields.values(),) for key, fields in table.rows.items()
    }
    added = tuple(key for key in wanted if key not in stored)
    changed = tuple(key for key, row in wanted.items() if key in stored and row != tuple(map(_plain, stored[key])))
    gone = tuple(key for key, row in stored.items() if key not in wanted and (table.retire is None or row[-1] is None))
    pk = table.model._meta.pk.attname
    made = [table.model(**{pk: key}, **table.rows[key], **table.fresh) for key in added + changed]
    manager.bulk_create(made, BATCH, update_conflicts=True, update_fields=names, unique_fields=[pk])
    _leave(table, gone)
    return Difference(added, changed, gone)


def _leave(table: Table, gone: tuple[Any, ...]) -> None:
    for start in range(0, len(gone), BATCH):
        rows = table.model._default_manager.filter(pk__in=gone[start : start + BATCH])
        if table.retire is None:
            rows.delete()
        else:
            rows.update(retired_on=table.retire)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
