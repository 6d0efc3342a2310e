"""The same request twice is one act: (actor, key, hash of the body) -> result, in the act's own transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import Conflict, Invalid

from .models import Idempotency

KEPT = timedelta(days=7)
LONGEST_KEY = 80


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body, whatever the order of its keys."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_key(key: str) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        fix = _("Give 1 to 80 printable ASCII characters, new for each request.")
        raise Invalid(_("This key cannot be used."), where="Idempotency-Key", fix=fix)
    return key


def earlier(actor: str, key: str, body: str) -> dict[str, Any] | None:
    """The result this key already has; Conflict when it was used with another body."""
    with connection.cursor() as cursor:  # by hand: every change that is made over the API asks this first
        cursor.execute("SELECT body, result FROM cases_idempotency WHERE actor = %s AND key = %s", [actor, key])
        row = cursor.fetchone()
    if row is None:
        return None
    kept, result = row
    if kept != body:
        fix = _("Use a new key for a new request.")
        raise Conflict(_("This key was used with another request."), where="Idempotency-Key", fix=fix)
    done: dict[str, Any] = json.loads(result)
    return done


def keep(actor: str, key: str, body: str, result: Mapping[str, Any]) -> None:
    Idempotency.objects.create(actor=actor, key=key, body=body, result=dict(result), created_at=clock.real_now())


def forget_old() -> int:
    return Idempotency.objects.filter(created_at__lt=clock.real_now() - KEPT).delete()[0]
