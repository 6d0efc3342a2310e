"""Tokens: a program's way in, as its user, narrowed to scopes. A token is shown once; its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import Unauthenticated

from . import throttle
from .models import ApiToken, User

PREFIX = "bw_"
LONGEST = 128  # characters of an Authorization header that can be one of ours
RATE = 100  # requests a second and token, in each process
FAILURES = 20  # wrong tokens an address may try in a minute


def new_secret() -> str:
    """A token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def digest_in(header: str) -> str:
    """Of the token in an Authorization header that was read before."""
    return digest_of(header.strip().partition(" ")[2].strip())


def read(header: str, address: str) -> str:
    """The digest of the token in an Authorization header. Raises Unauthenticated, TooMany past the rate."""
    scheme, _space, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(PREFIX) or len(header) > LONGEST:
        raise _refused(address)
    digest = digest_in(header)
    throttle.bucket(f"token:{digest}", RATE)
    return digest


def find_all(digests: Collection[str]) -> QuerySet[ApiToken]:
    """Those of the tokens with these digests that are in force, with their users."""
    return ApiToken.objects.filter(_valid(), digest__in=digests).select_related("user")


def find(digest: str, address: str) -> ApiToken:
    """The token that is in force under this digest, with its user. Raises Unauthenticated."""
    token = find_all([digest]).first()
    if token is None:
        raise _refused(address)
    return token


def in_force(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(_valid(), user=user)


def _valid() -> Q:
    """By the machine's time, also in a replay: a token is not part of the story."""
    now = clock.real_now()
    fresh = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Q(revoked_at__isnull=True, user__is_active=True) & fresh


def _refused(address: str) -> Unauthenticated:
    throttle.bucket(f"wrong-token:{throttle.network_of(address)}", FAILURES / 60, burst=FAILURES)
    return Unauthenticated(
        _("This token is not known, has expired or was revoked."),
        where="Authorization",
        fix=_("Make a new one on the page of your tokens, and send it as `Authorization: Bearer <token>`."),
    )
