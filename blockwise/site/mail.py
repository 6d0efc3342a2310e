"""The city's SMTP server, out of one address: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps:// (TLS from the start),
and with ?plain a server beside this one that takes mail without."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from blockwise.problems import Invalid

PORTS = {"smtp": 587, "smtps": 465}


def mail(address: str, sender: str) -> dict[str, Any]:
    """Django's settings. Invalid for an address that is none, and for a server without the address mail comes from."""
    if not address:
        return {"EMAIL_HOST": ""}
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in PORTS or not host or parts.path.strip("/") or parts.query not in ("", "plain"):
        fix = "Give smtp://USER:PASSWORD@HOST:587, or smtps://… for TLS from the start."
        raise Invalid("This is no SMTP server.", where="BLOCKWISE_SMTP", fix=fix)
    if "@" not in sender:
        fix = "Give name@example.org."
        raise Invalid("Mail needs an address that it comes from.", where="BLOCKWISE_MAIL_FROM", fix=fix)
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.query != "plain",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "DEFAULT_FROM_EMAIL": sender,
    }
