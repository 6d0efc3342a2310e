"""Numbers that stand for one person: identity, telephone and bank card numbers.

A number that begins with a year (2000 to 2039) is a reference number. Numbers of services are let pass: 400 and 800
belong to firms and offices only, and short ones (110, 12345, 95588) to nobody alone.
"""

from __future__ import annotations

import re
from datetime import date

from blockwise import clock

from .text import Number

_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_YOUNGEST, _OLDEST = 10, 96  # years: below, a date is more often that of a case; above, part of a block's code
YEAR = re.compile("20[0-3][0-9]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_SIZES = frozenset(
    {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (5, 6), (1, 10), (1, 2, 4, 4)}
    | {(3, 2, 2, 2, 2), (2, 2, 2, 2, 2, 1), (1, 2, 2, 2, 2, 2), (1,) * 11}
)
_AREA = re.compile(r"0(10|2\d|[3-9]\d\d)([2-8]\d{6,7})")
_TAIWAN_MOBILE = re.compile(r"09\d{8}")
_NORTH_AMERICA = re.compile(r"([2-9]\d\d)[2-9]\d{6}")
_NORTH_AMERICA_SIZES = frozenset({(10,), (3, 3, 4), (3, 7), (6, 4), (3, 4, 3), (1,) * 10})
_SERVICES = ("400", "800")
_SOCIAL = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|9[4589])\d{14}|9[4589]\d{17}"
    r"|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3[0689]\d{12,17}|35\d{14,17}"
    r"|(?:50|5[6-8]|6\d)\d{10,17}"
)


def is_identity(number: Number) -> bool:
    """Chinese identity numbers of 18 (GB 11643) and of 15 places; United States' social security numbers.

    Eighteen places need no right check digit where the day of birth is long ago: a slip still identifies.
    """
    digits = number.digits
    if number.sizes == (3, 2, 4):
        return bool(_SOCIAL.fullmatch(digits)) and not number.part
    if not _PROVINCES.match(digits):
        return False
    if re.fullmatch(r"\d{17}[\dX]", digits):
        age = _age(digits[6:14])
        return age is not None and age >= 0 and (age > _YOUNGEST or _check_digit(digits) == digits[-1])
    if re.fullmatch(r"\d{15}", digits):
        age = _age(f"19{digits[6:12]}")
        return age is not None and age <= _OLDEST
    return False


def _age(day: str) -> int | None:
    """Years since the day (yyyymmdd), negative if it is to come; None where it is no day since 1900."""
    try:
        born = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None
    days = (clock.now().date() - born).days
    return days // 365 if born.year >= 1900 else None


def _check_digit(digits: str) -> str:
    return "10X98765432"[sum(int(d) * weight for d, weight in zip(digits[:17], _WEIGHTS, strict=True)) % 11]


def is_telephone(number: Number) -> bool:
    """Mobile numbers, numbers with an area code, of China and North America, and any with a country's code."""
    if "X" in number.digits:
        return False
    home = _home(number)
    return any(_is_mobile(one) or _is_landline(one) for one in (number, *home)) or _is_abroad(number)


def _home(number: Number) -> list[Number]:
    """The number without China's code, its area code begun with 0 again."""
    found = []
    for code in ("0086", "86", "086"):
        first, *rest = number.groups
        if first == code and rest:
            found += [Number(tuple(rest)), Number((f"0{rest[0]}", *rest[1:]))]
        elif first.startswith(code) and len(number.digits) > 11:
            found += [Number((first[len(code) :], *rest))]
            if number.plus or code == "0086":
                found += [Number((f"0{first[len(code) :]}", *rest))]
    return found


def _is_mobile(number: Number) -> bool:
    digits, sizes = number.digits, number.sizes
    if digits.startswith("01") and len(digits) == 12:  # dialled from another city
        digits, sizes = digits[1:], (sizes[0] - 1, *sizes[1:]) if sizes[0] > 1 else sizes[1:]
    return bool(_MOBILE.fullmatch(digits)) and sizes in _MOBILE_SIZES


def _is_landline(number: Number) -> bool:
    if _TAIWAN_MOBILE.fullmatch(number.digits):
        return number.sizes in {(10,), (4, 3, 3), (4, 6), (2, 4, 4), (1,) * 10}
    found = _AREA.fullmatch(number.digits)
    if not found or (len(found[1]) == 2 and len(found[2]) != 8):
        return False
    return number.sizes[0] in (1 + len(found[1]), len(number.digits)) or set(number.sizes) == {1}


def _is_abroad(number: Number) -> bool:
    digits = number.digits
    if number.plus and digits[0] != "0" and 8 <= len(digits) <= 15:
        return True
    if digits.startswith("00"):
        enough = 10 if digits[2:3] == "1" else 7 if len(number.groups) > 1 else 10
        return digits[2:3] != "0" and enough < len(digits) - 2 <= 15
    if digits[0] == "1" and len(digits) == 11:
        first = number.groups[0][1:]
        number = Number(((first,) if first else ()) + number.groups[1:])
    return _is_north_american(number)


def _is_north_american(number: Number) -> bool:
    found = _NORTH_AMERICA.fullmatch(number.digits)
    if not found or number.sizes not in _NORTH_AMERICA_SIZES or found[1] in _SERVICES:
        return False
    return len(number.groups) > 1 or not YEAR.match(number.digits)


def is_card(number: Number) -> bool:
    """A bank card: a length and beginning that are in use, and the sum of Luhn. Twelve places may be a block's code."""
    digits = number.digits
    if not _CARD.fullmatch(digits) or (len(digits) == 12 and _PROVINCES.match(digits)):
        return False
    return _in_fours(number.sizes) and _luhn(digits)


def _in_fours(sizes: tuple[int, ...]) -> bool:
    return len(sizes) <= 3 or (set(sizes[:-1]) == {4} and sizes[-1] <= 4)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(int(d) for d in digits[-1::-2]) + sum(doubled)) % 10 == 0
