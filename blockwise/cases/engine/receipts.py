"""What whoever reported a case holds: a code, by which they follow it and do the acts that are a reporter's.

The code is sealed with the case, so that it opens nothing any more once that is erased. Nobody else is shown by it.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from blockwise.access import throttle
from blockwise.access.actors import Actor, Held
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line
from blockwise.problems import NotFound
from blockwise.rooms import Role

from ..kinds.model import Kind, Words
from ..models import Case

NAME = "receipt"  # of what is sealed
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
LENGTH = 10  # 49 bits
OF_NETWORK = (600, 3600)  # at most so many wrong ones in so many seconds: 10**8 years for one case
ACTS = (50, 86_400)  # at most so many tries to act by one receipt in so many seconds
_CODE = re.compile(rf"([0-9]{{1,18}})-([{LETTERS}]{{5}})-?([{LETTERS}]{{5}})")


@dataclass(frozen=True)
class Step:
    """Something that was done on the case, without who did it."""

    at: datetime
    words: Words


def made(kind: Kind) -> dict[str, str]:
    """What is sealed with a new case whose reporter may act; nothing with others."""
    if not any(Role.REPORTER in act.roles for act in kind.acts):
        return {}
    return {NAME: "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))}


def of(case: Case) -> str:
    """The code as it is given to whoever reported it; empty where there is none, or none any more."""
    if not (secret := _secret(case)):
        return ""
    return f"{case.pk}-{secret[:5]}-{secret[5:]}"


def _secret(case: Case) -> str:
    pair = (case.thread, case.sealed.get(NAME, ""))
    found = vault.open_many([pair]).get(pair) if pair[1] else None
    return found if isinstance(found, str) else ""


def case_of(code: str, address: str) -> Case:
    """The case whose receipt this is. NotFound, in the same words whatever is wrong with it; TooMany for a network from
    which very many wrong ones came: a whole town may share one, and some of its people mistype."""
    network = f"receipt:{throttle.network_of(address)}"
    throttle.check(network, *OF_NETWORK)
    case = _meant(code)
    if case is None:
        throttle.hit(network, None, OF_NETWORK[1])
        fix = _("Look at it again: a number, a dash and ten letters and digits.")
        raise NotFound(_("No receipt has this code, or it has ended."), where="code", fix=fix)
    return case


def _meant(code: str) -> Case | None:
    found = _CODE.fullmatch(code.strip().upper().replace(" ", ""))
    case = Case.objects.filter(pk=int(found[1])).first() if found and int(found[1]) < 2**63 else None
    if found is None or case is None or case.torn or not (known := _secret(case)):
        return None
    return case if hmac.compare_digest(known, found[2] + found[3]) else None


def reporter(case: Case) -> Actor:
    """Whoever holds the receipt of this case."""
    return Actor(id=f"reporter:{case.pk}", name="", held=(Held(Role.REPORTER.value, ""),), receipt=case.pk)


def count(case: Case) -> None:
    """One try more to act by this receipt. TooMany past what one may do in a day."""
    throttle.hit(f"reporter:{case.pk}", *ACTS)


def steps(case: Case, kind: Kind) -> list[Step]:
    """How far the case came, oldest first: the opening, the acts that move it, and the reporter's own."""
    shown = [act for act in kind.acts if act.to or act.advance or Role.REPORTER in act.roles]
    acts = {act.name: act.words for act in shown}
    rows = Line.objects.filter(thread=case.thread, act__in=[*acts, "open"]).order_by("number")
    return [Step(row.recorded_at, acts.get(row.act, Words("登记", "Taken in"))) for row in rows]


def looks_at(case: Case, kind: Kind) -> list[Step]:
    """When somebody looked at the reporter's contact, and for which act; nothing of looks at others in the matter."""
    contact = {field.name for field in kind.fields if field.of_contact}
    rows = Line.objects.filter(thread=case.thread, act="look").order_by("number")
    told = [(row.recorded_at, lines.data_of(row)) for row in rows]
    mine = [(at, kind.act(str(data["for"]))) for at, data in told if contact & {*data.get("fields", ())}]
    return [Step(at, act.words) for at, act in mine if act]
