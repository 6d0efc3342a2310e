"""Second factors, kept and checked by allauth: a code from an app, a passkey, or one of ten codes on paper.

A code from an app counts once, whichever process saw it; a code on paper is gone when it is used. Taking a factor
away, and using a code on paper, is noted beside the database: a restored backup does not bring it back.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import revocations
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Invalid, NotFound

from . import throttle
from .actors import Actor, oneself
from .models import User
from .record import line

if TYPE_CHECKING:
    from django.db.models import QuerySet

Kind = Authenticator.Type
REAL = (Kind.TOTP, Kind.WEBAUTHN)  # codes on paper alone are no factor, only the way back to one
USED_S = 150  # longer than a code from an app is taken


def of(user: User) -> QuerySet[Authenticator]:
    """Everything the user may show besides the password, the oldest first."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user).order_by("pk")
    return found


def has(user: User) -> bool:
    return of(user).filter(type__in=REAL).exists()


def prove(user: User, code: str) -> str:
    """The kind of factor whose code this is, which is used up by it; empty for a wrong or used one."""
    digits = "".join(code.split()).replace("-", "")
    rows = {row.type: row for row in of(user)}
    if (totp := rows.get(Kind.TOTP)) and totp.wrap().validate_code(digits):
        return str(Kind.TOTP.value) if throttle.hit(f"used-code:{user.pk}:{digits}", None, USED_S) == 1 else ""
    if (codes := rows.get(Kind.RECOVERY_CODES)) and codes.wrap().validate_code(digits):
        own = oneself(user)
        with transaction.atomic():
            _note(codes, line(user, "recovery_code_used", own, left=left(user)))
        return str(Kind.RECOVERY_CODES.value)
    return ""


def add_totp(user: User, secret: str, code: str, actor: Actor) -> None:
    """An app whose first code is right. Invalid, or Conflict where there is one already."""
    _demand_own(user, actor)
    digits = "".join(code.split())
    if not validate_totp_code(secret, digits):
        fix = _("Type the code that the app shows now; see that the time of your phone is right.")
        raise Invalid(_("This code is not right."), where="code", fix=fix)
    with transaction.atomic():
        if of(user).filter(type=Kind.TOTP).exists():
            raise Conflict(_("You have such an app already."), fix=_("Remove the old one first."))
        made = TOTP.activate(user, secret).instance
        line(user, "factor_added", actor, kind=Kind.TOTP.value, factor=made.pk)
    throttle.hit(f"used-code:{user.pk}:{digits}", None, USED_S)


def new_codes(user: User, actor: Actor) -> list[str]:
    """Ten codes on paper in place of all earlier ones, shown this once. Conflict for one without a factor."""
    _demand_own(user, actor)
    if not has(user):
        raise Conflict(_("There is no second factor yet."), fix=_("Add an app or a passkey first."))
    with transaction.atomic():
        of(user).filter(type=Kind.RECOVERY_CODES).delete()
        codes: list[str] = RecoveryCodes.activate(user).generate_codes()
        line(user, "recovery_codes_made", actor)
    return codes


def left(user: User) -> int:
    """How many codes on paper are unused."""
    row = of(user).filter(type=Kind.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def remove(user: User, factor: int, actor: Actor) -> None:
    """Take one of one's own factors away; codes on paper go with the last."""
    _demand_own(user, actor)
    with transaction.atomic():
        row = of(user).filter(pk=factor, type__in=REAL).first()
        if row is None:
            raise NotFound(_("There is no such second factor."), where="factor")
        _note(row, line(user, "factor_removed", actor, kind=row.type, factor=row.pk))
        row.delete()
        if not has(user):
            of(user).delete()


def remove_all(user: User, said: Line) -> None:
    """Within the transaction of the line that says so."""
    for row in of(user):
        _note(row, said)
    of(user).delete()


def end_again(subject: str) -> User | None:
    """Take away what a restored database still holds; whose it was, or None where it is not there."""
    number, kind, at = subject.split(":", 2)
    rows = Authenticator.objects.filter(user_id=int(number), type=kind, created_at=datetime.fromisoformat(at))
    row = rows.select_related("user").first()
    if row is None:
        return None
    row.delete()
    user: User = row.user
    return user


def _note(row: Authenticator, said: Line) -> None:
    revocations.note("factor", f"{row.user_id}:{row.type}:{row.created_at.isoformat()}", said)


def _demand_own(user: User, actor: Actor) -> None:
    if actor.id != f"user:{user.pk}" or actor.scopes is not None:
        raise NotFound(_("There is no such second factor."), where="factor")
