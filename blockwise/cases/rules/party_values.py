"""What is given of a party, parsed, and how one is called in sentences: by role and number, never by a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blockwise.ledger.models import DataKey
from blockwise.problems import Invalid

from ..kinds.model import Kind, PartyRole
from ..models import Party
from .values import plain, whole_number

LONGEST = {"name": 80, "firm": 120, "contact": 80, "address": 200, "language": 20}
KEYS: Mapping[str, frozenset[str]] = {
    "adds": frozenset({"details"}),
    "changes": frozenset({"party", "details"}),
    "consents": frozenset({"party", "consent"}),
    "erases": frozenset({"party"}),
}
CONSENTS = {"given": _("consents"), "refused": _("refuses")}


def called(role: PartyRole, number: int) -> str:
    return gettext("%(role)s %(number)s") % {"role": role.words, "number": number}


def words(kind: Kind, data: Mapping[str, Any]) -> dict[str, str]:
    """What the line of an act with a party gives its sentence."""
    role = kind.party_role(str(data.get("role", "")))
    if role is None or "party" not in data:
        return {}
    found = {"party": called(role, data["party"])}
    return found | ({"consent": str(CONSENTS[data["consent"]])} if data.get("consent") in CONSENTS else {})


def gone(rows: Sequence[Party]) -> frozenset[int]:
    """The numbers of those of one case that were erased, or are about to be."""
    by_thread = {row.thread: row.number for row in rows}
    shut = DataKey.objects.filter(thread__in=by_thread, wrapped=None).values_list("thread", flat=True)
    return frozenset(by_thread[thread] for thread in shut) | {row.number for row in rows if row.erased}


def details(role: PartyRole, data: Mapping[str, Any]) -> dict[str, str]:
    """What is told of a party, at least one thing; Invalid names the first that cannot be used."""
    given = data.get("details")
    if not isinstance(given, dict) or not set(role.fields) >= given.keys():
        fix = _("Give an object with: %s.") % ", ".join(role.fields)
        raise Invalid(_("Say who the party is."), where="details", fix=fix)
    texts = {name: plain(text, f"details.{name}", LONGEST[name]) for name, text in given.items() if text is not None}
    kept = {name: text for name, text in texts.items() if text}
    if not kept:
        fix = _("Give at least one of: %s.") % ", ".join(role.fields)
        raise Invalid(_("Say who the party is."), where="details", fix=fix)
    return kept


def number(data: Mapping[str, Any]) -> int:
    found = whole_number(data.get("party"))
    if found is None:
        raise Invalid(_("Say which party."), where="party", fix=_("Give its number on this case."))
    return found


def consent(data: Mapping[str, Any]) -> str:
    if data.get("consent") not in CONSENTS:
        fix = _("Give one of: %s.") % ", ".join(CONSENTS)
        raise Invalid(_("Say whether the party consents or refuses."), where="consent", fix=fix)
    return str(data["consent"])
