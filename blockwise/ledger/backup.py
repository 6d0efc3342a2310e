"""A backup while the city goes on working: the database, the journals and a signed manifest. Never the keys."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, erase, files, keys, revocations, seals
from blockwise.ledger.journal import Journal
from blockwise.ledger.models import DataKey, Head
from blockwise.ledger.postgresql import run_tool
from blockwise.ledger.standby import NEW
from blockwise.problems import Conflict, Problem

FORMAT = "blockwise-backup-2"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
JOURNALS: tuple[Journal[Any], ...] = (erase.JOURNAL, revocations.JOURNAL)
_PART = ".blockwise-backup-"


def backup(out: Path) -> dict[str, Any]:
    """Write a backup into a new folder (mode 0700); its manifest. Conflict if something is there.

    The keys are not in it: keep HOME/keys elsewhere, or nobody opens what it holds.
    """
    if out.exists():
        raise Conflict(_("There is something there already."), where=str(out), fix=_("Give another name."))
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _beside(out) as part:
        with suppress(seals.UnsealableError):  # what does not verify is to be had, too
            seals.seal_all()
        name, record = DATABASE[connection.vendor], _record()
        (_sqlite if connection.vendor == "sqlite" else _postgresql)(part / name)
        for journal in JOURNALS:
            journal.begin()
            (part / journal.name).write_bytes(journal.path().read_bytes())
        manifest = signed(_manifest(part, [name, *(journal.name for journal in JOURNALS)]) | record)
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1))
        for path in part.iterdir():
            files.settle(path)
        part.rename(out)
        files.settle(out.parent)
    return manifest


def signed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the public half of the home's seal key and its signature."""
    key = keys.seal_key()
    whole = dict(manifest) | {"key": key.public_key().public_bytes_raw().hex()}
    return whole | {"signature": key.sign(_signed_bytes(whole)).hex()}


def signature_holds(manifest: Mapping[str, Any]) -> bool:
    """Whether the signature is right under the key that the manifest names; not whether that key is to be trusted."""
    rest = dict(manifest)
    try:
        signature = bytes.fromhex(rest.pop("signature"))
        keys.public(rest["key"]).verify(signature, _signed_bytes(rest))
    except (InvalidSignature, Problem, ValueError, TypeError, LookupError):
        return False
    return True


def _signed_bytes(manifest: Mapping[str, Any]) -> bytes:
    return b"blockwise/backup/1\x00" + canonical.dumps(canonical.plain(manifest, "manifest")).encode()


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder beside `out`, held by its lock for as long as it is written; what killed backups left goes first."""
    for left in out.parent.glob(f"{_PART}*"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left)
    part = out.with_name(f"{_PART}{os.getpid()}-{os.urandom(4).hex()}")
    part.mkdir(mode=0o700)
    try:
        with _locked(part):
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """OSError where another process holds it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Lower-case hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sqlite(path: Path) -> None:
    """SQLite's online backup in one step: one moment of the database, and writers do not wait for it."""
    source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")


def _postgresql(path: Path) -> None:
    kept = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={NEW}"]
    run_tool(["pg_dump", *kept, f"--file={path}"])


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
