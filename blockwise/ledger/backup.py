"""A backup while the city goes on working: the database, the journal of erasures and a manifest. Never the keys."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, erase, seals
from blockwise.ledger.models import DataKey, Head
from blockwise.problems import Conflict, Problem

FORMAT = "blockwise-backup-1"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


class ToolTrouble(Problem):
    """PostgreSQL's own tools are missing or refused."""

    status, code = 503, "tool-trouble"


def backup(out: Path) -> dict[str, Any]:
    """Write a backup into a new folder (mode 0700); its manifest. Conflict if something is there.

    The keys are not in it: keep HOME/keys elsewhere, or nobody opens what it holds.
    """
    if out.exists():
        raise Conflict(_("There is something there already."), where=str(out), fix=_("Give another name."))
    part = out.with_name(f".{out.name}.part-{os.getpid()}")
    part.mkdir(mode=0o700, parents=True)
    try:
        name, record = DATABASE[connection.vendor], _record()
        (_sqlite if connection.vendor == "sqlite" else _postgresql)(part / name)
        (part / "erasures.jsonl").write_bytes(erase.journal().read_bytes() if erase.journal().exists() else b"")
        manifest = _manifest(part, [name, "erasures.jsonl"]) | record
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1))
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def sha256_of(path: Path) -> str:
    """Lower-case hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def postgresql_environment() -> dict[str, str]:
    """What pg_dump and pg_restore need to reach this database; the password is never an argument others could see."""
    at = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    return {**os.environ, **{name: str(at[ours]) for name, ours in names.items() if at[ours]}}


def run_tool(arguments: list[str]) -> None:
    """Run one of PostgreSQL's tools. ToolTrouble with what it said if it is not installed or fails."""
    if not (tool := shutil.which(arguments[0])):
        fix = _("Install Debian's postgresql-client, of the server's version.")
        raise ToolTrouble(_("This program is not there."), where=arguments[0], fix=fix)
    done = subprocess.run(  # noqa: S603  (fixed arguments, no shell)
        [tool, *arguments[1:]], env=postgresql_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolTrouble(done.stderr.strip() or _("It failed."), where=arguments[0])


def _sqlite(path: Path) -> None:
    """SQLite's online backup in one step: one moment of the database, and writers do not wait for it."""
    source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _postgresql(path: Path) -> None:
    run_tool(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}"])


def _manifest(folder: Path, names: list[str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": version("blockwise"),
        "made_at": canonical.moment(real_now()),
        "engine": connection.vendor,
        "files": {
            name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size} for name in names
        },
    }


def _record() -> dict[str, Any]:
    """Taken before the copy: the copy holds at least these lines and this seal."""
    wrapped = DataKey.objects.filter(wrapped__isnull=False)
    return {
        "lines": Head.objects.values_list("number", flat=True).get(pk=1),
        "seal": seals.latest(),
        "master_keys": sorted(set(wrapped.values_list("master", flat=True))),
    }
