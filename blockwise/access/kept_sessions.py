"""Django's sessions in the database (SESSION_ENGINE), with whose each is and when a hand last used it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as Kept

from blockwise import clock


class SessionStore(Kept):
    used_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from .models import Session

        return Session

    def create(self) -> None:
        self.used_at = None
        super().create()

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]  # the stubs leave it out
        self.used_at = row.used_at if row else None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.used_at = self.used_at = self.used_at or clock.real_now()
        return row
