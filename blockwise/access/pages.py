"""Signing in, and one's own tokens and password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from blockwise import clock

from . import actions, elsewhere_pages, factor_pages, factors, half_in, ids, passwords, people_pages, session_pages  # noqa: F401  (ids registers access_id)
from .actors import Actor, actor_of
from .first_page import enter, first_page
from .forms import OwnPasswordForm, PasswordForm, TokenForm, did
from .models import ApiToken, User
from .signing_in import SignInForm


class SignIn(LoginView):
    template_name = "access/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return first_page(self.request.user)

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        return super().get_context_data(**given, provider=settings.OIDC)

    def form_valid(self, form: Any) -> HttpResponse:
        """In, or to the page of the second factor: until it is shown, nobody is signed in."""
        user, to = form.get_user(), self.get_redirect_url()
        if factors.has(user):
            half_in.begin(self.request, user, to)
            return redirect("factor")
        return enter(self.request, user, to)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.blocked is not None:
            response.status_code = form.blocked.status
            response["Retry-After"] = str(form.blocked.more["retry_after"])
        return response


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown in the answer to its making, and never again."""
    actor = actor_of(request)
    user = _user(actor)
    form = TokenForm(request.POST or None)
    made = did(form, lambda data: actions.make_token(user, data["name"], data["scopes"], actor, days=data["days"]))
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
    actor = actor_of(request)
    token = actions.revoke_token(token_id, actor)
    messages.success(request, _("The token is revoked."))
    return redirect("tokens") if actor.id == f"user:{token.user_id}" else redirect("person", user_id=token.user_id)


@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """One's own password."""
    actor = actor_of(request)
    user = _user(actor)
    form = OwnPasswordForm(request.POST or None)
    if form.is_valid() and not user.check_password(form.cleaned_data["old"]):
        form.add_error("old", _("This is not your present password."))
    if did(form, lambda data: passwords.set_password(user, data["password"], actor)):
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed."))
        return redirect("password")
    return render(request, "access/password.html", {"form": form})


@require_http_methods(["GET", "POST"])
def way_in(request: HttpRequest, secret: str) -> HttpResponse:
    """Where a one-time link leads: the password is set there; signing in is another step."""
    user = passwords.link_of(secret).user
    form = PasswordForm(request.POST or None)
    if did(form, lambda data: passwords.use_link(secret, data["password"])):
        messages.success(request, _("Your password is set. Sign in with it."))
        return redirect("login")
    return render(request, "access/way_in.html", {"form": form, "shown": user})


def _user(actor: Actor) -> User:
    return User.objects.get(pk=int(actor.id.removeprefix("user:")))


urlpatterns = [
    path("login", SignIn.as_view(), name="login"),
    path("logout", LogoutView.as_view(next_page="front"), name="logout"),
    path("way-in/<slug:secret>", way_in, name="way_in"),
    path("account/tokens", tokens, name="tokens"),
    path("account/tokens/<access_id:token_id>/end", end_token, name="end_token"),
    path("account/password", password, name="password"),
    *factor_pages.urlpatterns,
    *people_pages.urlpatterns,
    *elsewhere_pages.urlpatterns,
    *session_pages.urlpatterns,
]
