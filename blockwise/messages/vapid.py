"""By what push services know this installation (VAPID, RFC 8292): a key of its own, made once in its home."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger import files, keys

from .push_cipher import encoded, point_of

HOLDS = timedelta(hours=12)  # of the 24 that RFC 8292 allows


def public_key() -> str:
    """What a browser asks its push service with: the subscription is for whoever holds the other half."""
    return encoded(point_of(_key().public_key()))


def authorization(endpoint: str) -> str:
    """Of a request to this endpoint; with whom to turn to, where that is set up."""
    parts = urlsplit(endpoint)
    expires = int((clock.real_now() + HOLDS).timestamp())
    claims: dict[str, object] = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires}
    if contact := _contact():
        claims["sub"] = contact
    said = ".".join(encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    first, second = decode_dss_signature(_key().sign(said.encode(), ec.ECDSA(SHA256())))
    signature = first.to_bytes(32, "big") + second.to_bytes(32, "big")
    return f"vapid t={said}.{encoded(signature)}, k={public_key()}"


def _contact() -> str:
    if settings.URL.startswith("https://"):
        return str(settings.URL)
    return f"mailto:{settings.DEFAULT_FROM_EMAIL}" if settings.EMAIL_HOST else ""


def _key() -> ec.EllipticCurvePrivateKey:
    """Made at the first call. With another key every browser would have to ask again."""
    path = _path()
    if not path.exists():
        form = serialization.PrivateFormat.PKCS8
        made = ec.generate_private_key(ec.SECP256R1())
        files.create(path, made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        fix = _("Put back a whole copy of the file, which its owner may read.")
        raise keys.KeyTrouble(_("This is no key of P-256."), where=path.name, fix=fix)
    return key


def _path() -> Path:
    return keys.folder() / "push.pem"
