"""Every address: the API, health, the language switch, and the rooms' pages (`pages` of their room.py)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from blockwise.rooms import house

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
urlpatterns += [path("", include(room.pages)) for room in house().rooms if room.pages]
