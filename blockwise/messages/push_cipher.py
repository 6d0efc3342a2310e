"""What a browser is told, so that its push service cannot read it (RFC 8291 over RFC 8188, one record)."""

from __future__ import annotations

import base64
import binascii
import os
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

RECORD = 4096  # bytes of a record, header and tag with it; a push service takes no more
LAST = b"\x02"  # what ends the text of the last record


class Browser(NamedTuple):
    """What a subscription gives to tell it something: its public key as a point, and its secret."""

    point: bytes
    secret: bytes


def browser(point: str, secret: str) -> Browser:
    """As the browser wrote them (base64url). Invalid for anything that is no point of P-256 with 16 bytes of secret."""
    try:
        found = Browser(decoded(point), decoded(secret))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.point)
    except (ValueError, binascii.Error):
        found = Browser(b"", b"")
    if len(found.point) != 65 or len(found.secret) != 16:
        raise Invalid(_("The browser gave no keys that can be used."), where="keys", fix=_("Ask for it again."))
    return found


def encrypted(text: bytes, to: Browser, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"") -> bytes:
    """One record that this browser alone can open. `own` and `salt` are drawn anew for each unless they are given."""
    own, salt = own or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    mine = point_of(own.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.point)
    shared = own.exchange(ec.ECDH(), theirs)
    secret = _derived(32, to.secret, b"WebPush: info\x00" + to.point + mine, shared)
    key = _derived(16, salt, b"Content-Encoding: aes128gcm\x00", secret)
    nonce = _derived(12, salt, b"Content-Encoding: nonce\x00", secret)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return head + AESGCM(key).encrypt(nonce, text + LAST, None)


def _derived(length: int, salt: bytes, purpose: bytes, secret: bytes) -> bytes:
    return HKDF(SHA256(), length, salt, purpose).derive(secret)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(content: bytes) -> str:
    """Base64url without padding, as all of Web Push writes it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
