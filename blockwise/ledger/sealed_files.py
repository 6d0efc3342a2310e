"""Files in the vault: each sealed whole under its thread's key, and named by the hash of what is stored.

The key and the nonce are random, so that the name says nothing of what is inside, and nobody who guesses it can tell.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import vault
from blockwise.ledger.keys import NONCE
from blockwise.ledger.models import DataKey, SealedFile
from blockwise.problems import NotFound

_BOUND = b"blockwise/file/1\x00"


def keep(thread: str, content: bytes) -> str:
    """Seal it inside the caller's transaction; its name. Erased if the thread's key was destroyed."""
    DataKey.objects.select_for_update().filter(thread=thread).first()  # an erasure at the same moment takes it along
    nonce = os.urandom(NONCE)
    box = nonce + AESGCM(vault.key_for(thread)).encrypt(nonce, content, _BOUND + thread.encode())
    name = named(box)
    SealedFile.objects.create(name=name, thread=thread, box=box)
    return name


def named(box: bytes) -> str:
    return hashlib.sha256(box).hexdigest()


def open_(thread: str, name: str) -> bytes:
    """What was kept under this name. Erased, NotFound for one that is not there or was altered, KeyTrouble."""
    key = vault.key_for(thread)
    content = _opened(thread, key, SealedFile.objects.filter(thread=thread, name=name))
    if name not in content:
        raise NotFound(_("This file is not there any more, or was altered."), where="name")
    return content[name]


def open_many(thread: str, names: Iterable[str]) -> dict[str, bytes]:
    """Those of small files that open; nothing once the thread was erased. Two queries."""
    wanted = list(names)
    alive = wanted and DataKey.objects.filter(thread=thread, wrapped__isnull=False).exists()
    if not alive:
        return {}
    return _opened(thread, vault.key_for(thread), SealedFile.objects.filter(thread=thread, name__in=wanted))


def _opened(thread: str, key: bytes, rows: Iterable[SealedFile]) -> dict[str, bytes]:
    found = {}
    for row in rows:
        box = bytes(row.box)
        try:
            found[row.name] = AESGCM(key).decrypt(box[:NONCE], box[NONCE:], _BOUND + thread.encode())
        except (InvalidTag, ValueError):
            continue
    return found


def drop(names: Iterable[str]) -> None:
    """Delete files that no line names yet."""
    SealedFile.objects.filter(name__in=list(names)).delete()


def count(thread: str) -> int:
    return SealedFile.objects.filter(thread=thread).count()


def misfit(thread: str, name: str) -> bool:
    """Whether it is not there, or not stored as its name says."""
    box = SealedFile.objects.filter(thread=thread, name=name).values_list("box", flat=True).first()
    return box is None or named(bytes(box)) != name
