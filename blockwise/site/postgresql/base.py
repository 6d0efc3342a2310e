"""Django's PostgreSQL, which commits no change of a proven row that no line says."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from blockwise.changes import refuse_unrecorded


class DatabaseWrapper(base.DatabaseWrapper):
    def _commit(self) -> Any:
        refuse_unrecorded(self)
        return super()._commit()  # type: ignore[misc]  # not in the stubs
