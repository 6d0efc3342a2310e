"""What is sealed under a thread's own key: contacts, free text, exact points. The line carries only a salted digest.

digest = SHA-256("blockwise/sealed/1" || 00 || salt || canonical JSON); the 32-byte salt is sealed with the value, so
that once the key is destroyed the digest says nothing, not even to somebody who guesses the text.
There is no cache of keys: an unwrapping costs microseconds, and a key kept would outlive its erasure.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, keys
from blockwise.ledger.canonical import JSON
from blockwise.ledger.keys import NONCE
from blockwise.ledger.models import DataKey, Sealed
from blockwise.problems import NotFound, Problem

Pair = tuple[str, str]
_SALT = 32
_LOCKED = b"blockwise/locked/1\x00"
_A_QUERY = 200


class Erased(Problem):
    """The thread's key was destroyed; its texts are gone for good."""

    status, code = 410, "erased"


class NotThere(NotFound):
    """No such sealed text, or one that no longer opens because it was altered."""

    code = "sealed-text-not-there"


def seal(thread: str, name: str, value: JSON) -> str:
    """Seal one value under the thread's key, inside the caller's transaction; its digest (hex) for the line."""
    return seal_many(thread, {name: value})[name]


def seal_many(thread: str, values: Mapping[str, JSON]) -> dict[str, str]:
    """Seal each named value; name -> digest. Makes the thread's key on first use. Erased if it was destroyed."""
    texts = [salted(name, value) for name, value in values.items()]
    keep(thread, texts)
    return {text.name: text.digest for text in texts}


@dataclass(frozen=True)
class Salted:
    """A named value ready to be sealed: its digest is known before its thread has to be."""

    name: str
    inside: bytes  # the salt and the value's canonical JSON
    digest: str


def salted(name: str, value: JSON) -> Salted:
    inside = os.urandom(_SALT) + canonical.dumps(canonical.plain(value, name)).encode()
    return Salted(name, inside, _digest(inside))


def keep(thread: str, texts: Sequence[Salted], *, new: bool = False) -> None:
    """Seal what was salted. `new`: the thread is, so no key is looked for (and IntegrityError if there is one)."""
    if texts:
        key = _new_key(thread) if new else key_for(thread)
        Sealed.objects.bulk_create([_sealed(key, thread, text) for text in texts])


def open_(thread: str, digest: str) -> JSON:
    """The value under this digest. Raises Erased, NotThere, or KeyTrouble when the master key is not at hand."""
    row = Sealed.objects.filter(thread=thread, digest=digest).first()
    key = DataKey.objects.filter(thread=thread).first()
    if key and key.wrapped is None:
        raise _erased(thread)
    if row is None or key is None:
        raise NotThere(_("There is no such sealed text."), where=thread)
    value = unsealed(unwrapped(key), row)
    if value is Unopened:
        raise NotThere(_("The sealed text was altered and does not open."), where=thread)
    return value  # type: ignore[return-value]  # the sentinel is gone


def lock(thread: str, text: str) -> str:
    """The text under the thread's key, to be kept by the caller: base64, and bound to the thread."""
    nonce = os.urandom(NONCE)
    box = nonce + AESGCM(key_for(thread)).encrypt(nonce, text.encode(), _LOCKED + thread.encode())
    return base64.b64encode(box).decode()


def unlock(thread: str, locked: str) -> str:
    """The text that `lock` put under the thread's key. Raises Erased, NotThere for one that was altered, KeyTrouble."""
    box = base64.b64decode(locked)
    try:
        return AESGCM(key_for(thread)).decrypt(box[:NONCE], box[NONCE:], _LOCKED + thread.encode()).decode()
    except (InvalidTag, ValueError):
        raise NotThere(_("The sealed text was altered and does not open."), where=thread) from None


class Unopened:
    """Stands for the value of a text that does not open: it, or its thread's key, was damaged or is not there."""


def open_many(pairs: Iterable[Pair]) -> dict[Pair, JSON | type[Unopened]]:
    """The values under these (thread, digest); None for one that was erased, Unopened for one that does not open, so
    that it takes no other with it. Few queries."""
    wanted = list(dict.fromkeys(pairs))
    found: dict[Pair, JSON | type[Unopened]] = dict.fromkeys(wanted, Unopened)
    for some in _batches(wanted):
        threads = {thread for thread, digest in some}
        kept = list(DataKey.objects.filter(thread__in=threads))
        erased = {key.thread for key in kept if key.wrapped is None}
        found |= {pair: None for pair in some if pair[0] in erased}
        data_keys = _unwrapped([key for key in kept if key.wrapped is not None])
        digests = {digest for thread, digest in some}
        for row in Sealed.objects.filter(thread__in=data_keys, digest__in=digests):
            if (row.thread, row.digest) in found:
                found[row.thread, row.digest] = unsealed(data_keys[row.thread], row)
    return found


def _unwrapped(kept: Iterable[DataKey]) -> dict[str, bytes]:
    """Thread to key, of those that unwrap."""
    found, ring = {}, None
    for key in kept:
        ring = ring or keys.keyring()  # looked for once: there may be hundreds of threads
        with suppress(keys.KeyTrouble):
            found[key.thread] = unwrapped(key, ring)
    return found


def unwrapped(key: DataKey, ring: keys.Keyring | None = None) -> bytes:
    """The thread's own key, in the clear; never keep it longer than the call that needs it."""
    return (ring or keys.keyring()).unwrap(key.thread, key.master, bytes(key.wrapped or b""))


def unsealed(data_key: bytes, row: Sealed) -> JSON | type[Unopened]:
    """The row's value, or Unopened if ciphertext, thread, name or digest is not what was sealed together."""
    box = bytes(row.ciphertext)
    try:
        inside = AESGCM(data_key).decrypt(box[:NONCE], box[NONCE:], _bound(row.thread, row.name, row.digest))
    except (InvalidTag, ValueError):
        return Unopened
    if _digest(inside) != row.digest:
        return Unopened
    value: JSON = json.loads(inside[_SALT:])
    return value


def key_for(thread: str) -> bytes:
    """The thread's own key, made if it has none. Erased if it was destroyed."""
    key = DataKey.objects.filter(thread=thread).first()
    if key is None:
        _new_key(thread, ignore_conflicts=True)
        key = DataKey.objects.get(thread=thread)  # another's, if both came at once
    if key.wrapped is None:
        raise _erased(thread)
    return unwrapped(key)


def _new_key(thread: str, *, ignore_conflicts: bool = False) -> bytes:
    ring, made = keys.keyring(), AESGCM.generate_key(256)
    key = DataKey(thread=thread, wrapped=ring.wrap(thread, made), master=ring.current, created_at=real_now())
    DataKey.objects.bulk_create([key], ignore_conflicts=ignore_conflicts)
    return made


def _sealed(data_key: bytes, thread: str, text: Salted) -> Sealed:
    nonce = os.urandom(NONCE)
    box = nonce + AESGCM(data_key).encrypt(nonce, text.inside, _bound(thread, text.name, text.digest))
    return Sealed(thread=thread, name=text.name, digest=text.digest, ciphertext=box)


def _digest(salted: bytes) -> str:
    return hashlib.sha256(b"blockwise/sealed/1\x00" + salted).hexdigest()


def _bound(thread: str, name: str, digest: str) -> bytes:
    return canonical.dumps(["blockwise/sealed/1", thread, name, digest]).encode()


def _erased(thread: str) -> Erased:
    return Erased(_("This was erased and cannot be brought back."), where=thread)


def _batches(pairs: list[Pair]) -> Iterator[list[Pair]]:
    rest = iter(pairs)
    while some := list(islice(rest, _A_QUERY)):
        yield some
