"""The public page of kinds: each in full, who signed it on what ground, how often it was used; objections; signing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from blockwise.access import policy
from blockwise.access.actors import actor_of
from blockwise.places.queries import city
from blockwise.problems import NotFound, Problem
from blockwise.rooms import Role

from ..engine import objections
from ..kinds import signing
from ..kinds.doubts import doubts
from ..kinds.ground import LONGEST
from ..kinds.model import Kind
from ..kinds.parse import parse_kind
from ..kinds.told import told
from ..models import Case, KindProposal, KindSignature, KindText
from ..queries.story import actor_names

FEWEST = 10  # uses: below it no number is told, above it they are told in tens


@dataclass(frozen=True)
class Signed:
    """`stands` is False for a signature that counts no more, its signer having lost the role before the second one."""

    name: str
    role: Any
    signature: KindSignature
    stands: bool


@dataclass(frozen=True)
class KindRow:
    """A text of a kind as it is listed. `state`: in_force, waiting, or before (an earlier one)."""

    kind: Kind
    digest: str
    state: str
    since: Any
    signed: tuple[Signed, ...]
    used: int | None
    doubted: int


@require_GET
def kind_list(request: HttpRequest) -> HttpResponse:
    rows = [_of_row(row) for row in KindText.objects.filter(current=True).order_by("kind")]
    waits = [_of_proposal(one) for one in signing.waiting()]
    now = {one.digest for one in rows}
    context = {
        "now": rows,
        "waits": [one for one in waits if one.digest not in now],
        "unsigned": sum(not one.signed for one in rows),
    }
    return render(request, "cases/kinds.html", context)


@require_GET
def kind_page(request: HttpRequest, kind_name: str) -> HttpResponse:
    """The text that is in force, else the one that waits, else the last."""
    texts = KindText.objects.filter(kind=kind_name).order_by("-current", "-stored_at")
    first = texts.first() or KindProposal.objects.filter(kind=kind_name, state=KindProposal.State.WAITING).first()
    if first is None:
        raise _no_such()
    return text_page(request, kind_name, first.digest)


@require_GET
def text_page(request: HttpRequest, kind_name: str, digest: str) -> HttpResponse:
    return _page(request, kind_name, digest)


@require_GET
def yaml_page(request: HttpRequest, kind_name: str, digest: str) -> HttpResponse:
    """The text as it was hashed, byte by byte."""
    return HttpResponse(_text(kind_name, digest), content_type="text/plain; charset=utf-8")


@login_required
@require_POST
def sign(request: HttpRequest, kind_name: str, digest: str) -> HttpResponse:
    try:
        done = signing.sign(kind_name, digest, request.POST.get("ground", ""), actor_of(request))
    except Problem as problem:
        if problem.where != "ground":
            raise
        return _page(request, kind_name, digest, problem, status=problem.status)
    messages.success(request, _("It is signed and in force.") if done else _("It is signed; one more person signs it."))
    return redirect("kind-text", kind_name, digest)


@require_POST
def object_to(request: HttpRequest, kind_name: str, digest: str) -> HttpResponse:
    _text(kind_name, digest)
    try:
        number = objections.make(digest, request.POST.dict(), request.META.get("REMOTE_ADDR", ""))
    except Problem as problem:
        return _page(request, kind_name, digest, problem, status=problem.status)
    messages.success(
        request, _("Your objection has the number %(n)s. The answer will stand on this page.") % {"n": number}
    )
    return redirect("kind-text", kind_name, digest)


def _page(
    request: HttpRequest, kind_name: str, digest: str, problem: Problem | None = None, *, status: int = 200
) -> HttpResponse:
    text = _text(kind_name, digest)
    row = KindText.objects.filter(kind=kind_name, digest=digest).first()
    proposal = KindProposal.objects.filter(kind=kind_name, digest=digest, state=KindProposal.State.WAITING).first()
    shown = _of_row(row) if row else _of_proposal(proposal) if proposal else None
    if shown is None:
        raise _no_such()
    kind = shown.kind
    context = {
        "shown": shown,
        "sections": told(kind, text),
        "text": text,
        "others": [one for one in _all(kind_name) if one.digest != digest],
        "proposal": proposal and _of_proposal(proposal),
        "proposed_by": actor_names([proposal.proposed_by])[proposal.proposed_by] if proposal else "",
        "may_sign": proposal is not None and _may_sign(request, proposal),
        "longest": LONGEST,
        "objections": objections.about(digest),
        "objection": objections.declared(),
        "given": request.POST,
        "problem": problem,
    }
    return render(request, "cases/kind.html", context, status=status)


def _may_sign(request: HttpRequest, proposal: KindProposal) -> bool:
    """Whether a signature of whoever looks would be one more."""
    if not request.user.is_authenticated or not policy.may_sign_kinds(actor := actor_of(request), city().code):
        return False
    return actor.id not in {proposal.proposed_by, *(one.actor for one in signing.standing(proposal))}


def _text(kind_name: str, digest: str) -> str:
    """One that is or was in force, or waits to be signed; of what was withdrawn nothing is shown."""
    row = KindText.objects.filter(kind=kind_name, digest=digest).first()
    waiting = KindProposal.objects.filter(kind=kind_name, digest=digest, state=KindProposal.State.WAITING).first()
    if found := row or waiting:
        return found.text
    raise _no_such()


def _no_such() -> NotFound:
    return NotFound(_("There is no such text of a kind."), where="kind", fix=_("See the list of kinds."))


def _all(kind_name: str) -> list[KindRow]:
    rows = KindText.objects.filter(kind=kind_name).order_by("-current", "-stored_at")
    waits = KindProposal.objects.filter(kind=kind_name, state=KindProposal.State.WAITING)
    known = [_of_row(row) for row in rows]
    return [*known, *(_of_proposal(one) for one in waits if one.digest not in {row.digest for row in known})]


def _of_row(row: KindText) -> KindRow:
    proposal = signing.signed_proposal(row.digest)
    used = _rough(Case.objects.filter(kind_text=row).count())
    state = "in_force" if row.current else "before"
    return KindRow(_read(row), row.digest, state, row.stored_at, _signed(proposal), used, len(doubts(row.text)))


def _of_proposal(one: KindProposal) -> KindRow:
    return KindRow(_read(one), one.digest, "waiting", one.proposed_at, _signed(one), None, len(doubts(one.text)))


def _read(one: KindText | KindProposal) -> Kind:
    return parse_kind(one.text, f"{one.kind}.yaml")


def _signed(proposal: KindProposal | None) -> tuple[Signed, ...]:
    if proposal is None:
        return ()
    stands = {one.pk for one in signing.standing(proposal)}
    rows = list(proposal.signatures.order_by("pk"))
    names = actor_names(one.actor for one in rows)
    return tuple(Signed(names[one.actor], Role(one.role).label, one, one.pk in stands) for one in rows)


def _rough(count: int) -> int:
    return count // FEWEST * FEWEST


urlpatterns = [
    path("kinds/", kind_list, name="kinds"),
    path("kinds/<slug:kind_name>/", kind_page, name="kind"),
    path("kinds/<slug:kind_name>/<slug:digest>/", text_page, name="kind-text"),
    path("kinds/<slug:kind_name>/<slug:digest>/yaml", yaml_page, name="kind-yaml"),
    path("kinds/<slug:kind_name>/<slug:digest>/sign", sign, name="kind-sign"),
    path("kinds/<slug:kind_name>/<slug:digest>/object", object_to, name="kind-object"),
]
