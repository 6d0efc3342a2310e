"""What was ended for good stays ended when an older backup is restored: each end is noted, and done again there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blockwise import clock
from blockwise.ledger import revocations
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line
from blockwise.ledger.revocations import Ended, Revocation

from . import factors
from .models import ApiToken, Elsewhere, Grant, OneTimeLink, Session, User

RESTORER = "system:restore"


def note_token(token: ApiToken, line: Line) -> None:
    revocations.note("token", token.digest, line)


def note_person(user: User, line: Line) -> None:
    """Shut out or let in: the last of them holds."""
    revocations.note("person", _person(user), line)


def note_password(user: User, line: Line) -> None:
    revocations.note("password", _person(user), line)


def note_elsewhere(known: Elsewhere, line: Line) -> None:
    revocations.note("elsewhere", f"{known.user_id}:{known.name}", line)


def role(given: Grant, line: Line) -> Revocation:
    return revocations.made("role", _role(given), line)


def end_again(noted: list[Revocation], all_known: bool) -> Ended:
    """End what an older database holds in force; every session and one-time link, and every token unless `all_known`
    was ended."""
    OneTimeLink.objects.all().delete()
    done = [one for one in noted if _AGAIN[one.group](one)]
    passwords = (one.subject.partition(":")[2] for one in done if one.group == "password")
    tokens = 0 if all_known else sum(map(_end_token, ApiToken.objects.filter(revoked_at=None).order_by("pk")))
    return Ended(len(done), tuple(sorted(passwords)), Session.objects.all().delete()[0], tokens, not all_known)


def _person(user: User) -> str:
    """Number and login: after a restore either may be given again, but hardly both."""
    return f"{user.pk}:{user.login}"


def _role(given: Grant) -> str:
    return f"{given.pk}:{given.user_id}:{given.role}:{given.block_id}"


def _named(subject: str) -> User | None:
    number, _colon, login = subject.partition(":")
    return User.objects.filter(pk=int(number), login=login).first()


def _token(one: Revocation) -> bool:
    token = ApiToken.objects.filter(digest=one.subject, revoked_at=None).first()
    return token is not None and _end_token(token, one)


def _end_token(token: ApiToken, one: Revocation | None = None) -> bool:
    token.revoked_at = clock.real_now()
    token.save(update_fields=["revoked_at"])
    return _line(token.user_id, "token_revoked", one, token=token.pk)


def _shut_out(one: Revocation) -> bool:
    user = _named(one.subject)
    if user is None or not user.is_active or one.act != "user_shut_out":
        return False
    user.is_active = False
    user.save(update_fields=["is_active"])
    return _line(user.pk, one.act, one)


def _void_password(one: Revocation) -> bool:
    """The new one is in no backup and in no journal; nobody signs in by the old one."""
    user = _named(one.subject)
    if user is None or not user.has_usable_password():
        return False
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return _line(user.pk, "password_voided", one)


def _end_role(one: Revocation) -> bool:
    given = Grant.objects.filter(pk=int(one.subject.partition(":")[0])).first()
    now = clock.now()
    if given is None or _role(given) != one.subject or (given.ends_at and given.ends_at <= now):
        return False
    given.ends_at = now
    given.save(update_fields=["ends_at"])
    return _line(given.user_id, "role_revoked", one, given.block_id, grant=given.pk, role=given.role)


def _factor(one: Revocation) -> bool:
    user = factors.end_again(one.subject)
    return user is not None and _line(user.pk, "factor_removed", one)


def _forget_elsewhere(one: Revocation) -> bool:
    user, _colon, name = one.subject.partition(":")
    found = Elsewhere.objects.filter(user=int(user), name=name)
    return bool(found.delete()[0]) and _line(int(user), "elsewhere_forgotten", one)


_AGAIN: Mapping[str, Callable[[Revocation], bool]] = {
    "token": _token, "person": _shut_out, "password": _void_password, "role": _end_role,
    "factor": _factor, "elsewhere": _forget_elsewhere,
}  # fmt: skip


def _line(user: int, act: str, one: Revocation | None, block: str = "", **data: Any) -> bool:
    """True. `again`: the line that said so in the record that is lost."""
    again = {"again": one.hash} if one else {}
    write([Entry(f"user:{user}", act, RESTORER, block, data | again)])
    return True
