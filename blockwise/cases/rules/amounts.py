"""Field types of format 2 as they are given, kept and written down again: no floats anywhere, so amounts are scaled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from ..kinds.model import Field
from .values import LARGEST_INTEGER, day_at

MOST_DIGITS = 6
LARGEST_MONEY = 9_999_999_999  # in the smallest unit: one digit less than a telephone number has
TIME = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
# ISO 4217: currencies in use, by the digits of their smallest unit.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_CENTS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)
_MILS = "BHD IQD JOD KWD LYD OMR TND"
CURRENCIES: Mapping[str, int] = {
    code: digits for digits, codes in ((0, _WHOLE), (2, _CENTS), (3, _MILS)) for code in codes.split()
}


def choices(field: Field, value: object) -> list[str]:
    """In the order of the declaration, whatever the order given."""
    known = [code for code, _words in field.choices]
    if not isinstance(value, list) or not value or any(one not in known for one in value):
        raise Invalid(_("These are not some of the choices."), where=field.name, fix=_fix_choices(known))
    if len(set(value)) < len(value):
        raise Invalid(_("A choice is given twice."), where=field.name, fix=_("Give each once."))
    return [code for code in known if code in value]


def _fix_choices(known: list[str]) -> str:
    return _("Give a list of: %s.") % ", ".join(known)


def decimal(field: Field, value: object) -> str:
    digits = field.digits or 0
    return written(_scaled(field, value, digits, *bounds(field)), digits)


def money(field: Field, value: object) -> dict[str, Any]:
    """`amount` counts the currency's smallest unit."""
    scaled = _scaled(field, value, CURRENCIES.get(field.currency, 0), *bounds(field))
    return {"amount": scaled, "currency": field.currency}


def bounds(field: Field) -> tuple[int, int]:
    """The least and the most, scaled; `low` and `high` are whole numbers."""
    unit = 10 ** digits_of(field)
    least, most = (0, LARGEST_MONEY) if field.currency else (-LARGEST_INTEGER, LARGEST_INTEGER)
    return (
        least if field.low is None else field.low * unit,
        most if field.high is None else field.high * unit,
    )


def digits_of(field: Field) -> int:
    return CURRENCIES.get(field.currency, 0) if field.currency else field.digits or 0


def pattern(field: Field) -> str:
    """Of the text that is given."""
    digits = digits_of(field)
    return r"^-?[0-9]{1,10}" + (rf"(\.[0-9]{{1,{digits}}})?" if digits else "") + "$"


def _scaled(field: Field, value: object, digits: int, low: int, high: int) -> int:
    text = str(value).strip() if isinstance(value, str) else ""
    if not re.fullmatch(pattern(field), text, re.ASCII):
        fix = _("Give it as text, like %s.") % written(12 * 10**digits, digits)
        raise Invalid(_("This is not such a number."), where=field.name, fix=fix)
    whole, _point, part = text.lstrip("-").partition(".")
    scaled = int(whole + part.ljust(digits, "0")) * (-1 if text.startswith("-") else 1)
    if not low <= scaled <= high:
        words = {"low": written(low, digits), "high": written(high, digits)}
        fix = _("Give a number from %(low)s to %(high)s.") % words
        raise Invalid(_("The number is out of range."), where=field.name, fix=fix)
    return scaled


def written(scaled: int, digits: int) -> str:
    """`1250` with 2 digits is 12.50."""
    text = str(abs(scaled)).rjust(digits + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"


def time_of_day(field: Field, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(TIME, value.strip(), re.ASCII):
        raise Invalid(_("This is not a time of day."), where=field.name, fix=_("Give it like 08:30."))
    return value.strip()


def period(field: Field, value: object) -> dict[str, str]:
    """Both days included."""
    if not isinstance(value, dict) or value.keys() != {"from", "to"}:
        fix = _("Give the first and the last day.")
        raise Invalid(_("This is not a period."), where=field.name, fix=fix)
    first, last = (day_at(value[end], f"{field.name}.{end}") for end in ("from", "to"))
    if last < first:
        fix = _("Give the same day or a later one.")
        raise Invalid(_("It ends before it begins."), where=f"{field.name}.to", fix=fix)
    return {"from": first, "to": last}


def is_choices(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def is_money(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("amount"), int) and value.get("currency") in CURRENCIES


def is_period(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(end), str) for end in ("from", "to"))


def amount(value: Any) -> str:
    """Of kept money, without its currency."""
    return written(value["amount"], CURRENCIES[value["currency"]])
