"""Text outside the vault must not identify a person: what would is refused, and told where it can be written.

Looked for are numbers and addresses by which a person is found, as China and the United States write them; names and
what is described in words cannot be told by their form. Plates of other countries, and passports that are digits
alone, are found only beside their word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .numbers import YEAR, is_card, is_identity, is_telephone
from .text import forms, numbers


@dataclass(frozen=True)
class Seen:
    """What a text holds, and where it is to be written instead."""

    what: Promise
    instead: Promise


_CONTACT = _("Put it into the contact: that is sealed.")
_DESCRIPTION = _("Put it into the description, if the case needs it: that is sealed.")

IDENTITY = Seen(_("an identity number"), _DESCRIPTION)
TELEPHONE = Seen(_("a phone number"), _CONTACT)
CARD = Seen(_("a bank card's number"), _DESCRIPTION)
PLATE = Seen(_("a number plate"), _DESCRIPTION)
TRAVEL = Seen(_("the number of a passport or travel permit"), _DESCRIPTION)
MAIL = Seen(_("an e-mail address"), _CONTACT)

_CALLED = r"(?:号码|号|NO\.?|NUMBER|[ :.#是为])*"
_BEGIN, _END = r"(?<![A-Z0-9])", r"(?![A-Z0-9])"
_PART = r"[ .\-]{0,2}"
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_PLACE = r"[A-HJ-NP-Z0-9]"
_LAST = rf"{_PART}{_PLACE}{{1,2}}(?![A-Z0-9]|[.\-][0-9])|{_PART}[学警挂港澳领试超]"
_TAIL = rf"(?=(?:[A-Z .\-]{{0,4}}[0-9]){{3}}){_PLACE}(?:{_PART}{_PLACE}){{3}}(?:{_LAST})"
_NUMBERED = rf"(?!{YEAR.pattern})"  # a letter and a year begin a reference number

_RULES: tuple[tuple[re.Pattern[str], Seen], ...] = tuple(
    (re.compile(pattern), seen)
    for pattern, seen in (
        (rf"(?:SSN|SOCIAL SECURITY){_CALLED}[0-9]{{9}}(?![0-9])", IDENTITY),
        (r"(?<![0-9])[1578][0-9]{6} ?\([0-9]\)", IDENTITY),  # Macau
        (rf"(?:电话|手机|座机|传真|联系方式|(?<![A-Z])(?:TEL|TELEPHONE|PHONE|MOBILE|FAX)){_CALLED}(?!20[0-3][0-9][01])"
         r"[2-9][0-9]{2,3}[ \-]?[0-9]{4}(?![0-9])", TELEPHONE),
        (rf"{_PROVINCE}{_PART}[A-HJ-NP-Z]{_PART}{_TAIL}", PLATE),
        (rf"{_BEGIN}WJ{_PART}(?:{_PROVINCE}|[0-9]{{2}}){_PART}[0-9]{{4}}{_PLACE}?{_END}", PLATE),
        (r"使[ .\-]{0,2}[0-9]{3}[ .\-]{0,2}[0-9]{3}(?![0-9])", PLATE),
        (rf"{_BEGIN}(?:[EGDSPHMK][ \-]?{_NUMBERED}[0-9]{{8}}|[HM][ \-]?{_NUMBERED}[0-9]{{10}}"
         rf"|(?:E[A-Z]|[DSP]E)[ \-]?{_NUMBERED}[0-9]{{7}}){_END}", TRAVEL),
        (rf"(?:护照|通行证|回乡证|台胞证|PASSPORT|TRAVEL PERMIT){_CALLED}[A-Z]{{0,2}}[ \-]?[0-9]{{7,10}}{_END}",
         TRAVEL),
        (r"[\w.%+\-]+ ?(?:@|[(\[]AT[)\]]) ?\w[\w\-]*(?: ?(?:\.|[(\[]DOT[)\]]) ?\w[\w\-]*)* ?(?:\.|[(\[]DOT[)\]]) ?"
         r"[^\W\d_]{2,}", MAIL),
    )
)  # fmt: skip
_HONG_KONG = re.compile(rf"{_BEGIN}([A-Z]{{1,2}})([0-9]{{6}}) ?\(([0-9A])\)")
_TAIWAN = re.compile(rf"{_BEGIN}([A-Z])(?!{YEAR.pattern})([1289][0-9]{{8}}){_END}")
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # 10, 11, ...


def found_in(text: str) -> Seen | None:
    """What in `text` would identify a person; None when nothing does (by its form, no more)."""
    return next((seen for form in forms(text) if (seen := _in_form(form))), None)


def _in_form(form: str) -> Seen | None:
    for pattern, seen in _RULES:
        if pattern.search(form):
            return seen
    if any(map(_is_hong_kong, _HONG_KONG.finditer(form))) or any(map(_is_taiwan, _TAIWAN.finditer(form))):
        return IDENTITY
    found = list(numbers(form))
    tests = ((is_identity, IDENTITY), (is_card, CARD), (is_telephone, TELEPHONE))
    return next((seen for is_one, seen in tests if any(map(is_one, found))), None)


def _is_hong_kong(found: re.Match[str]) -> bool:
    """The last place checks the others: weights 9 (of a second letter) to 1, modulo 11."""
    letters, digits, last = found.groups()
    values = [36, *(ord(letter) - 55 for letter in letters)][-2:] + [int(d) for d in digits]
    values.append(10 if last == "A" else int(last))
    return _weighed(values, (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _is_taiwan(found: re.Match[str]) -> bool:
    letter = _TAIWAN_LETTERS.index(found[1]) + 10
    values = [letter // 10, letter % 10, *(int(d) for d in found[2])]
    return _weighed(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def _weighed(values: list[int], weights: tuple[int, ...]) -> int:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))
