"""Keys that never enter the database: master keys, which wrap each thread's own key, and the key that signs seals.

They lie in HOME/keys, mode 0600. BLOCKWISE_MASTER_KEY (base64 of 32 bytes; several with commas between, the present
one first) takes the place of master.json.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, files
from blockwise.ledger.models import DataKey
from blockwise.problems import Problem

NONCE = 12
_MASTERS = "master.json"  # named without its folder: a problem document shows no path


class KeyTrouble(Problem):
    """The keys in the home do not fit what is asked of them."""

    status, code = 503, "key-trouble"


@dataclass(frozen=True)
class Keyring:
    """Master keys by id. `made_at` is the present one's; None where it came from the environment."""

    current: str
    keys: Mapping[str, bytes]
    made_at: datetime | None

    def wrap(self, thread: str, data_key: bytes) -> bytes:
        """A thread's key under the present master key: nonce, then AES-256-GCM bound to the thread."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self.keys[self.current]).encrypt(nonce, data_key, _bound(thread))

    def unwrap(self, thread: str, master: str, wrapped: bytes) -> bytes:
        """The thread's key. KeyTrouble if the master key is not here or is not the one that wrapped it."""
        if master not in self.keys:
            raise _not_here(master)
        try:
            return AESGCM(self.keys[master]).decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(thread))
        except (InvalidTag, ValueError):
            raise KeyTrouble(_("The wrapped key of {thread} was altered.").format(thread=thread)) from None


def derived(purpose: str) -> list[bytes]:
    """A secret of 32 bytes for this purpose alone from each master key, the present one's first (HKDF, RFC 5869)."""
    ring = keyring()
    ordered = sorted(ring.keys, key=lambda name: name != ring.current)
    return [_derived(ring.keys[name], purpose) for name in ordered]


@lru_cache(maxsize=16)
def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"blockwise/{purpose}".encode()).derive(master)


def _not_here(master: str) -> KeyTrouble:
    fix = _("Put back the keys that belong to this database.")
    return KeyTrouble(_("The master key {id} is not in this home.").format(id=master), where=_MASTERS, fix=fix)


def _bound(thread: str) -> bytes:
    return b"blockwise/data-key/1\x00" + thread.encode()


def folder() -> Path:
    return files.home() / "keys"


def _id(key: bytes) -> str:
    return hashlib.sha256(b"blockwise/master-key/1\x00" + key).hexdigest()[:16]


_MEND = _("Put back a whole copy of the file, which its owner may read.")
_read: dict[tuple[Path, int, int], Keyring] = {}


def keyring() -> Keyring:
    """The master keys of now. The first call in a new home makes one; a rotation is noticed at the next call.

    KeyTrouble where the database holds a key that another master key wrapped: one made here would be lost with all it
    seals when the other is put back.
    """
    if ring := held():
        return ring
    path = folder() / _MASTERS
    wrapped = DataKey.objects.filter(wrapped__isnull=False).values_list("master", flat=True).first()
    if wrapped and not path.exists():  # looked for again: another process may have made it, and wrapped with it
        raise _not_here(wrapped)
    files.create(path, _written(_with_new_key({})))
    return keyring()


def absent() -> list[str]:
    """Ids of master keys that wrap keys in this database and are not in this home: what they wrap does not open."""
    ring = held()
    wrapped = DataKey.objects.filter(wrapped__isnull=False)
    used = wrapped.exclude(master__in=ring.keys if ring else ()).order_by("master")
    return list(used.values_list("master", flat=True).distinct())


def held() -> Keyring | None:
    """The master keys that are here; none are made."""
    if given := os.environ.get("BLOCKWISE_MASTER_KEY"):
        return _given(given)
    path = folder() / _MASTERS
    if not path.exists():
        return None
    state = path.stat()
    if state.st_mode & 0o077:
        raise KeyTrouble(_("Others may read the master keys."), where=_MASTERS, fix=f"chmod 600 keys/{_MASTERS}")
    version = (path, state.st_ino, state.st_mtime_ns)
    if version not in _read:
        ring = _parsed(path)
        _read.clear()
        _read[version] = ring
    return _read[version]


def _given(text: str) -> Keyring:
    try:
        keys = [base64.b64decode(part, validate=True) for part in text.split(",")]
    except ValueError:
        keys = [b""]
    if any(len(key) != 32 for key in keys):
        raise KeyTrouble(_("This is not base64 of 32 bytes."), where="BLOCKWISE_MASTER_KEY")
    return Keyring(_id(keys[0]), {_id(key): key for key in keys}, None)


def _parsed(path: Path) -> Keyring:
    try:
        kept = json.loads(path.read_bytes())
        keys = {name: base64.b64decode(key, validate=True) for name, key in kept["keys"].items()}
        ring = Keyring(kept["current"], keys, datetime.fromisoformat(kept["made_at"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        ring = None
    if ring is None or ring.current not in keys or any(_id(key) != name for name, key in keys.items()):
        raise KeyTrouble(
            _("The file of the master keys cannot be read, or is not whole."), where=_MASTERS, fix=_MEND
        ) from None
    return ring


def _with_new_key(keys: Mapping[str, bytes]) -> Keyring:
    key = AESGCM.generate_key(256)
    return Keyring(_id(key), {**keys, _id(key): key}, real_now())


def _written(ring: Keyring) -> bytes:
    keys = {name: base64.b64encode(key).decode() for name, key in ring.keys.items()}
    made_at = canonical.moment(ring.made_at) if ring.made_at else None
    return json.dumps({"current": ring.current, "made_at": made_at, "keys": keys}, indent=1).encode()


def add_master() -> Keyring:
    """Make a new master key the present one; the others stay, to unwrap what they wrapped."""
    ring = keyring()
    _demand_own(ring, _("Put a new key in front of it, with a comma between, and run this again."))
    files.replace(folder() / _MASTERS, _written(_with_new_key(ring.keys)))
    return keyring()


def drop_masters() -> list[str]:
    """Forget every master key but the present one; their ids."""
    ring = keyring()
    _demand_own(ring, _("Take the old keys out of it."))
    old = sorted(set(ring.keys) - {ring.current})
    if old:
        kept = Keyring(ring.current, {ring.current: ring.keys[ring.current]}, ring.made_at)
        files.replace(folder() / _MASTERS, _written(kept))
    return old


def _demand_own(ring: Keyring, fix: object) -> None:
    """KeyTrouble where the keys are not this home's to change."""
    if ring.made_at is None:
        raise KeyTrouble(_("The master key is given by the environment."), where="BLOCKWISE_MASTER_KEY", fix=fix)


def seal_key() -> Ed25519PrivateKey:
    """The key that signs seals; made at the first call, its public half noted in seal.pub."""
    path = folder() / "seal.pem"
    if not path.exists():
        form = serialization.PrivateFormat.PKCS8
        files.create(
            path,
            Ed25519PrivateKey.generate().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
        )
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyTrouble(_("This is not an Ed25519 key."), where=path.name, fix=_MEND)
    know_seal_key(key.public_key().public_bytes_raw().hex())
    return key


def public(key: str) -> Ed25519PublicKey:
    """The public key written in hex. ValueError if it is none."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))


def know_seal_key(key: str) -> None:
    """From now on this home stands behind seals and backups that this public key signed."""
    if key not in known_seal_keys():
        files.append(folder() / "seal.pub", key)


def known_seal_keys() -> list[str]:
    """Public keys (hex) whose seals this home stands behind, the oldest first."""
    path = folder() / "seal.pub"
    return path.read_text().split() if path.exists() else []
