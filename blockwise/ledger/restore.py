"""Bring a backup back: its erasures are done again, its triggers put back, and the whole record is verified."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import erase, keys, seals, triggers
from blockwise.ledger.backup import DATABASE, FORMAT, run_tool, sha256_of
from blockwise.ledger.check import Held, Report
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line, Seal
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
    keys_missing: list[str]
    unknown_seal_keys: list[str]
    lost: dict[str, Any] | None


def restore(source: Path, actor: str, *, over: bool = False, held: Held | None = None) -> Restored:
    """Put the backup in the place of this installation's database; stop the server first.

    Conflict if a database with lines is there, unless `over`. Invalid if the backup is not whole or is of the other
    engine. Erasures noted in the backup and in this home are done again before anything is verified.
    """
    manifest = _checked(source)
    _refuse_over_lines(over)
    noted = seals.noted()
    connection.close()
    database = source / DATABASE[connection.vendor]
    (_sqlite if connection.vendor == "sqlite" else _postgresql)(database)
    call_command("migrate", verbosity=0, interactive=False)
    triggers.install()
    _keep_noted(source)
    erased_again = erase.finish()
    with transaction.atomic():
        write([Entry("system", "restored", actor, data={"made_at": manifest["made_at"], "erased_again": erased_again})])
    lost = noted if noted and not Seal.objects.filter(number=noted["number"], hash=noted["hash"]).exists() else None
    seals.note_path().unlink(missing_ok=True)  # it was of the record that went
    report = verify_database(held)
    signed_by = set(Seal.objects.values_list("key", flat=True).distinct())
    if report.ok:
        _settle(signed_by)
    unknown = [] if report.ok else sorted(signed_by - set(keys.known_seal_keys()) - _keys_of(held))
    return Restored(report, erased_again, keys.absent(), unknown, lost)


def _settle(signed_by: set[str]) -> None:
    """Known keys or a seal kept elsewhere vouch for every seal: from now on this home does."""
    for key in sorted(signed_by):
        keys.know_seal_key(key)
    if last := seals.latest():
        seals.note(last)


def _keys_of(held: Held | None) -> set[str]:
    return {str(seal["key"]) for seal in (held or {}).values()}


def _checked(source: Path) -> dict[str, Any]:
    path = source / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        raise Invalid(_("This is no backup: it has no readable manifest."), where=str(path)) from None
    if manifest.get("format") != FORMAT or manifest.get("engine") != connection.vendor:
        raise Invalid(
            _("The backup is of {engine}, this installation runs on {vendor}.").format(
                engine=manifest.get("engine"), vendor=connection.vendor
            ),
            where=str(path),
        )
    for name in (DATABASE[connection.vendor], "erasures.jsonl"):
        noted = manifest.get("files", {}).get(name, {}).get("sha256")
        if not (source / name).is_file() or sha256_of(source / name) != noted:
            raise Invalid(_("The backup is not whole: a file is missing or altered."), where=str(source / name))
    return manifest


def _refuse_over_lines(over: bool) -> None:
    there = Line._meta.db_table in connection.introspection.table_names() and Line.objects.exists()
    if there and not over:
        raise Conflict(
            _("There is a database with a record here already."),
            where=str(connection.settings_dict["NAME"]),
            fix=_("Say --over to lose it, or set BLOCKWISE_HOME to an empty folder."),
        )


def _sqlite(database: Path) -> None:
    path = Path(connection.settings_dict["NAME"])
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.restored")
    shutil.copyfile(database, part)
    for left in (f"{path}-wal", f"{path}-shm"):
        Path(left).unlink(missing_ok=True)
    part.replace(path)


def _postgresql(database: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    name = connection.settings_dict["NAME"]
    run_tool(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={name}", str(database)])


def _keep_noted(source: Path) -> None:
    """Erasures that only the backup knew of belong in this home's journal, too."""
    known = set(erase.noted(erase.journal()))
    for erasure in erase.noted(source / "erasures.jsonl"):
        if erasure not in known:
            erase.note(erasure)
