"""A new master key: every thread's key is wrapped again under it, in small steps that can be taken up after a crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import erase, keys, wipe
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import DataKey
from blockwise.problems import Conflict

_A_STEP = 500
_SETTLES = timedelta(minutes=1)  # in which every running process has come to use the new key


def _behind(current: str) -> QuerySet[DataKey]:
    return DataKey.objects.filter(wrapped__isnull=False).exclude(master=current)


def give_up(actor: str, progress: Callable[[int], None] = lambda done: None) -> int:
    """Erase, for good, each thread whose key was wrapped by a master key that this home does not have; how many."""
    lost = DataKey.objects.filter(wrapped__isnull=False, master__in=keys.absent()).order_by("thread")
    done = 0
    for thread in list(lost.values_list("thread", flat=True)):
        done += erase.erase(thread, actor, "its master key is lost") is not None
        progress(done)
    return done


def rotate(actor: str, progress: Callable[[int], None] = lambda done: None) -> int:
    """Wrap every thread's key under a new master key; how many. One that was interrupted is finished instead.

    The old master keys stay until `forget`: backups made before can only be opened with them.
    """
    ring = keys.keyring()
    if not _behind(ring.current).exists():
        ring = keys.add_master()
    done = 0
    while step := _rewrap(ring):
        done += step
        progress(done)
    with transaction.atomic():
        write([Entry("system", "keys_rotated", actor, data={"master": ring.current, "keys": done})])
    wipe.empty_log()
    return done


def _rewrap(ring: keys.Keyring) -> int:
    with transaction.atomic():
        step = list(_behind(ring.current).select_for_update().order_by("thread")[:_A_STEP])
        for key in step:
            data_key = ring.unwrap(key.thread, key.master, bytes(key.wrapped or b""))
            key.wrapped, key.master = ring.wrap(key.thread, data_key), ring.current
        DataKey.objects.bulk_update(step, ["wrapped", "master"])
    return len(step)


def forget(actor: str) -> list[str]:
    """Remove the old master keys from the home; their ids. What they wrapped in old backups never opens again.

    Conflict while a thread still needs one, or within a minute of the rotation.
    """
    ring = keys.keyring()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE ledger_datakey IN SHARE MODE")
        if _behind(ring.current).exists():
            raise Conflict(_("Some threads still need an old master key."), fix=_("Run `blockwise keys rotate`."))
        if ring.made_at and real_now() - ring.made_at < _SETTLES:
            raise Conflict(_("The new master key is too young."), fix=_("Try again in a minute."))
        old = keys.drop_masters()
        write([Entry("system", "keys_forgotten", actor, data={"masters": old})])
    return old
