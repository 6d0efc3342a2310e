"""Seals: a signed Merkle root over the lines since the last one. Kept elsewhere, it pins every line up to its last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, files, keys, merkle, numbers
from blockwise.ledger.canonical import JSON
from blockwise.ledger.models import Line, Seal
from blockwise.problems import Conflict, Invalid

MOST_LINES = 65_536
EVERY_S = 60
_SIGNED = ("number", "first_line", "last_line", "root", "previous", "sealed_at", "key")


class UnsealableError(Exception):
    """The record is not whole, or not the one this home sealed; what does not fit must not be signed."""


def make_seal(most: int = MOST_LINES) -> Seal | None:
    """Sign the lines since the last seal, at most `most`; None if there are none.

    Takes no lock: lines never change and are gapless in commit order. When two processes seal at once, the first wins
    and the second gets None. Raises UnsealableError when a line is missing or does not give its hash, and when the
    seal that this home noted is gone.
    """
    _refuse_another_record()
    last = Seal.objects.order_by("number").last()
    first_line = last.last_line + 1 if last else 1
    leaves = _leaves(first_line, most)
    if not leaves:
        return None
    key = keys.seal_key()
    seal = Seal(
        number=last.number + 1 if last else 1,
        first_line=first_line,
        last_line=first_line + len(leaves) // 32 - 1,
        root=merkle.root_of(leaves),
        previous=last.hash if last else "",
        sealed_at=real_now(),
        key=key.public_key().public_bytes_raw().hex(),
        leaves=leaves,
    )
    body = signed_text(public(seal))
    seal.hash = canonical.sha256(body)
    seal.signature = key.sign(_signed_bytes(body)).hex()
    try:
        seal.save(force_insert=True)
    except IntegrityError:
        return None
    transaction.on_commit(lambda: note(public(seal)))
    return seal


def _refuse_another_record() -> None:
    kept = noted()
    if kept and _numbered(kept["number"]) != kept:
        raise UnsealableError(
            f"seal {kept['number']}, noted in {note_path().name} of this home, is not in the database or was made "
            "again; run `blockwise verify`, and remove the note only if this is meant to be another record"
        )


def seal_all(most: int = MOST_LINES) -> int:
    """Make seals until nothing is left unsealed; how many."""
    return sum(sealings(most))


def sealings(most: int = MOST_LINES) -> Iterator[int]:
    """The same seal by seal."""
    while make_seal(most):
        yield 1


def overdue() -> timedelta:
    """How long lines wait for a seal beyond the time that lies between two."""
    return unsealed_for() - timedelta(seconds=EVERY_S)


def unsealed_for() -> timedelta:
    """How long the first line without a seal has been there."""
    sealed = Seal.objects.aggregate(last=Max("last_line"))["last"] or 0
    lines = Line.objects.filter(number__gt=sealed).order_by("number")
    first = lines.values_list("recorded_at", flat=True).first()
    return real_now() - first if first else timedelta()


def _leaves(first_line: int, most: int) -> bytes:
    lines = Line.objects.filter(number__gte=first_line).order_by("number").values_list("number", "canonical", "hash")
    leaves = bytearray()
    for expected, (number, text, digest) in enumerate(lines[:most].iterator(chunk_size=2000), first_line):
        if number != expected or canonical.sha256(text) != digest:
            raise UnsealableError(f"line {expected} is missing or was changed; run `blockwise verify`")
        leaves += bytes.fromhex(digest)
    return bytes(leaves)


def public(seal: Seal) -> dict[str, JSON]:
    """The seal as it is published and kept elsewhere (hash and signature empty before it is signed)."""
    return {
        "number": seal.number,
        "first_line": seal.first_line,
        "last_line": seal.last_line,
        "root": seal.root,
        "previous": seal.previous,
        "sealed_at": canonical.moment(seal.sealed_at),
        "key": seal.key,
        "hash": seal.hash,
        "signature": seal.signature,
    }


def latest() -> dict[str, JSON] | None:
    """The latest seal, public; None before the first."""
    seal = Seal.objects.defer("leaves").order_by("number").last()
    return public(seal) if seal else None


def _numbered(number: int) -> dict[str, JSON] | None:
    seal = Seal.objects.defer("leaves").filter(number=number).first()
    return public(seal) if seal else None


def note_path() -> Path:
    return files.home() / "seal.json"


def note(seal: Mapping[str, JSON] | None) -> None:
    """Keep the seal in the home, too: who can only write to the database cannot take it away. And the last numbers."""
    if seal:
        files.replace(note_path(), json.dumps(seal).encode())
        numbers.note()
    else:
        note_path().unlink(missing_ok=True)
    _coming_path().unlink(missing_ok=True)


def noted() -> dict[str, Any] | None:
    """The seal this home made last, as far as it was noted; None before the first. Invalid if the note is no seal."""
    seal = _read(note_path())
    if _coming_path().exists() and not (seal and is_there(seal)):
        return _read(_coming_path())
    return seal


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        seal = json.loads(path.read_bytes())
        whole = seal is None or (set(seal) == {*_SIGNED, "hash", "signature"} and signature_holds(seal))
    except (ValueError, TypeError):
        whole = False
    if not whole:
        fix = _("Put back a whole copy of the file, which its owner may read.")
        raise Invalid(_("This is no seal, or its own signature is wrong."), where=path.name, fix=fix)
    found: dict[str, Any] | None = seal
    return found


def is_there(seal: Mapping[str, Any]) -> bool:
    """Whether the record in the database holds this seal."""
    there = Seal._meta.db_table in connection.introspection.table_names()
    return there and Seal.objects.filter(number=seal["number"], hash=seal["hash"]).exists()


def _coming_path() -> Path:
    return files.home() / "seal.coming.json"


@contextmanager
def note_changes(coming: Mapping[str, JSON] | None) -> Iterator[None]:
    """Inside, another record takes this one's place, whose latest seal is `coming`: at every moment one note is right.

    Both are in the home until the next is noted, and `noted` believes the one whose record is there: whoever is killed
    inside or behind it leaves either record with its own note.
    """
    files.replace(_coming_path(), json.dumps(coming).encode())
    try:
        yield
    except BaseException:
        _coming_path().unlink(missing_ok=True)
        raise


def refuse_emptied() -> None:
    """Conflict where this home sealed a record and the database holds none: an empty one would take its place."""
    if not (kept := noted()):
        return
    if Line._meta.db_table in connection.introspection.table_names() and Line.objects.exists():
        return
    raise Conflict(
        _("This home sealed a record up to line %d, and the database is empty.") % kept["last_line"],
        where=str(connection.settings_dict["NAME"]),
        fix=_("Restore a backup, or name the right database; for a new record take a new BLOCKWISE_HOME."),
    )


def signed_text(seal: Mapping[str, JSON]) -> str:
    """What hash and signature stand for: the canonical text of a public seal without those two."""
    return canonical.dumps({name: seal[name] for name in _SIGNED})


def signature_holds(seal: Mapping[str, JSON]) -> bool:
    """Whether hash and signature are right under the key the seal names; not whether that key is to be trusted."""
    body = signed_text(seal)
    try:
        keys.public(str(seal["key"])).verify(bytes.fromhex(str(seal["signature"])), _signed_bytes(body))
    except (InvalidSignature, ValueError):
        return False
    return canonical.sha256(body) == seal["hash"]


def _signed_bytes(body: str) -> bytes:
    return b"blockwise/seal/1\x00" + body.encode()
