"""The types of fields that came with format 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blockwise.rooms import FieldType, JsonSchema, Said

from ..kinds.model import Field, meanings
from . import amounts, values
from .inputs import Input

DAY: JsonSchema = {"type": "string", "format": "date"}
PERIOD: JsonSchema = {
    "type": "object",
    "required": ["from", "to"],
    "additionalProperties": False,
    "properties": {"from": DAY, "to": DAY},
    "description": "Days, both included.",
}


IN_CONFIDENCE = "Sealed; shown only by a look of its own, for an open act that needs it. Every look is a line."


def _several(field: Field) -> JsonSchema:
    codes = [code for code, _words in field.choices]
    return {
        "type": "array",
        "items": {"enum": codes},
        "minItems": 1,
        "uniqueItems": True,
        "description": meanings(field.choices),
    }


def _amount(field: Field) -> JsonSchema:
    digits = amounts.digits_of(field)
    low, high = (amounts.written(bound, digits) for bound in amounts.bounds(field))
    unit = f" {field.currency}" if field.currency else ""
    said = f"As text, from {low} to {high}{unit}."
    return {"type": "string", "pattern": amounts.pattern(field), "description": said}


def _ends(field: Field) -> Mapping[str, Any]:
    ends = (("from", _("First day")), ("to", _("Last day")))
    return {"parts": tuple(Input(f"{field.name}.{end}", words, "date") for end, words in ends)}


def _chosen(field: Field, value: Any) -> Any:
    if not amounts.is_choices(value):
        return value
    known = dict(field.choices)
    return gettext(", ").join(str(known.get(one, one)) for one in value)


def _money(_field: Field, value: Any) -> Any:
    return f"{amounts.amount(value)} {value['currency']}" if amounts.is_money(value) else value


def _money_typed(field: Field, value: Any) -> Mapping[str, Any]:
    return {field.name: amounts.amount(value)} if amounts.is_money(value) else {}


def _days_typed(field: Field, value: Any) -> Mapping[str, Any]:
    return {f"{field.name}.{end}": value[end] for end in ("from", "to")} if amounts.is_period(value) else {}


def _days(_field: Field, value: Any) -> Any:
    return _("%(from)s to %(to)s") % value if amounts.is_period(value) else value


def _few(field: Field) -> Iterator[Said]:
    if len(field.choices) < 2:
        yield "has fewer than two choices", "Several could not be given", "Write choices, or the type boolean"


def _digits(field: Field) -> Iterator[Said]:
    if field.digits is None:
        yield "has no digits", "Nobody would know how exact it is", f"Write digits: 1 to {amounts.MOST_DIGITS}"
    yield from _range(field)


def _currency(field: Field) -> Iterator[Said]:
    if field.currency not in amounts.CURRENCIES:
        yield f"has the currency {field.currency!r}", "It is a code of ISO 4217", "Write currency: CNY, for example"
    if field.low is not None and field.low < 0:
        yield "has low below 0", "An amount of money is not negative", "Write low: 0, or leave it out"
    yield from _range(field)


def _range(field: Field) -> Iterator[Said]:
    low, high = amounts.bounds(field)
    least, most = amounts.bounds(
        Field(field.name, field.type, field.label, digits=field.digits, currency=field.currency)
    )
    if low > high:
        yield "has low above high", "No number would fit", "Swap them"
    elif low < least or high > most:
        way_out = "Correct low and high, or write fewer digits"
        yield "reaches further than is kept", "A number as long as a telephone number is none", way_out


LATER_TYPES = (
    FieldType(
        "choices", _("several choices"), amounts.choices, _several, lambda field: {"choices": field.choices},
        shown=_chosen, keys=frozenset({"choices"}), faults=_few, since=2, readable=amounts.is_choices,
    ),
    FieldType(
        "decimal", _("decimal number"), amounts.decimal, _amount,
        keys=frozenset({"digits", "low", "high"}), faults=_digits, since=2,
    ),
    FieldType(
        "money", _("amount of money"), amounts.money, _amount, lambda field: {"unit": field.currency}, shown=_money,
        typed=_money_typed, keys=frozenset({"currency", "low", "high"}), faults=_currency, since=2,
        readable=amounts.is_money,
    ),
    FieldType(
        "time", _("time of day"), amounts.time_of_day,
        lambda _field: {"type": "string", "pattern": amounts.TIME, "description": "As the city's clocks show it."},
        since=2,
    ),
    FieldType(
        "period", _("period of days"), amounts.period, lambda _field: PERIOD, _ends, shown=_days, typed=_days_typed,
        since=2, readable=amounts.is_period,
    ),
    FieldType(
        "confidence", _("text told in confidence"), values.text,
        lambda _field: {"type": "string", "maxLength": values.LONGEST_TEXT, "description": IN_CONFIDENCE},
        sealed=True, free=True, looked=True, alone=True, since=2,
    ),
)  # fmt: skip
