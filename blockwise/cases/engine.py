"""The one door: `open_case` and `act` are the only writers of case state, for every page, program, timer and replay.

Each checks the policy, the kind's declaration and the fields, and writes the change, its effects, its clocks, what goes
outside and its line in one transaction; the line comes last, because it holds the ledger's head, and after it only
what must name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.ledger import lines, vault
from blockwise.ledger.lines import Entry
from blockwise.problems import Conflict, Invalid, NotFound

from . import clocks, effects, idempotency, merge, outbox
from .effects import Change
from .kinds import registry
from .kinds.model import Act, Kind, Words
from .models import Case
from .opening import Given, Opening, parse_opening, parse_place, parse_type, refuse_unknown, split
from .values import claimed, parse_asked

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Result:
    """What an act came to. `again`: the same request was already done, and this is what it came to then."""

    case: int
    version: int
    stage: str
    line: int
    again: bool = False


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
    moment = claimed(happened_at) if happened_at is not None else clock.now()
    opening = parse_opening(declared, data)
    rule = policy.may_open(actor, declared, opening.place.located.answer.block).require().rule
    return _once(actor, key, body, lambda: _open(declared, opening, actor, moment, happened_at is not None, rule))


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
    moment = claimed(happened_at) if happened_at is not None else clock.now()
    claim = happened_at is not None
    return _once(actor, key, body, lambda: _act(case_id, name, data, actor, expected_version, moment, claim))


def _once(actor: Actor, key: str | None, body: Mapping[str, Any], work: Callable[[], Result]) -> Result:
    """Do `work` in one transaction; with a key, at most once ever, whoever comes at the same moment."""
    if key is None:
        with transaction.atomic():
            return work()
    idempotency.check_key(key)
    digest = idempotency.digest(body)
    try:
        with transaction.atomic():
            if done := idempotency.earlier(actor.id, key, digest):
                return Result(**{**done, "again": True})
            result = work()
            idempotency.keep(actor.id, key, digest, asdict(result))
            return result
    except IntegrityError:  # the same key won at the same moment: its result is there now
        done = idempotency.earlier(actor.id, key, digest)
        if done is None:
            raise
        return Result(**{**done, "again": True})


def _open(kind: Kind, opening: Opening, actor: Actor, moment: datetime, claim: bool, rule: str) -> Result:
    place = opening.place
    point = place.point or (None, None)
    case = Case(
        kind=kind.name,
        kind_text_id=kind.digest,
        stage=kind.open_stage,
        type=opening.type,
        priority=opening.priority,
        sensitive=opening.sensitive,
        channel=opening.channel,
        block_id=place.located.answer.block,
        department=kind.department,
        place_kind=place.kind,
        lon_e7=point[0],
        lat_e7=point[1],
        fields=opening.values.kept,
        opened_by=actor.id,
        opened_at=moment,
    )
    opened = Act("open", Words("", ""), kind.open_sentence, kind.open_roles, (), to=kind.open_stage)
    change = Change(case, kind, opened, {}, actor, moment)
    change.line_data.update(
        kind=kind.name, text=kind.digest, stage=case.stage, type=case.type, priority=case.priority,
        channel=case.channel, place_kind=place.kind, block=case.block_id, fields=opening.values.kept, rule=rule,
    )  # fmt: skip
    if place.point:
        change.line_data["point"] = list(place.point)
    _seal(change, {"place": place.exact, **opening.values.sealed})
    return _finish(change, claim)


def _act(
    case_id: int,
    name: str,
    data: Mapping[str, Any],
    actor: Actor,
    expected_version: int | None,
    moment: datetime,
    claim: bool,
) -> Result:
    case, others = _locked(case_id, data)
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        known = ", ".join(entry.name for entry in kind.acts)
        raise NotFound(_("This kind has no such act."), where="act", fix=_("Known acts: %s.") % known)
    rule = policy.may_act(actor, declared, kind, case).require().rule
    for other in others.values():
        policy.may_view(actor, kind, other).require()
    _check_stage(case, kind, declared)
    _check_version(case, declared, actor, expected_version)
    known_keys = {*declared.asks, *declared.may_ask, *effects.inputs(declared.effects), *_own_keys(declared)}
    refuse_unknown(data, known_keys)
    change = Change(case, kind, declared, data, actor, moment)
    change.line_data["rule"] = rule
    given = split(kind, parse_asked(kind, data, declared.asks, declared.may_ask))
    _change(change, given)
    merge.apply(change, others)
    effects.run(change)
    return _finish(change, claim)


def _locked(case_id: int, data: Mapping[str, Any]) -> tuple[Case, dict[int, Case]]:
    """The case and, for a merge, the primary it names, locked in id order."""
    if not 0 < case_id <= LARGEST_ID:
        raise NotFound(_("There is no such case."), where="case")
    wanted = {case_id}
    if data.get("primary") is not None:
        wanted.add(merge.primary_id(data["primary"]))
    found = Case.objects.select_for_update().filter(pk__in=wanted).order_by("pk").in_bulk()
    if case_id not in found:
        raise NotFound(_("There is no such case."), where="case")
    return found.pop(case_id), found


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


def _own_keys(declared: Act) -> set[str]:
    keys = set()
    if declared.outcome:
        keys.add("outcome")
    if declared.retypes:
        keys |= {"type", "priority", "place"}
    if declared.merge == "into":
        keys.add("primary")
    return keys


def _change(change: Change, given: Given) -> None:
    case, kind, declared = change.case, change.kind, change.act
    case.fields = {**case.fields, **given.kept}
    if given.kept:
        change.line_data["fields"] = given.kept
    sealed = dict(given.sealed)
    if declared.retypes:
        sealed |= _retype(change)
    if declared.outcome:
        case.outcome = _outcome(kind, change.data.get("outcome"))
        change.line_data["outcome"] = case.outcome
    _move(change)
    if declared.versioned:
        case.version += 1
        change.line_data["version"] = case.version
    _seal(change, sealed)


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
    place = parse_place(data["place"])
    case.block_id, case.place_kind = place.located.answer.block, place.kind
    case.lon_e7, case.lat_e7 = place.point or (None, None)
    line |= {"block": case.block_id, "place_kind": place.kind}
    if place.point:
        line["point"] = list(place.point)
    return {"place": place.exact}


def _outcome(kind: Kind, value: object) -> str:
    known = [code for code, _words in kind.outcomes]
    if value not in known:
        raise Invalid(_("An outcome is needed."), where="outcome", fix=_("Give one of: %s.") % ", ".join(known))
    return str(value)


def _seal(change: Change, values: Mapping[str, Any]) -> None:
    if values:
        change.sealed += [vault.salted(name, value) for name, value in values.items()]
        digests = {text.name: text.digest for text in change.sealed}
        change.line_data["sealed"] = digests
        change.case.sealed = {**change.case.sealed, **digests}


def _finish(change: Change, claim: bool) -> Result:
    """Clocks, the case's row, the lines, and what goes outside because of them."""
    case = change.case
    promises = clocks.on_act(change.kind, case, change.act.name, change.moment, case.fields)
    new = case.pk is None
    case.save()
    promises.write()
    vault.keep(case.thread, change.sealed, new=new)
    own = Entry(
        thread=case.thread,
        act=change.act.name,
        actor=change.actor.id,
        block=case.block_id,
        data=change.line_data,
        happened_at=change.moment if claim else None,
    )
    line = lines.write([own, *change.entries])[0].number
    for topic in change.act.tells:
        outbox.put(topic, {"case": case.pk, "act": change.act.name, "stage": case.stage}, line)
    return Result(case.pk, case.version, case.stage, line)
