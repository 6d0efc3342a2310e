"""Every address: the API, health, the language switch, and the rooms' pages (`urlpatterns` in their pages.py)."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from . import health
from .api import api
from .language import set_language
from .problem_types import explain

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("language/", set_language, name="set_language"),
    path("problems/<slug:code>", explain, name="problem_type"),
]
ROOMS = ("site", "access", "ledger", "places", "cases", "units", "response")
urlpatterns += [path("", include(f"blockwise.{room}.pages")) for room in ROOMS if find_spec(f"blockwise.{room}.pages")]
