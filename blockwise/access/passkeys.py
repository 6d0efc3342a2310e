"""Passkeys as a second factor, by allauth and WebAuthn. What is asked lies in the session and counts once."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from . import factors
from .actors import Actor
from .models import User
from .record import line
from .texts import plain

LONGEST = 20_000  # characters of what a browser answers
_FAULTS = (ValidationError, InvalidSignature, ValueError, TypeError, LookupError, AttributeError, struct.error)


def asked_to_make(user: User) -> Mapping[str, Any]:
    """What the browser is asked when a passkey is to be made."""
    asked: Mapping[str, Any] = webauthn.begin_registration(user, passwordless=False)
    return asked


def asked_to_show(user: User) -> Mapping[str, Any] | None:
    """What it is asked when one is to be shown; None for a user without."""
    if not factors.of(user).filter(type=factors.Kind.WEBAUTHN).exists():
        return None
    asked: Mapping[str, Any] = webauthn.begin_authentication(user)
    return asked


def add(user: User, name: str, answer: str, actor: Actor) -> None:
    """The passkey that the browser made. Invalid for an answer to another question, or to another server."""
    said = plain(name, "name", 60)
    try:
        credential = _parsed(answer)
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except _FAULTS as error:
        fix = _("Open the page again and try once more.")
        raise Invalid(_("The passkey was not taken."), where="credential", fix=fix) from error
    with transaction.atomic():
        made = webauthn.WebAuthn.add(user, said, credential).instance
        line(user, "factor_added", actor, kind=factors.Kind.WEBAUTHN.value, factor=made.pk)


def prove(user: User, answer: str) -> str:
    """The kind of factor, or empty where the answer is not of a passkey of this user to what was asked last."""
    try:
        webauthn.complete_authentication(user, _parsed(answer)).record_usage()
    except _FAULTS:
        return ""
    finally:
        webauthn.clear_state()
    return str(factors.Kind.WEBAUTHN.value)


def _parsed(answer: str) -> dict[str, Any]:
    found = json.loads(answer) if len(answer) <= LONGEST else None
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  (one of _FAULTS, as all that is wrong with it)
    return found
