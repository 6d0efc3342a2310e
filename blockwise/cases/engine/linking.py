"""Cases that belong together: an act opens one of another kind, or links its case to one that is there.

Both records name the other case. No power comes from it: a case is opened by whoever may open one, and linked to by
whoever may see both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.ledger import vault
from blockwise.ledger.lines import Entry
from blockwise.problems import Conflict, Invalid

from ..kinds import registry
from ..kinds.check_links import LINKED, OPENED, OPENED_TYPE, PARENT, unfit
from ..kinds.model import Kind
from ..models import Case, CaseLink
from ..rules.moments import Moment
from ..rules.placing import UNPLACED
from ..rules.sealed_places import sealed_places
from ..rules.sight import known_of
from ..rules.values import refuse_past
from . import making
from .effects import Change
from .merge import case_number
from .opening import Given, Opening, Place, parse_place, parse_type

NUMBER, TYPE = LINKED, OPENED_TYPE  # in an act's data
FROM, BY = "from_case", "by_case"  # in the other case's line
MOST = 50  # links of one case


def apply(change: Change, given: Given, moment: Moment) -> None:
    """Carry out the act's `opens` or `links`; its `others` hold the locked case that is named."""
    if change.act.opens:
        change.opened.append(_opening(change, given, moment))
    elif change.act.links:
        _link(change)


def refuse_early(change: Change) -> None:
    """Conflict while a part of the case is open for which the act waits; those that may be seen are named. The case is
    locked, so that no further part is opened meanwhile."""
    if not change.act.waits_for:
        return
    links = CaseLink.objects.filter(to=change.case, relation=PARENT, case__kind__in=change.act.waits_for)
    waiting = list(links.filter(case__final=False).order_by("pk").values_list("case", flat=True))
    if waiting:
        known = sorted(known_of(waiting, change.actor))
        what = _("“%(act)s” waits for %(n)d parts of this case that are still open.")
        fix = _("End these first: %s.") % (", ".join(map(str, known)) or "-")
        words = {"act": change.act.words, "n": len(waiting)}
        raise Conflict(what % words, where="act", fix=fix, more={"waits_for": known})


def number(data: Mapping[str, Any]) -> int:
    found = case_number(data.get(NUMBER))
    if found is None:
        raise Invalid(_("Say which case it is."), where=NUMBER, fix=_("Give that case's number."))
    return found


def _opening(change: Change, given: Given, moment: Moment) -> Change:
    opens, case = change.act.opens, change.case
    assert opens
    _refuse_many(case)
    target = registry.current(opens.kind)
    if next(unfit(change.kind, change.act, target), None):
        what = _("A case of “%(kind)s” takes something else by now than this act gives it.") % {"kind": target.title}
        raise Conflict(what, where="act", fix=_("Open it by its own form, and tell whoever answers for the kinds."))
    place = _place(case, target)
    rule = policy.may_open(change.actor, target, place.block).require().rule
    code, priority, sensitive = parse_type(target, {"type": _type(change, target)} if target.types else {})
    values = _carried(change, given, target)
    opening = Opening(code, priority, sensitive or case.sensitive, opens.channel, place, values)
    made = making.made(target, opening, change.actor, moment, rule)
    made.line_data |= {FROM: case.pk, "relation": opens.relation}
    return made


def _type(change: Change, target: Kind) -> str:
    opens = change.act.opens
    assert opens
    if not opens.asks_type:
        return opens.type
    given = change.data.get(TYPE)
    if target.type_coded(str(given)) is None:
        known = ", ".join(one.code for one in target.types[:40])
        raise Invalid(_("Say of what type the other case is."), where=TYPE, fix=_("Give one of: %s.") % known)
    return str(given)


def _place(case: Case, target: Kind) -> Place:
    """The case's own, located anew: the tree of blocks may be another by now."""
    if not target.pointed:
        return parse_place({"block": case.block_id} if target.place == "block" else None, case.block_id, target.place)
    exact = sealed_places([case]).get(case.pk)
    if exact is None:
        raise Conflict(_("The place of this case cannot be read."), where="place", fix=_("Give the place anew first."))
    said = {"text": exact["text"], "said": exact.get("said", "")}
    if exact["lon_e7"] is not None:
        point = {"lon": exact["lon_e7"] / 1e7, "lat": exact["lat_e7"] / 1e7}
        return parse_place({**said, **point, "kind": case.place_kind, "found": case.place_found}, "", target.place)
    if not target.unplaced:
        raise Conflict(_("This case has no place yet."), where="place", fix=_("Give its place first."))
    return parse_place({**said, "found": UNPLACED, "block": case.block_id}, case.block_id)


def _carried(change: Change, given: Given, target: Kind) -> Given:
    """What the fields hold that are carried; what is sealed is opened here to be sealed under the new case's key."""
    assert change.act.opens
    known = {**change.case.fields, **given.sealed, **_unsealed(change, given)}
    kept: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for name, mine in change.act.opens.carries:
        field, value = target.field_named(name), known.get(mine)
        if field is None or value is None:
            continue
        if target.lies_ahead(name):
            refuse_past(field, value)
        (sealed if field.personal else kept)[name] = value
    for field in target.fields:
        if field.opening and field.required and field.name not in {*kept, *sealed}:
            raise Conflict(_("This is needed: %(field)s.") % {"field": field.label}, where="act")
    return Given(kept, sealed)


def _unsealed(change: Change, given: Given) -> dict[str, Any]:
    """Of the fields that are carried, those that were sealed by an earlier act."""
    assert change.act.opens
    case = change.case
    wanted = {mine for _theirs, mine in change.act.opens.carries} - given.sealed.keys()
    pairs = {name: (case.thread, digest) for name, digest in case.sealed.items() if name in wanted}
    opened = vault.open_many(pairs.values()) if pairs else {}
    found = {name: opened[pair] for name, pair in pairs.items()}
    return {name: value for name, value in found.items() if value is not None and value is not vault.Unopened}


def join(change: Change) -> None:
    """Once the opened case has its number: the link, and the act's own line with it."""
    for other in change.opened:
        relation = other.line_data["relation"]
        CaseLink.objects.create(case=other.case, to=change.case, relation=relation)
        change.line_data |= {OPENED: other.case.pk, "relation": relation}


def _link(change: Change) -> None:
    case, relation = change.case, change.act.links
    wanted = number(change.data)
    other = change.others.get(wanted)
    if other is None or other.torn:
        fix = _("Check its number.")
        raise Invalid(_("There is no such case, or none that you may see."), where=NUMBER, fix=fix)
    _refuse_many(case)
    _refuse_many(other)
    both = Q(case=case, to=other) | Q(case=other, to=case)
    if CaseLink.objects.filter(both, relation=relation).exists():
        raise Conflict(_("These two are linked so already."), where=NUMBER, fix=_("Reload it."))
    CaseLink.objects.create(case=case, to=other, relation=relation)
    change.line_data |= {LINKED: other.pk, "relation": relation}
    said: dict[str, Any] = {BY: case.pk, "relation": relation}
    change.entries.append(
        Entry(other.thread, "case_linked", change.actor.id, other.block_id, said, happened_at=change.moment)
    )


def _refuse_many(case: Case) -> None:
    if CaseLink.objects.filter(Q(case=case) | Q(to=case)).count() >= MOST:
        fix = _("Say the rest in words.")
        raise Conflict(_("This case is linked to as many others as a case may be."), where="act", fix=fix)
