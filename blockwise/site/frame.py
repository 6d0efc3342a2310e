"""What every page's frame shows: the city, the way around by role, the person, the city's time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language

from blockwise import clock
from blockwise.access import lasting
from blockwise.access.actors import Actor, actor_of
from blockwise.ledger.models import ReplayClock
from blockwise.places.models import City
from blockwise.places.queries import city
from blockwise.problems import NotFound, Problem
from blockwise.rooms import house


@dataclass(frozen=True)
class Link:
    url: str
    words: Promise
    current: bool


def in_language(zh: str, en: str) -> str:
    """The wording of the present language; the other one where it is missing."""
    chinese = (get_language() or "en").startswith("zh")
    return (zh or en) if chinese else (en or zh)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor for base.html."""
    here = _city()
    actor = _actor(request)
    theme = request.COOKIES.get(f"{settings.COOKIE_PREFIX}theme")
    return {
        "city": here and _shown(here),
        "zone": here.timezone if here else "UTC",
        "now": clock.now(),
        "speed": SimpleLazyObject(lambda: _speed(here)),
        "theme": theme if theme in {"light", "dark"} else "",
        "person": in_language(actor.name, actor.name_en) if actor else "",
        "nav": _nav(request, actor),
        "tiles": settings.TILES,
        "cookies": settings.COOKIE_PREFIX,
        "idle": int(lasting.idle(actor.roles()).total_seconds()) if actor else "",
    }


def _shown(here: City) -> dict[str, str]:
    name = in_language(here.name_zh, here.name_en)
    return {"name": name, "purpose": here.purpose, "code": here.code, "attribution": here.attribution}


def _city() -> City | None:
    try:
        return city()
    except NotFound:
        return None


def _actor(request: HttpRequest) -> Actor | None:
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return None
    try:
        return actor_of(request)
    except Problem:
        return None


def _speed(here: City | None) -> float:
    row = ReplayClock.objects.first() if here and here.purpose == "replay" else None
    return row.speed if row else 1.0


def _nav(request: HttpRequest, actor: Actor | None) -> list[Link]:
    roles = actor.roles() if actor else frozenset()
    match = request.resolver_match
    return [
        Link(reverse(one.page), one.words, match is not None and match.url_name == one.page)
        for one in house().entrances
        if roles & one.roles
    ]


class CityTime:
    """Middleware: every page shows the city's own time."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        here = _city()
        if here is None:
            return self.get_response(request)
        with timezone.override(ZoneInfo(here.timezone)):
            return self.get_response(request)
