"""The inbox, and how one wants to be told outside."""

from __future__ import annotations

from django.contrib import messages as said
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.problems import Problem
from blockwise.rooms import house

from . import actions, delivering, queries, vapid, ways
from .models import Carrier

LARGEST_ID = 2**63 - 1


def number(text: str | None) -> int | None:
    """An id as a query or a form has it; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and 0 < int(text[:20]) <= LARGEST_ID else None


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Opening a message's page is no reading of it: only a POST acts."""
    actor, done = actor_of(request), request.GET.get("state") == "done"
    found = queries.inbox(actor, done=done, before=number(request.GET.get("before")))
    more = found[-1].message.pk if len(found) == queries.PAGE else None
    return render(
        request, "inbox/inbox.html", {"rows": found, "done": done, "more": more, "unread": queries.unread(actor)}
    )


@login_required
@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    ids = [found for text in request.POST.getlist("message")[: actions.MOST] if (found := number(text))]
    (actions.done if request.POST.get("as") == "done" else actions.read)(actor, ids)
    return redirect("inbox")


@login_required
@require_http_methods(["GET", "POST"])
def ways_page(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    may_all = bool(policy.may_manage_settings(actor))
    problem, secret = None, ""
    if request.method == "POST":
        try:
            secret = _add(actor, request.POST)
        except Problem as found:
            problem = found
        else:
            said.success(request, _("You are told there from now on."))
            if not secret:
                return redirect("ways")
    mine = list(ways.ways_of(actor))
    everybody = list(ways.ways_of(actor, installation=True)) if may_all else []
    context = {
        "mine": [(way, delivering.failing(way)) for way in mine],
        "installation": [(way, delivering.failing(way)) for way in everybody],
        "may_all": may_all,
        "carriers": [(one.value, one.label) for one in ways.TYPED],
        "push_key": vapid.public_key(),
        "topics": house().topics.values(),
        "given": request.POST,
        "chosen": request.POST.getlist("topics"),
        "problem": problem,
        "secret": secret,
    }
    return render(request, "inbox/ways.html", context, status=problem.status if problem else 200)


def _add(actor: Actor, given: QueryDict) -> str:
    """The secret to show once; empty where there is none."""
    address, topics = given.get("address", ""), given.getlist("topics")
    if given.get("carrier") == Carrier.PUSH:
        ways.add_browser(actor, address, given.get("point", ""), given.get("secret", ""), topics)
        return ""
    installation = given.get("whose") == "installation"
    return ways.add(actor, given.get("carrier", ""), address, topics, installation=installation)[1]


@login_required
@require_POST
def end_way(request: HttpRequest, way_id: int) -> HttpResponse:
    ways.end(actor_of(request), way_id)
    said.success(request, _("Nothing goes there any more."))
    return redirect("ways")


urlpatterns = [
    path("messages/", inbox, name="inbox"),
    path("messages/mark", mark, name="inbox-mark"),
    path("messages/ways", ways_page, name="ways"),
    path("messages/ways/<access_id:way_id>/end", end_way, name="way-end"),
]
