"""Signing in, one's own tokens and password, and for administrators the people and their roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import path, register_converter
from django.urls.converters import IntConverter
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blockwise import clock
from blockwise.places.queries import city
from blockwise.problems import Problem

from . import actions, policy
from .actors import Actor, actor_for, actor_of, in_force
from .forms import GrantForm, OwnPasswordForm, PasswordForm, PersonForm, TokenForm
from .models import ApiToken, Grant, Role, User
from .periods import first_moment, last_moment
from .signing_in import SignInForm

PEOPLE_A_PAGE = 100
FIRST_PAGES: tuple[tuple[str, frozenset[str]], ...] = (
    (settings.LOGIN_REDIRECT_URL, frozenset({Role.CALL_TAKER, Role.DISPATCHER})),
    ("cases", frozenset({Role.CREW, Role.BLOCK_LEADER, Role.OVERSIGHT})),
    ("people", frozenset({Role.ADMINISTRATOR})),
)


class SignIn(LoginView):
    template_name = "access/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Where this person's work is, when nothing else was asked for."""
        user = self.request.user
        roles = actor_for(user).roles() if isinstance(user, User) else frozenset()
        return resolve_url(next((page for page, who in FIRST_PAGES if roles & who), "tokens"))

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.blocked is not None:
            response.status_code = form.blocked.status
            response["Retry-After"] = str(form.blocked.more["retry_after"])
        return response


def _did(form: django_forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """What `act` returns, or None with the refusal shown in the form, its status in `form.refused`."""
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data) or True
    except Problem as problem:
        form.refused = problem.status  # type: ignore[attr-defined]  # for the page around it
        form.add_error(problem.where if problem.where in form.fields else None, f"{problem.what} {problem.fix}".strip())
        return None


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown in the answer to its making, and never again."""
    actor = actor_of(request)
    user = _user(actor)
    form = TokenForm(request.POST or None)
    made = _did(form, lambda data: actions.make_token(user, data["name"], data["scopes"], actor, days=data["days"]))
    context = {
        "form": TokenForm() if made else form,
        "secret": made[1] if made else "",
        "tokens": ApiToken.objects.filter(user=user).order_by("-pk"),
        "now": clock.real_now(),
    }
    response = render(request, "access/tokens.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def end_token(request: HttpRequest, token_id: int) -> HttpResponse:
    actions.revoke_token(token_id, actor_of(request))
    messages.success(request, _("The token is revoked."))
    return redirect("tokens")


@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """One's own password."""
    actor = actor_of(request)
    user = _user(actor)
    form = OwnPasswordForm(request.POST or None)
    if form.is_valid() and not user.check_password(form.cleaned_data["old"]):
        form.add_error("old", _("This is not your present password."))
    if _did(form, lambda data: actions.set_password(user, data["password"], actor)):
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed."))
        return redirect("password")
    return render(request, "access/password.html", {"form": form})


@login_required
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with the roles in force; and the form for a new person."""
    actor = _administrator(request)
    form = PersonForm(request.POST or None)
    made = _did(form, lambda data: actions.create_user(actor=actor, **data))
    if made:
        messages.success(request, _("%s is there. Give a role now.") % made.name)
        return redirect("person", user_id=made.pk)
    asked = request.GET.get("q", "").replace("\0", "").strip()
    grants = Prefetch("grants", Grant.objects.filter(in_force()).order_by("pk"), to_attr="in_force")
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
    if _did(form, lambda data: _give(user, data, actor)):
        messages.success(request, _("The role is given."))
        return redirect("person", user_id=user_id)
    return _person(request, user, grant_form=form)


def _give(user: User, data: dict[str, Any], actor: Actor) -> Grant:
    zone = ZoneInfo(city().timezone)
    first, last = data["first_day"], data["last_day"]
    starts_at = first_moment(first, zone) if first else None
    return actions.grant(
        user, data["role"], data["block"].strip(), actor, starts_at=starts_at, ends_at=last_moment(last, zone)
    )


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
    if _did(form, lambda data: actions.set_password(user, data["password"], actor)):
        messages.success(request, _("The new password holds; tell it in person."))
        return redirect("person", user_id=user_id)
    return _person(request, user, password_form=form)


@login_required
@require_POST
def let_in(request: HttpRequest, user_id: int) -> HttpResponse:
    """Shut a person out, or let in again, as `active` says (1 or 0)."""
    actor, user = _administrator(request), get_object_or_404(User, pk=user_id)
    actions.set_active(user, request.POST.get("active") == "1", actor)
    return redirect("person", user_id=user_id)


def _person(request: HttpRequest, user: User, **given: django_forms.Form) -> HttpResponse:
    grants = Grant.objects.filter(user=user).select_related("block").order_by("-pk")
    context: dict[str, Any] = {
        "shown": user,
        "grants": grants,
        "grant_form": GrantForm(),
        "password_form": PasswordForm(),
        "own": actor_of(request).id == f"user:{user.pk}",
        "now": clock.now(),
        **given,
    }
    status = max((getattr(form, "refused", 200) for form in given.values()), default=200)
    return render(request, "access/person.html", context, status=status)


def _user(actor: Actor) -> User:
    return User.objects.get(pk=int(actor.id.removeprefix("user:")))


def _administrator(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    policy.may_manage_users(actor).require()
    return actor


class IdConverter(IntConverter):
    """Ids that a database can hold: at most 18 digits."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "access_id")

urlpatterns = [
    path("login", SignIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(next_page="front"), name="logout"),
    path("account/tokens", tokens, name="tokens"),
    path("account/tokens/<access_id:token_id>/end", end_token, name="end_token"),
    path("account/password", password, name="password"),
    path("people", people, name="people"),
    path("people/<access_id:user_id>", person, name="person"),
    path("people/<access_id:user_id>/roles", give_role, name="give_role"),
    path("people/<access_id:user_id>/password", new_password, name="new_password"),
    path("people/<access_id:user_id>/active", let_in, name="let_in"),
    path("people/roles/<access_id:grant_id>/end", end_role, name="end_role"),
]
