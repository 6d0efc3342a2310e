"""Bring a backup back: what was erased or ended since is so again, and the whole record is verified.

A backup is believed by its signature: nothing is changed before that was found right, under a key that is known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import begin, erase, keys, numbers, revocations, seals, standby, triggers, wrong_backup
from blockwise.ledger.backup import DATABASE, FORMAT, JOURNALS, sha256_of, signature_holds
from blockwise.ledger.canonical import JSON
from blockwise.ledger.check import Held, Report
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line, Seal
from blockwise.ledger.revocations import Ended
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Invalid


@dataclass(frozen=True)
class Restored:
    """What came of it.

    `keys_missing`: ids of master keys the backup needs that are not in this home; without, no server starts here.
    `unknown_seal_keys`: public keys that signed seals of the backup, where neither this home nor a seal kept elsewhere
    vouches for them. `lost`: the seal that this home had noted, if the backup does not hold it.
    """

    report: Report
    erased_again: int
    ended: Ended
    keys_missing: list[str]
    unknown_seal_keys: list[str]
    lost: dict[str, Any] | None


def restore(source: Path, actor: str, *, over: bool = False, held: Held | None = None) -> Restored:
    """Put the backup in the place of this installation's database; stop the server first.

    Conflict if a database with lines is there, unless `over`. Invalid if the backup is not whole, is of the other
    engine or is not signed by a key that this home or a seal kept elsewhere (`held`) knows. What the backup and this
    home noted as erased or ended is so again before anything is verified; all sessions end.
    """
    manifest = _checked(source, held)
    there = _refuse_over_lines(over)
    noted = seals.noted()
    numbers_before = numbers.noted() | (numbers.given() if there else {})
    all_known = noted is not None and revocations.JOURNAL.path().exists()
    served = wrong_backup.served() if there else None
    with standby.beside(source / DATABASE[connection.vendor]) as exchange:
        call_command("migrate", verbosity=0, interactive=False)
        if there:
            wrong_backup.refuse(served, _keys_of(held))
        triggers.install()
        numbers.go_on_behind(numbers_before)
        for journal in JOURNALS:
            journal.take_over(journal.noted(source))
        erased_again = erase.finish()
        with transaction.atomic():
            ended = revocations.end_again(revocations.JOURNAL.noted(), all_known=all_known)
            data = {"made_at": manifest["made_at"], "erased_again": erased_again, "ended": _counts(ended)}
            write([Entry("system", "restored", actor, data=data)])
        begin.begin()
        lost = noted if noted and not seals.is_there(noted) else None
        last = seals.latest()
        with seals.note_changes(last if last and seals.signature_holds(last) else None):
            exchange()
    report = verify_database(held, restored=True)
    signed_by = set(Seal.objects.values_list("key", flat=True).distinct())
    if report.ok:
        _settle(signed_by)
    else:
        seals.note(None)
    unknown = [] if report.ok else sorted(signed_by - set(keys.known_seal_keys()) - _keys_of(held))
    return Restored(report, erased_again, ended, keys.absent(), unknown, lost)


def _counts(ended: Ended) -> dict[str, JSON]:
    return {"again": ended.again, "sessions": ended.sessions, "tokens": ended.tokens}


def _settle(signed_by: set[str]) -> None:
    """Known keys or a seal kept elsewhere vouch for every seal: from now on this home does."""
    for key in sorted(signed_by):
        keys.know_seal_key(key)
    seals.note(seals.latest())


def _keys_of(held: Held | None) -> set[str]:
    return {str(seal["key"]) for seal in (held or {}).values()}


def _checked(source: Path, held: Held | None) -> dict[str, Any]:
    path = source / "manifest.json"
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict):
        raise Invalid(_("This is no backup: it has no readable manifest."), where=str(path))
    _refuse_unfit(manifest, path)
    _refuse_unsigned(manifest, path, held)
    for name in (DATABASE[connection.vendor], *(journal.name for journal in JOURNALS)):
        noted = manifest["files"].get(name, {}).get("sha256")
        if not (source / name).is_file() or sha256_of(source / name) != noted:
            raise Invalid(_("The backup is not whole: a file is missing or altered."), where=str(source / name))
    return manifest


def _refuse_unfit(manifest: Mapping[str, Any], path: Path) -> None:
    if manifest.get("format") != FORMAT:
        fix = _("Restore it with the version that made it, {version}, then upgrade.").format(
            version=manifest.get("version")
        )
        raise Invalid(_("The backup is of another version and bears no signature."), where=str(path), fix=fix)
    if manifest.get("engine") != connection.vendor:
        raise Invalid(
            _("The backup is of {engine}, this installation runs on {vendor}.").format(
                engine=manifest.get("engine"), vendor=connection.vendor
            ),
            where=str(path),
        )


def _refuse_unsigned(manifest: Mapping[str, Any], path: Path, held: Held | None) -> None:
    if not signature_holds(manifest):
        raise Invalid(_("The manifest was altered: its signature is wrong."), where=str(path))
    if manifest["key"] not in {*keys.known_seal_keys(), *_keys_of(held)}:
        fix = _("Put the old home's seal.pub (and seal.pem) into keys/, or give a seal kept elsewhere with --seal.")
        what = _("The backup is signed by a key that this home does not know: {key}.").format(key=manifest["key"])
        raise Invalid(what, where=str(path), fix=fix)


def _refuse_over_lines(over: bool) -> bool:
    """Whether a record is here that may be lost."""
    there = Line._meta.db_table in connection.introspection.table_names() and Line.objects.exists()
    if there and not over:
        named = os.environ.get("DATABASE_URL")
        raise Conflict(
            _("There is a database with a record here already."),
            where="DATABASE_URL" if named else str(connection.settings_dict["NAME"]),
            fix=_("Say --over to lose it, or name an empty database in DATABASE_URL.")
            if named
            else _("Say --over to lose it, or set BLOCKWISE_HOME to an empty folder."),
        )
    return there
