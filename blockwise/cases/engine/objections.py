"""Objections to a kind of case: anybody makes one, oversight answers it under a clock, the answer is public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from blockwise.access import throttle
from blockwise.access.actors import PUBLIC
from blockwise.ledger import vault
from blockwise.problems import Conflict

from .. import personal
from ..kinds import registry
from ..kinds.model import Kind, Words
from ..models import Case
from ..rules.placing import UNPLACED
from . import door

KIND = "objection"
OF_NETWORK, OF_ALL = (5, 3600), (500, 86_400)  # at most so many in so many seconds
MOST = 200  # shown
HELD_BACK = _("(held back: the answer holds what would identify somebody)")
ERASED = _("(erased)")


@dataclass(frozen=True)
class Objection:
    """What the public sees of one: never what was objected in words. `answer` is empty until there is one."""

    number: int
    type: Words
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    decision: Words | None
    answer: object


def declared() -> Kind | None:
    """The kind of an objection as it is in force; None while that is not signed, and nobody can object here."""
    return registry.all_current().get(KIND)


def number_of(digest: str) -> str:
    """The number of a text of a kind, made of its hash: what an objection names."""
    first, *others = (int(digest[at : at + 3], 16) for at in (0, 3, 6))
    return f"KT{first}-" + "-".join(f"T{one}" for one in others)


def make(digest: str, given: Mapping[str, str], address: str) -> int:
    """The number of the objection to the text with this digest. TooMany for a network that made several just now."""
    if declared() is None:
        raise Conflict(_("No objections are taken here yet: their own kind waits to be signed."), where="objection")
    throttle.hit(f"objection:{throttle.network_of(address)}", *OF_NETWORK)
    throttle.hit("objection", *OF_ALL)
    asked = {name: given.get(name, "") for name in ("type", "objection")}
    data = {**asked, "about": number_of(digest), "place": {"found": UNPLACED}}
    return door.open_case(KIND, data, PUBLIC).case


def about(digest: str) -> list[Objection]:
    """Those made to this text, newest first."""
    wanted = number_of(digest)
    rows = Case.objects.filter(kind=KIND).order_by("-opened_at", "-pk")
    return [_shown(case) for case in [one for one in rows if not one.torn and one.fields.get("about") == wanted][:MOST]]


def _shown(case: Case) -> Objection:
    kind = registry.of(case)
    type_, field = kind.type_coded(case.type), kind.field_named("decision")
    decision = dict(field.choices).get(case.fields.get("decision", "")) if field and case.final else None
    return Objection(
        case.pk,
        type_.words if type_ else kind.noun,
        case.opened_at,
        case.due_at,
        case.closed_at,
        decision,
        _answer(case) if decision else "",
    )


def _answer(case: Case) -> object:
    pair = (case.thread, case.sealed.get("answer", ""))
    text = vault.open_many([pair]).get(pair)
    if text is None or text is vault.Unopened:
        return ERASED
    return HELD_BACK if personal.found_in(str(text)) else str(text)
