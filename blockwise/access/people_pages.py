"""People and their roles, as an administrator sees and changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blockwise import clock
from blockwise.places.queries import city
from blockwise.problems import Forbidden

from . import actions, ids, passwords, policy, sessions  # noqa: F401  (ids registers access_id)
from .actors import Actor, actor_of, in_force
from .forms import GrantForm, PasswordForm, PersonForm, did
from .models import Grant, User
from .periods import first_moment, last_moment

T = TypeVar("T")
PEOPLE_A_PAGE = 100


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with the roles in force; and the form for a new person."""
    actor = _administrator(request)
    form = PersonForm(request.POST or None)
    made = did(form, lambda data: actions.create_user(actor=actor, **data))
    if made:
        messages.success(request, _("%s is there. Give a role now.") % made.name)
        return redirect("person", user_id=made.pk)
    asked = request.GET.get("q", "").replace("\0", "").strip()
    grants = Prefetch(
        "grants", Grant.objects.filter(in_force()).select_related("block").order_by("pk"), to_attr="in_force"
    )
    rows = User.objects.order_by("login").prefetch_related(grants)
    if asked:
        rows = rows.filter(Q(login__icontains=asked) | Q(name__icontains=asked) | Q(name_en__icontains=asked))
    page = Paginator(rows, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "access/people.html", {"form": form, "page": page, "q": asked})


@login_required
@require_GET
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    _administrator(request)
    return _person(request, get_object_or_404(User, pk=user_id))


@login_required
@require_POST
def give_role(request: HttpRequest, user_id: int) -> HttpResponse:
    actor, user = _administrator(request), get_object_or_404(User, pk=user_id)
    form = GrantForm(request.POST)
    if did(form, lambda data: _give(user, data, actor)):
        messages.success(request, _("The role is given."))
        if not User.objects.get(pk=user_id).has_usable_password():
            messages.warning(request, _("Nobody signs in by a password here now. Make a link by which one is set."))
        return redirect("person", user_id=user_id)
    return _person(request, user, grant_form=form)


def _give(user: User, data: dict[str, Any], actor: Actor) -> Grant:
    zone = ZoneInfo(city().timezone)
    first, last = data["first_day"], data["last_day"]
    starts_at = first_moment(first, zone) if first else None
    ends_at = last_moment(last, zone)
    block, department = data["block"].strip(), data["department"]
    return actions.grant(user, data["role"], block, actor, department=department, starts_at=starts_at, ends_at=ends_at)


@login_required
@require_POST
def end_role(request: HttpRequest, grant_id: int) -> HttpResponse:
    given = actions.revoke(grant_id, _administrator(request))
    messages.success(request, _("The role has ended."))
    return redirect("person", user_id=given.user_id)


@login_required
@require_POST
def new_password(request: HttpRequest, user_id: int) -> HttpResponse:
    actor, user = _administrator(request), get_object_or_404(User, pk=user_id)
    form = PasswordForm(request.POST)
    if did(form, lambda data: passwords.set_password(user, data["password"], actor)):
        messages.success(request, _("The new password holds; tell it in person."))
        return redirect("person", user_id=user_id)
    return _person(request, user, password_form=form)


@login_required
@require_POST
def new_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A link by which the person sets a password, shown in this answer and never again; with `reset` all else ends."""
    actor, user = _administrator(request), get_object_or_404(User, pk=user_id)
    make = passwords.reset if request.POST.get("reset") == "1" else passwords.make_link
    _made, secret = make(user, actor)
    address = request.build_absolute_uri(reverse("way_in", args=[secret]))
    return _person(request, user, link=address)


@login_required
@require_POST
def let_in(request: HttpRequest, user_id: int) -> HttpResponse:
    """Shut a person out, or let in again, as `active` says (1 or 0)."""
    actor, user = _administrator(request), get_object_or_404(User, pk=user_id)
    actions.set_active(user, request.POST.get("active") == "1", actor)
    return redirect("person", user_id=user_id)


def _person(request: HttpRequest, user: User, link: str = "", **given: django_forms.Form) -> HttpResponse:
    actor = actor_of(request)
    grants = Grant.objects.filter(user=user).select_related("block").order_by("-pk")
    context: dict[str, Any] = {
        "shown": user,
        "grants": grants,
        "grant_form": GrantForm(),
        "password_form": PasswordForm(),
        "own": actor.id == f"user:{user.pk}",
        "tokens": _theirs(lambda: list(actions.tokens_of(user, actor))),
        "sessions": _theirs(lambda: sessions.of(user, actor, request.session.session_key)),
        "link": link,
        "hours": passwords.LINK_HOURS,
        "now": clock.now(),
        "real_now": clock.real_now(),
        **given,
    }
    status = max((getattr(form, "refused", 200) for form in given.values()), default=200)
    return render(request, "access/person.html", context, status=status)


def _theirs(found: Callable[[], list[T]]) -> list[T] | None:
    """None where they are not this administrator's to see."""
    try:
        return found()
    except Forbidden:
        return None


def _administrator(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    policy.may_manage_users(actor).require()
    return actor


urlpatterns = [
    path("people", people, name="people"),
    path("people/<access_id:user_id>", person, name="person"),
    path("people/<access_id:user_id>/roles", give_role, name="give_role"),
    path("people/<access_id:user_id>/password", new_password, name="new_password"),
    path("people/<access_id:user_id>/link", new_link, name="new_link"),
    path("people/<access_id:user_id>/active", let_in, name="let_in"),
    path("people/roles/<access_id:grant_id>/end", end_role, name="end_role"),
]
