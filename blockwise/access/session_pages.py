"""The sessions of a person: one's own at /account/sessions, others' on their page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from . import ids, lasting, sessions  # noqa: F401  (ids registers access_id)
from .actors import Actor, actor_of
from .models import User


@login_required
@require_GET
def own_sessions(request: HttpRequest) -> HttpResponse:
    actor, user = _oneself(request)
    longest, idle = (int(one.total_seconds()) for one in (lasting.SHIFT, lasting.idle(actor.roles())))
    context = {
        "sessions": sessions.of(user, actor, request.session.session_key),
        "hours": longest // 3600,
        "minutes": idle // 60,
    }
    return render(request, "access/sessions.html", context)


@login_required
@require_POST
def end_own(request: HttpRequest) -> HttpResponse:
    """One's own: the one that is named, or all but this."""
    actor, user = _oneself(request)
    return _ended(request, user, actor, "own_sessions")


@login_required
@require_POST
def end_anothers(request: HttpRequest, user_id: int) -> HttpResponse:
    """Another's: the one that is named, or all."""
    user = get_object_or_404(User, pk=user_id)
    return _ended(request, user, actor_of(request), "person")


@login_required
@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """A hand is on this screen: that it asks is noted like any act. Nothing is said."""
    actor_of(request)
    return HttpResponse(status=204)


def _ended(request: HttpRequest, user: User, actor: Actor, page: str) -> HttpResponse:
    named = request.POST.get("session", "")
    if named:
        sessions.end(user, actor, named)
        messages.success(request, _("The session is ended."))
    else:
        number = sessions.end_others(user, actor, request.session.session_key)
        messages.success(request, _("%d sessions are ended.") % number)
    return redirect(page, user_id=user.pk) if page == "person" else redirect(page)


def _oneself(request: HttpRequest) -> tuple[Actor, User]:
    actor = actor_of(request)
    return actor, User.objects.get(pk=int(actor.id.removeprefix("user:")))


urlpatterns = [
    path("account/sessions", own_sessions, name="own_sessions"),
    path("account/sessions/end", end_own, name="end_own_sessions"),
    path("account/here", here, name="here"),
    path("people/<access_id:user_id>/sessions/end", end_anothers, name="end_sessions"),
]
