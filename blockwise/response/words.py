"""The words of this room: what units can do, and what their status means."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.units.models import Meaning

CAPABILITIES: Mapping[str, Promise] = {
    "patrol": _("patrol"),
    "fast": _("motorcycle"),
    "foot": _("foot patrol"),
    "fire": _("fire engine"),
    "ladder": _("ladder"),
    "rescue": _("rescue"),
    "medical": _("ambulance"),
    "hazmat": _("hazardous materials"),
    "command": _("officer in command"),
    "support": _("support vehicle"),
    "investigation": _("investigation"),
    "volunteer": _("volunteers"),
}
MEANINGS: Mapping[str, Promise] = {
    Meaning.OFF_DUTY: _("off duty"),
    Meaning.AVAILABLE: _("free"),
    Meaning.COMMITTED: _("sent"),
    Meaning.EN_ROUTE: _("en route"),
    Meaning.ON_SCENE: _("on scene"),
    Meaning.TRANSPORTING: _("transporting"),
    Meaning.AT_HOSPITAL: _("at hospital"),
    Meaning.UNAVAILABLE: _("not available"),
}
