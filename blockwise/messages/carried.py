"""What every carrier says: the words of a message for one reader, and how it went."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from blockwise.access.models import User
from blockwise.places.queries import city

from .models import Delivery
from .queries import subjects, worded
from .topics import topic


class NotTakenError(Exception):
    """It was not taken; `str` of it is kept, and holds nothing of what was said."""


class GoneError(Exception):
    """Nothing is taken there any more: the way is ended."""


class Said(NamedTuple):
    subject: str
    text: str


def said(row: Delivery) -> Said:
    """The message in the reader's language, or the city's first, with where more is to be seen; nothing in it acts."""
    message = row.message
    with override(language_of(row.way.person)):
        found = topic(message.topic)
        words = worded(found, message, subjects([message]).get(message.case or 0))
        link = address(found.page(message.data))
        text = f"{words}\n\n{link}\n\n" if link else f"{words}\n\n"
        return Said(words, text + _("Sent by Blockwise because you asked for it. Answer in Blockwise, not here."))


def language_of(person: User | None) -> str:
    """The reader's language, or the city's first."""
    languages = city().languages
    return (person.language if person else "") or ("zh-hans" if languages and languages[0] == "zh" else "en")


def address(path: str) -> str:
    """The path under BLOCKWISE_URL; empty without it."""
    return f"{settings.URL}{path}" if settings.URL else ""
