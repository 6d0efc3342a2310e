"""The same request twice is one act: (actor, key, keyed hash of the body) -> result, in the act's own transaction.

A body holds what a caller told, so nothing is kept of it that could be guessed: the hashes are HMACs under a key that
is not in the database, and go with what is erased of the case.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger import keys
from blockwise.problems import Conflict, Invalid

from ..models import Idempotency

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    class Result(DataclassInstance, Protocol):
        """What an act came to. `again`: the same request was already done, and this is what it came to then."""

        @property
        def case(self) -> int | None: ...
        @property
        def again(self) -> bool: ...

    R = TypeVar("R", bound=Result)
else:
    R = TypeVar("R")

KEPT = timedelta(days=7)
LONGEST_KEY = 80
PURPOSE = "idempotency/1"


def once(made: type[R], actor: str, key: str | None, body: Mapping[str, Any], work: Callable[[], R]) -> R:
    """Do `work` in one transaction; with a key, at most once ever, whoever comes at the same moment."""
    if key is None:
        with transaction.atomic():
            return work()
    marks = _marks(actor, check_key(key), body)
    try:
        with transaction.atomic():
            if done := _earlier(actor, marks):
                return made(**{**done, "again": True})
            result = work()
            _keep(actor, marks, result)
            return result
    except IntegrityError:  # the same key won at the same moment: its result is there now
        if done := _earlier(actor, marks):
            return made(**{**done, "again": True})
        raise


def check_key(key: str) -> str:
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        fix = _("Give 1 to 80 printable ASCII characters, new for each request.")
        raise Invalid(_("This key cannot be used."), where="Idempotency-Key", fix=fix)
    return key


def _marks(actor: str, key: str, body: Mapping[str, Any]) -> dict[str, str]:
    """What is kept of the key, and with it of the body whatever the order of its keys; under each master key of the
    home, the present one first. Two requests with one body share nothing."""
    named = f"{actor}\x00{key}".encode()
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str).encode("utf-8", "surrogatepass")
    return {
        hmac.digest(secret, named, "sha256").hex(): hmac.digest(secret, named + b"\x00" + text, "sha256").hex()
        for secret in keys.derived(PURPOSE)
    }


def _earlier(actor: str, marks: Mapping[str, str]) -> dict[str, Any] | None:
    """The result this key already has; Conflict when it was used with another body."""
    with connection.cursor() as cursor:  # by hand: every change that is made over the API asks this first
        for key, body in marks.items():
            cursor.execute("SELECT body, result FROM cases_idempotency WHERE actor = %s AND key = %s", [actor, key])
            if row := cursor.fetchone():
                return _result(row, body)
    return None


def _result(row: tuple[str, str], body: str) -> dict[str, Any]:
    kept, result = row
    if kept != body:
        fix = _("Use a new key for a new request.")
        raise Conflict(_("This key was used with another request."), where="Idempotency-Key", fix=fix)
    done: dict[str, Any] = json.loads(result)
    return done


def _keep(actor: str, marks: Mapping[str, str], result: R) -> None:
    key, body = next(iter(marks.items()))
    kept = {"result": asdict(result), "case_id": result.case, "created_at": clock.real_now()}
    Idempotency.objects.create(actor=actor, key=key, body=body, **kept)


def old() -> QuerySet[Idempotency]:
    """Rows of seven days ago, unless their case is open or ended less than seven days ago: they are forgotten."""
    over = Q(case=None) | Q(case__final=True, case__end_received_at__lt=clock.now() - KEPT)
    return Idempotency.objects.filter(over, created_at__lt=clock.real_now() - KEPT)


def forget_thread(thread: str) -> None:
    """What was kept of requests that touched the case, in the transaction that erases it."""
    room, _colon, number = thread.partition(":")
    if room == "case":
        Idempotency.objects.filter(case=int(number)).delete()
