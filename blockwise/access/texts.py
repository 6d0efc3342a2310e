"""Short texts and moments about users, grants and tokens, as they may be kept."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def plain(value: str, where: str, longest: int = 80, *, empty: bool = False) -> str:
    """`value` without surrounding space. Invalid when it is empty, too long or holds characters that do not print."""
    text = value.strip()
    if not text and not empty:
        raise Invalid(_("This is needed."), where=where, fix=_("Write something."))
    if len(text) > longest:
        raise Invalid(_("This is too long."), where=where, fix=_("Use at most %d characters.") % longest)
    if any(unicodedata.category(character) in {"Cc", "Cs", "Cn"} for character in text):
        raise Invalid(_("This holds characters that do not print."), where=where, fix=_("Remove them."))
    return text


def login_name(value: str) -> str:
    text = plain(value, "login", 60)
    if not _LOGIN.fullmatch(text):
        fix = _("Use letters a-z, digits, dot, hyphen and underscore, beginning with a letter or digit.")
        raise Invalid(_("This is not a login."), where="login", fix=fix)
    return text


def storable(moment: datetime, where: str) -> datetime:
    """An aware moment in UTC, of the years 1970 to 2199."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = datetime.min.replace(tzinfo=UTC)
    if not 1970 <= utc.year < 2200:
        raise Invalid(_("This is not a time of our days."), where=where, fix=_("Give a year from 1970 to 2199."))
    return utc
