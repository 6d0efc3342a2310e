"""The one door: `open_case` and `act` are the only writers of case state, for every page, program, timer and replay.

Each checks the policy, the kind's declaration and the fields, and writes the change, its effects, its clocks, what goes
outside and its line in one transaction; the line comes last, because it holds the ledger's head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.queries import answers_for
from blockwise.ledger import lines, vault
from blockwise.ledger.lines import Entry
from blockwise.messages import actions as messages
from blockwise.messages.actions import To
from blockwise.places.queries import city, stands
from blockwise.problems import Conflict, Invalid, NotFound
from blockwise.rooms import Role

from ..kinds import registry
from ..kinds.grading import graded, regraded
from ..kinds.model import Act, Kind, Words
from ..models import Case
from ..rules import publishing
from ..rules.answers import of_act, refuse_impossible
from ..rules.eyes import refuse_the_same
from ..rules.moments import Moment, supported
from ..rules.quiet import quiet_until
from ..rules.sight import not_there
from ..rules.values import claimed
from . import attaching, clocks, effects, intake, linking, making, merge, moving, parties, rounds
from .effects import Aside, Change
from .idempotency import once
from .opening import Given, Opening, parse_opening, parse_place, parse_type, refuse_unknown, split
from .topics import PUBLICATION

LARGEST_ID = 2**63 - 1
MOST_OTHERS = 50  # cases named by one act
Choices = tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class Result:
    """What an act came to. `again`: the same request was already done, and this is what it came to then."""

    case: int
    version: int
    stage: str
    line: int
    again: bool = False
    opened: int | None = None  # the case that the act opened beside its own


def open_case(
    kind: str,
    data: Mapping[str, Any],
    actor: Actor,
    *,
    key: str | None = None,
    happened_at: datetime | str | None = None,
) -> Result:
    """Open a case of `kind`. Problem when it may not or cannot be; nothing is written then."""
    declared = registry.current(kind)
    body = {"open": kind, "data": data, "happened_at": happened_at}
    moment = _moment(actor, claimed(happened_at) if happened_at is not None else None)
    opening = parse_opening(declared, data, home(declared, actor))
    rule = policy.may_open(actor, declared, opening.place.block).require().rule
    return once(Result, actor.id, key, body, lambda: _open(declared, opening, actor, moment, rule))


def _moment(actor: Actor, claim: datetime | None, opened: datetime | None = None) -> Moment:
    """The system's own claims are the record's: a replay keeps what was, possible or not."""
    return Moment(claim, claim) if actor.system and claim else supported(claim, clock.now(), opened)


def home(kind: Kind, actor: Actor) -> str:
    """The block that answers for a case without a place; empty where the kind needs a place, or for who opens none."""
    if not kind.unplaced and kind.place != "none":
        return ""
    code = city().code if actor.system else policy.widest(actor, "case.open", kind.open_roles)
    return code if stands(code) else ""


def act(
    case_id: int,
    name: str,
    data: Mapping[str, Any],
    actor: Actor,
    *,
    expected_version: int | None = None,
    key: str | None = None,
    happened_at: datetime | str | None = None,
) -> Result:
    """Carry out the act `name` on a case. Problem when it may not or cannot be; nothing is written then."""
    body = {
        "act": name,
        "case": case_id,
        "data": data,
        "version": expected_version,
        "happened_at": happened_at,
    }
    policy.demand_scope(actor, "case.act")
    claim = claimed(happened_at) if happened_at is not None else None
    prepared = {} if actor.system else _prepared(case_id, name, data, actor)
    work = partial(_act, case_id, name, data, actor, expected_version, claim, prepared)
    return once(Result, actor.id, key, body, work)


def _prepared(case_id: int, name: str, data: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """Before the transaction, by the case as it is then; the effect that uses it looks whether it still holds."""
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id <= LARGEST_ID else None
    kind = registry.of(case) if case else None
    declared = kind.act(name) if kind else None
    if case is None or kind is None or declared is None or not policy.may_act(actor, declared, kind, case):
        return {}
    return effects.prepare(declared.effects, case, data)


def _open(kind: Kind, opening: Opening, actor: Actor, moment: Moment, rule: str) -> Result:
    return _finish(making.made(kind, opening, actor, moment, rule), moment.claim)


def _act(
    case_id: int,
    name: str,
    data: Mapping[str, Any],
    actor: Actor,
    expected_version: int | None,
    claim: datetime | None,
    prepared: Mapping[str, Any],
) -> Result:
    case, others = _locked(case_id, data)
    kind = registry.of(case)
    declared, rule = _allowed(case, kind, name, actor)
    others = {pk: other for pk, other in others.items() if policy.may_view(actor, registry.of(other), other)}
    _check_stage(case, kind, declared)
    refuse_impossible(kind, declared, case)
    _check_version(case, declared, actor, expected_version)
    known_keys = {*declared.asks, *declared.may_ask, *effects.inputs(declared.effects), *_own_keys(declared, kind)}
    refuse_unknown(data, known_keys)
    moment = _moment(actor, claim, case.opened_at)
    change = Change(case, kind, declared, data, actor, moment.at, others=others, prepared=prepared)
    change.line_data |= {"rule": rule, **moment.said}
    linking.refuse_early(change)
    given = split(kind, of_act(kind, declared, data, case))
    _change(change, given)
    parties.apply(change)
    merge.apply(change)
    rounds.apply(change, given)
    linking.apply(change, given, moment)
    effects.run(change)
    if declared.publishes:
        change.line_data["published"] = publishing.made(kind, case, declared.publishes)
    return _finish(change, claim)


def _allowed(case: Case, kind: Kind, name: str, actor: Actor) -> tuple[Act, str]:
    """The act, and the rule that allows it. Whoever may see the case is told why not; for others it is not there."""
    declared = kind.act(name)
    answer = policy.may_act(actor, declared, kind, case) if declared else None
    if declared and answer:
        refuse_the_same(declared, kind, case, actor)
        return declared, answer.rule
    if not policy.may_know(actor, kind, case):
        raise not_there()
    if answer is not None:
        answer.require()
    known = ", ".join(entry.name for entry in kind.acts)
    raise NotFound(_("This kind has no such act."), where="act", fix=_("Known acts: %s.") % known)


def _locked(case_id: int, data: Mapping[str, Any]) -> tuple[Case, dict[int, Case]]:
    """The case and those that the data names, locked in id order."""
    if not 0 < case_id <= LARGEST_ID:
        raise not_there()
    wanted = {case_id}
    if data.get("primary") is not None:
        wanted.add(merge.primary_id(data["primary"]))
    if linking.NUMBER in data:
        wanted.add(linking.number(data))
    for key in effects.naming_cases() & data.keys():
        wanted |= _case_ids(data[key], key)
    found = Case.objects.select_for_update().filter(pk__in=wanted).order_by("pk").in_bulk()
    if case_id not in found:
        raise not_there()
    return found.pop(case_id), found


def _case_ids(value: object, where: str) -> set[int]:
    given = list(value.values()) if isinstance(value, dict) else [None]
    numbers = [merge.case_number(one) for one in given[:MOST_OTHERS]]
    if len(given) > MOST_OTHERS or None in numbers:
        raise Invalid(_("These are no cases."), where=where, fix=_("Give the number of its case for each."))
    return {number for number in numbers if number}


def _check_stage(case: Case, kind: Kind, declared: Act) -> None:
    if case.stage in declared.from_stages:
        return
    allowed = [entry.name for entry in kind.acts if case.stage in entry.from_stages]
    words = {"act": declared.words, "stage": kind.stage(case.stage).words}
    fix = _("Possible now: %s.") % (", ".join(allowed) or "-")
    more = {"stage": case.stage, "allowed": allowed}
    raise Conflict(
        _("“%(act)s” is not possible while the case is “%(stage)s”.") % words, where="act", fix=fix, more=more
    )


def _check_version(case: Case, declared: Act, actor: Actor, expected: int | None) -> None:
    if not declared.versioned or (expected is None and actor.system):
        return
    if expected is None:
        fix = _("Give the version you saw.")
        raise Invalid(_("This act changes the case."), where="expected_version", fix=fix)
    if expected != case.version:
        more = {"version": case.version, "stage": case.stage}
        fix = _("Look at what changed, then do it again; what you typed is kept.")
        raise Conflict(_("Somebody changed this case since you saw it."), where="expected_version", fix=fix, more=more)


def _own_keys(declared: Act, kind: Kind) -> set[str]:
    keys = set(parties.keys(declared))
    if declared.outcome:
        keys.add("outcome")
    if declared.why:
        keys.add("why")
    if declared.retypes:
        keys |= {"type", "priority", "place", *(("pass_on",) if kind.sends_units else ())}
    if declared.merge == "into":
        keys |= {"primary", "apart"}
    if declared.links:
        keys.add(linking.NUMBER)
    if declared.opens and declared.opens.asks_type:
        keys.add(linking.TYPE)
    return keys


def _change(change: Change, given: Given) -> None:
    case, kind, declared = change.case, change.kind, change.act
    dropped = _dropped(change)
    there = {name: value for name, value in {**case.fields, **given.kept}.items() if name not in dropped}
    case.fields = graded(kind, there)
    if given.kept:
        change.line_data["fields"] = given.kept | regraded(kind, given.kept, case.fields)
    sealed = attaching.named(change, given.sealed)
    if declared.retypes:
        sealed |= _retype(change)
    if declared.outcome:
        case.outcome = _chosen(kind.outcomes, change.data, "outcome", _("An outcome is needed."))
        change.line_data["outcome"] = case.outcome
        case.sensitive = case.sensitive or case.outcome in kind.sensitive_outcomes  # and stays so when it is reopened
    if declared.why:
        change.line_data["why"] = _chosen(declared.why, change.data, "why", _("A reason is needed."))
    _move(change)
    if declared.versioned:
        case.version += 1
        change.line_data["version"] = case.version
    making.seal(change, sealed)


def _dropped(change: Change) -> list[str]:
    """The fields that the act takes away, of those that are there; the line keeps which."""
    if not change.act.drops:
        return []
    there = [name for name in change.act.drops if change.case.fields.get(name) is not None]
    if not there:
        raise Conflict(_("There is nothing to take away."), where="act", fix=_("Reload it."))
    change.line_data["dropped"] = there
    return there


def _move(change: Change) -> None:
    case, kind = change.case, change.kind
    target = change.act.to
    if change.act.advance:
        order = [stage.name for stage in kind.stages]
        if order.index(change.act.advance) > order.index(case.stage):
            target = change.act.advance
    if target is None or target == case.stage:
        return
    change.line_data |= {"from": case.stage, "to": target}
    case.stage, case.final = target, kind.stage(target).final
    case.closed_at = change.moment if case.final else None
    case.end_received_at = clock.now() if case.final else None
    if not case.final:
        case.outcome = ""


def _retype(change: Change) -> dict[str, Any]:
    """Type, priority and place given anew; returns what must be sealed. The lines keep what they were."""
    case, data, line = change.case, change.data, change.line_data
    if data.get("type"):
        case.type, case.priority, sensitive = parse_type(change.kind, data)
        case.sensitive = case.sensitive or sensitive  # what was told in confidence stays so under another name
        line |= {"type": case.type, "priority": case.priority}
    elif data.get("priority"):
        _code, case.priority, _sensitive = parse_type(change.kind, {"type": case.type, "priority": data["priority"]})
        line["priority"] = case.priority
    if data.get("place") is None:
        return {}
    home = case.block_id if change.kind.unplaced or change.kind.place == "none" else ""
    place = parse_place(data["place"], home, change.kind.place)
    moving.into(change, place.block)
    case.block_id, case.place_kind, case.place_found = place.block, place.kind, place.found
    case.lon_e7, case.lat_e7 = place.point or (None, None)
    line |= {"block": case.block_id, "place_kind": place.kind, "place_found": place.found}
    if place.point:
        line["point"] = list(place.point)
    return {"place": place.exact}


def _chosen(choices: Choices, data: Mapping[str, Any], where: str, missing: object) -> str:
    known = [code for code, _words in choices]
    if data.get(where) not in known:
        raise Invalid(missing, where=where, fix=_("Give one of: %s.") % ", ".join(known))
    return str(data[where])


def _finish(change: Change, claim: datetime | None) -> Result:
    """The rows, the lines, and what is told because of them."""
    opened = [_kept(one, claim) for one in change.opened]
    linking.join(change)
    case, own = change.case, _kept(change, claim)
    told = [_aside(aside, change, claim) for aside in change.asides]
    entries = [own, *told, *opened, *change.entries]
    line = lines.write(entries, naming=partial(_put_messages, change))[0].number
    return Result(case.pk, case.version, case.stage, line, opened=next((one.case.pk for one in change.opened), None))


def _kept(change: Change, claim: datetime | None) -> Entry:
    """The case's row, its promises and what is sealed under it, saved; its line."""
    case = change.case
    promises = clocks.on_act(change.kind, case, change.act.name, change.moment, case.fields, waits=change.waits)
    if promises.paused:
        change.line_data["paused"] = promises.paused
    new = case.pk is None
    case.quiet_until = quiet_until(change.kind, case)
    case.save()
    if new:
        intake.keep(case, change.actor, referred=linking.FROM in change.line_data)
    promises.write()
    vault.keep(case.thread, change.sealed, new=new)
    return Entry(
        thread=case.thread,
        act=change.act.name,
        actor=change.actor.id,
        block=case.block_id,
        data=change.line_data,
        happened_at=claim,
    )


def _put_messages(change: Change, line: int) -> None:
    case = change.case
    about = {"case": case.pk, "act": change.act.name, "stage": case.stage}
    for topic in change.act.tells:
        messages.put(topic, about, line, case=case.pk, to=[To(Role.BLOCK_LEADER, answers_for(case.block_id)[0].code)])
    for topic, to in change.told:
        messages.put(topic, about, line, case=case.pk, to=[to])
    if change.act.publishes:
        published = {**about, "text": change.line_data["published"]}
        messages.put(PUBLICATION, published, line, case=case.pk)


def _aside(aside: Aside, change: Change, claim: datetime | None) -> Entry:
    """The other case's row and promises; its line."""
    case = aside.case
    promises = clocks.on_aside(aside.kind, case, change.moment, case.fields, waits=aside.waits)
    case.quiet_until = quiet_until(aside.kind, case)
    case.save()
    promises.write()
    return Entry(case.thread, aside.act, change.actor.id, case.block_id, aside.line_data, claim)
