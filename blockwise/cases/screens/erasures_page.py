"""What will be erased in the next days, and the release of an unusual number."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import actor_of
from blockwise.places.queries import city

from ..engine import announcing


@login_required
@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    policy.may_view_erasures(actor).require()
    context = {
        "due": announcing.look(clock.now()),
        "notice": announcing.NOTICE.days,
        "times": announcing.TIMES,
        "days": announcing.DAYS,
        "least": announcing.USUAL,
        "may_release": bool(policy.may_release_erasures(actor, city().code)),
    }
    return render(request, "cases/erasures.html", context)


@login_required
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    announcing.release(actor_of(request))
    messages.success(request, _("They are released, and will be erased within an hour."))
    return redirect("erasures")
