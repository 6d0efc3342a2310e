"""To the provider of single sign-on and back."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from blockwise.problems import NotFound

from . import elsewhere, factors, half_in, throttle
from .first_page import enter

RATE, BURST = 0.5, 10  # of a network, a second and at once: each is a question to the provider
log = logging.getLogger("blockwise.access")


@require_POST
def to_elsewhere(request: HttpRequest) -> HttpResponse:
    """Asked for by a person's own press of the button; the browser goes on from a page, as forms lead nowhere else."""
    _demand_provider()
    _slow(request)
    to = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        to = ""
    try:
        address = elsewhere.begin(request, to, again=to.startswith(reverse("account")))
    except elsewhere.Refused as refusal:
        return _told(request, refusal)
    return render(request, "access/elsewhere.html", {"address": address, "provider": settings.OIDC})


@require_GET
def elsewhere_back(request: HttpRequest) -> HttpResponse:
    """In, or to the second factor where there is one here and none was believed there."""
    _demand_provider()
    _slow(request)
    try:
        came = elsewhere.back(request)
    except elsewhere.Refused as refusal:
        return _told(request, refusal)
    if factors.has(came.user) and not came.factor:
        half_in.begin(request, came.user, came.to)
        return redirect("factor")
    return enter(request, came.user, came.to, "elsewhere" if came.factor else "", elsewhere=came)


def _told(request: HttpRequest, refusal: elsewhere.Refused) -> HttpResponse:
    log.warning("nobody was signed in by the provider: %s", refusal)
    messages.error(
        request, _("You could not be signed in by what was said elsewhere. Use your password, or ask an administrator.")
    )
    return redirect("login")


def _slow(request: HttpRequest) -> None:
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    throttle.bucket(f"elsewhere:{network}", RATE, burst=BURST)


def _demand_provider() -> None:
    if settings.OIDC is None:
        raise NotFound(_("Nobody signs in elsewhere here."))


urlpatterns = [
    path("login/elsewhere", to_elsewhere, name="elsewhere"),
    path("login/elsewhere/back", elsewhere_back, name="elsewhere_back"),
]
