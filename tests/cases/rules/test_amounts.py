from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from blockwise.cases.kinds.model import Field, Words
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.rules import amounts
from blockwise.cases.rules.values import parse
from blockwise.cases.screens import forms, schema
from blockwise.problems import Invalid
from blockwise.rooms import house

WORKS = parse_kind((Path(__file__).parents[1] / "kinds" / "format_2" / "works.yaml").read_text(encoding="utf-8"))
ODD: tuple[Any, ...] = (None, True, 1.5, 7, [], {}, "", "x", [["fence"]], {"from": 1}, "１２", "1e3", "12,5", "NaN")


def field(name: str) -> Field:
    found = WORKS.field_named(name)
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("measures", ["lamps", "fence"], ["fence", "lamps"]),
        ("width", "3", "3.00"),
        ("width", " 3.5 ", "3.50"),
        ("width", "100.00", "100.00"),
        ("width", "-0", "0.00"),
        ("deposit", "0", {"amount": 0, "currency": "CNY"}),
        ("deposit", "12.5", {"amount": 1250, "currency": "CNY"}),
        ("deposit", "99999999.99", {"amount": 9_999_999_999, "currency": "CNY"}),
        ("begins", "00:00", "00:00"),
        ("begins", "23:59", "23:59"),
        ("closed", {"from": "2026-11-28", "to": "2026-11-28"}, {"from": "2026-11-28", "to": "2026-11-28"}),
    ],
)
def test_what_is_given_is_kept_without_a_float(name: str, value: Any, kept: Any) -> None:
    assert parse(field(name), value) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("measures", "fence"), ("measures", ["fence", "fence"]), ("measures", ["fence", "wall"]),
        ("width", "3.555"), ("width", "100.01"), ("width", "-0.01"), ("width", "1" * 400), ("width", "."),
        ("deposit", "-1"), ("deposit", "100000000"), ("deposit", {"amount": 1, "currency": "USD"}),
        ("begins", "24:00"), ("begins", "8:30"), ("begins", "08:30:00"), ("begins", "08:60"),
        ("closed", {"from": "2026-11-28"}), ("closed", {"from": "2026-11-28", "to": "2026-11-28", "every": "week"}),
        ("closed", "2026-11-28"),
        *((name, odd) for name in ("measures", "width", "deposit", "begins", "closed") for odd in ODD),
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_its_field(name: str, value: Any) -> None:
    if (name, value) == ("closed", {}):
        value = {"from": None, "to": None}
    with pytest.raises(Invalid) as problem:
        parse(field(name), value)
    assert str(problem.value.where).split(".")[0] == name
    assert problem.value.what
    assert problem.value.fix


def test_a_period_that_ends_before_it_begins_is_refused_at_its_end() -> None:
    with pytest.raises(Invalid) as problem:
        parse(field("closed"), {"from": "2026-11-28", "to": "2026-11-27"})
    assert problem.value.where == "closed.to"


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_what_is_written_down_is_the_number(scaled: int, digits: int) -> None:
    assert Decimal(amounts.written(scaled, digits)) == Decimal(scaled).scaleb(-digits)


@given(st.integers(-(10**9), 10**9), st.integers(1, 6))
def test_a_decimal_read_back_is_the_same(scaled: int, digits: int) -> None:
    text = amounts.written(scaled, digits)
    assert parse(Field("n", "decimal", Words("数", "n"), digits=digits), text) == text


def test_currencies_have_the_digits_of_the_standard() -> None:
    assert {code: amounts.CURRENCIES[code] for code in ("CNY", "JPY", "KWD", "EUR")} == {
        "CNY": 2, "JPY": 0, "KWD": 3, "EUR": 2,
    }  # fmt: skip
    yen = Field("fee", "money", Words("费", "fee"), currency="JPY")
    assert parse(yen, "1200") == {"amount": 1200, "currency": "JPY"}
    with pytest.raises(Invalid):
        parse(yen, "12.50")


KEPT = {
    "measures": ["fence", "lamps"],
    "width": "3.50",
    "begins": "08:30",
    "deposit": {"amount": 125_000, "currency": "CNY"},
    "closed": {"from": "2026-11-28", "to": "2026-12-05"},
}
SHOWN = {
    "measures": ("围挡、夜间警示灯", "fence, lamps at night"),
    "width": ("3.50", "3.50"),
    "begins": ("08:30", "08:30"),
    "deposit": ("1250.00 CNY", "1250.00 CNY"),
    "closed": ("2026-11-28至2026-12-05", "2026-11-28 to 2026-12-05"),
}


@pytest.mark.parametrize("name", KEPT)
def test_it_is_shown_in_both_languages(name: str) -> None:
    kind = house().field_types[field(name).type]
    assert kind.readable(KEPT[name])
    for language, words in zip(("zh-hans", "en"), SHOWN[name], strict=True):
        with override(language):
            assert str(kind.shown(field(name), KEPT[name])) == words


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("damaged", [None, 7, "x", [7], {}, {"amount": "1"}, {"from": 1, "to": 2}])
def test_what_was_damaged_is_shown_all_the_same(name: str, damaged: Any) -> None:
    kind = house().field_types[field(name).type]
    str(kind.shown(field(name), damaged))
    kind.typed(field(name), damaged)


def test_a_form_that_shows_what_is_kept_gives_it_back() -> None:
    act = WORKS.act("extend")
    assert act
    inputs = forms.act_inputs(WORKS, act)
    stands: dict[str, Any] = {}
    for entry in inputs:
        stands |= house().field_types[field(entry.name).type].typed(field(entry.name), KEPT[entry.name])
    filled = {entry.name: entry for entry in forms.filled(inputs, stands)}
    assert filled["measures"].value == ["fence", "lamps"]
    assert [part.value for part in filled["closed"].parts] == ["2026-11-28", "2026-12-05"]
    posted = QueryDict("measures=fence&measures=lamps&closed.from=2026-11-28&closed.to=2026-12-05")
    read = forms.read(inputs, posted)
    assert {name: parse(field(name), value) for name, value in read.items()} == {
        name: KEPT[name] for name in ("measures", "closed")
    }
    assert {entry.name: entry.value for entry in forms.filled(inputs, forms.typed(posted))}["measures"] == [
        "fence", "lamps",
    ]  # fmt: skip
    assert forms.read(inputs, QueryDict("closed.from=&closed.to=")) == {}


def test_one_box_that_is_ticked_is_a_list_of_one() -> None:
    [entry] = [one for one in forms.opening_inputs(WORKS) if one.name == "measures"]
    assert forms.read([entry], QueryDict("measures=lamps")) == {"measures": ["lamps"]}
    assert forms.filled([entry], forms.typed(QueryDict("measures=lamps")))[0].value == ["lamps"]


def test_programs_are_told_what_is_taken() -> None:
    act = WORKS.act("allow")
    assert act
    told = schema.acting(WORKS, act)["properties"]
    assert told["deposit"]["description"] == "As text, from 0.00 to 99999999.99 CNY."
    assert told["begins"]["type"] == "string"
    opened = schema.opening(WORKS)["properties"]["data"]["properties"]
    assert opened["measures"]["items"] == {"enum": ["fence", "detour", "lamps"]}
    assert opened["closed"]["required"] == ["from", "to"]
