"""A kind comes into force when two people have signed its text on a legal ground, oversight among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, in_force
from blockwise.access.models import Grant
from blockwise.ledger import lines
from blockwise.ledger.lines import Entry
from blockwise.places.queries import city
from blockwise.problems import Conflict, Forbidden, NotFound
from blockwise.rooms import Role

from ..models import KindProposal, KindSignature, KindText
from . import registry
from .ground import parse_ground
from .parse import digest_of

State = KindProposal.State
NEEDED = 2  # people


def propose(texts: Mapping[str, str], actor: str) -> list[str]:
    """Let these texts wait for signatures, where they are not signed and in force; returns the kinds that wait anew.

    A text of the same kind that waited is withdrawn. Raises BadKind, and changes nothing, when one may not be used.
    """
    registry.refuse_faulty(texts)
    made = []
    with transaction.atomic():
        for name, text in sorted(texts.items()):
            digest = digest_of(text)
            waiting = KindProposal.objects.select_for_update().filter(kind=name, state=State.WAITING).first()
            if waiting and waiting.digest == digest:
                continue
            if waiting:
                _withdraw(waiting, actor)
            if is_signed(digest):
                continue
            now = clock.real_now()
            KindProposal.objects.create(kind=name, digest=digest, text=text, proposed_by=actor, proposed_at=now)
            _line("kind_proposed", actor, name, digest)
            made.append(name)
    return made


def withdraw_others(names: Collection[str], actor: str) -> None:
    """Nothing waits to be signed but these kinds."""
    with transaction.atomic():
        for one in KindProposal.objects.filter(state=State.WAITING).exclude(kind__in=names).order_by("kind"):
            _withdraw(one, actor)


def sign(kind: str, digest: str, ground: object, actor: Actor) -> bool:
    """Stand for the waiting text with this digest; whether it came into force with it.

    Forbidden for whoever holds no such role over the city, and for who proposed it; Conflict where it waits no more or
    was signed by the same person; Invalid for a ground that is missing or names somebody.
    """
    rule = policy.may_sign_kinds(actor, city().code).require().rule
    words = parse_ground(ground)
    with transaction.atomic():
        waiting = _locked(kind, digest)
        if waiting.proposed_by == actor.id:
            fix = _("Two others sign it.")
            raise Forbidden(_("Nobody signs what they proposed themselves."), where="kind", fix=fix)
        before = standing(waiting)
        if any(one.actor == actor.id for one in before):
            fix = _("Somebody else signs it too: two people, never one.")
            raise Conflict(_("You have signed this text already."), where="kind", fix=fix)
        registry.refuse_faulty({kind: waiting.text})  # it may have waited since before an upgrade
        role = rule.split()[1]
        signed = KindSignature.objects.create(
            proposal=waiting, actor=actor.id, role=role, ground=words, signed_at=clock.now()
        )
        _line("kind_signed", actor.id, kind, digest, role=role, ground=words)
        if not _is_enough([*before, signed]):
            return False
        _end(waiting, State.IN_FORCE)
        registry.store({kind: waiting.text}, actor.id)
        return True


def standing(proposal: KindProposal) -> list[KindSignature]:
    """The signatures that count: of people who have held, without a break since they signed, the role they signed in.

    Those of a text that is in force are all of them: what came into force stays so.
    """
    signed = list(proposal.signatures.order_by("pk"))
    return signed if proposal.state != State.WAITING else [one for one in signed if _holds_still(one)]


def is_signed(digest: str) -> bool:
    """Whether this text is in force by signatures."""
    now = KindText.objects.filter(digest=digest, current=True).exists()
    return now and signed_proposal(digest) is not None


def signed_proposal(digest: str) -> KindProposal | None:
    """How the text with this digest came into force last; None where that was before kinds were signed."""
    return KindProposal.objects.filter(digest=digest, state=State.IN_FORCE).order_by("-pk").first()


def waiting() -> list[KindProposal]:
    return list(KindProposal.objects.filter(state=State.WAITING).order_by("kind"))


def waiting_of(kind: str) -> KindProposal:
    """The text of this kind that waits; NotFound when none does."""
    found = KindProposal.objects.filter(kind=kind, state=State.WAITING).first()
    if found is None:
        raise NotFound(_("No text of this kind waits to be signed."), where="kind")
    return found


def _locked(kind: str, digest: str) -> KindProposal:
    found = KindProposal.objects.select_for_update().get(pk=waiting_of(kind).pk)
    if found.state != State.WAITING:
        raise Conflict(_("This text waits no more."), where="kind")
    if found.digest != digest:
        fix = _("Read the text that waits now, then sign that.")
        raise Conflict(_("Another text of this kind waits by now."), where="digest", fix=fix)
    return found


def _holds_still(signed: KindSignature) -> bool:
    user = signed.actor.removeprefix("user:")
    held = Grant.objects.filter(in_force(), user=int(user), user__is_active=True, role=signed.role)
    return held.filter(block=city().code, starts_at__lte=signed.signed_at).exists()


def _is_enough(signed: list[KindSignature]) -> bool:
    people = {one.actor for one in signed}
    return len(people) >= NEEDED and any(one.role == Role.OVERSIGHT for one in signed)


def _withdraw(proposal: KindProposal, actor: str) -> None:
    _end(proposal, State.WITHDRAWN)
    _line("kind_withdrawn", actor, proposal.kind, proposal.digest)


def _end(proposal: KindProposal, state: KindProposal.State) -> None:
    proposal.state, proposal.ended_at = state, clock.real_now()
    proposal.save(update_fields=["state", "ended_at"])


def _line(act: str, actor: str, kind: str, digest: str, **more: str) -> None:
    lines.write([Entry(thread="system", act=act, actor=actor, data={"kind": kind, "text": digest, **more})])
