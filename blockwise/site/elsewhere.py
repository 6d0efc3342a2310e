"""Single sign-on by OpenID Connect, out of BLOCKWISE_OIDC_*: where people sign in elsewhere, what of it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from blockwise.access.providers import Provider
from blockwise.problems import Invalid

NEAR = frozenset({"localhost", "127.0.0.1", "::1"})


def provider(environ: Mapping[str, str], *, production: bool) -> Provider | None:
    """None where none is named. Invalid for an address that is none, and for what is missing."""
    issuer = environ.get("BLOCKWISE_OIDC_ISSUER", "")
    if not issuer:
        return None
    host = _host(issuer, production)
    return Provider(
        issuer=issuer,
        client=_given(environ.get("BLOCKWISE_OIDC_CLIENT", ""), "BLOCKWISE_OIDC_CLIENT"),
        secret=_given(environ.get("BLOCKWISE_OIDC_SECRET", ""), "BLOCKWISE_OIDC_SECRET"),
        claim=environ.get("BLOCKWISE_OIDC_CLAIM", "") or "preferred_username",
        factor=frozenset(environ.get("BLOCKWISE_OIDC_FACTOR", "").split()),
        name=environ.get("BLOCKWISE_OIDC_NAME", "") or host,
    )


def _host(issuer: str, production: bool) -> str:
    try:
        parts = urlsplit(issuer)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = parts.scheme == "http" and host in NEAR and not production
    if not host or not (parts.scheme == "https" or plain) or parts.query or parts.fragment or parts.username:
        fix = "Give its issuer as it says it itself, such as https://login.city.example/realms/city."
        raise Invalid("This is no provider of OpenID Connect over TLS.", where="BLOCKWISE_OIDC_ISSUER", fix=fix)
    return host


def _given(text: str, where: str) -> str:
    if not text:
        raise Invalid("It is not set.", where=where, fix="Give what the provider gave for this installation.")
    return text
