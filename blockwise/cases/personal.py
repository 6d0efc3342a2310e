"""Text outside the vault must not identify a person: identity numbers, phone numbers and plates are refused."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_IDENTITY = re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
_SOCIAL = re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_NORTH_AMERICA = re.compile(r"(?<!\d)(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?!\d)")
_INTERNATIONAL = re.compile(r"(?<!\w)\+\d(?:[ -]?\d){7,14}(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ ·]?[A-HJ-NP-Z0-9]{5,6}(?![A-Z0-9])"
)

_RULES: tuple[tuple[re.Pattern[str], Promise], ...] = (
    (_IDENTITY, _("an identity number")),
    (_SOCIAL, _("an identity number")),
    (_MOBILE, _("a phone number")),
    (_NORTH_AMERICA, _("a phone number")),
    (_INTERNATIONAL, _("a phone number")),
    (_PLATE, _("a number plate")),
)


def found_in(text: str) -> Promise | None:
    """What in `text` would identify a person, in words; None when nothing does (by the patterns above, no more)."""
    plain = text.translate(_FULL_WIDTH)
    return next((words for pattern, words in _RULES if pattern.search(plain)), None)


_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)} | {
    ord("－"): ord("-"),
    ord("　"): ord(" "),
}
