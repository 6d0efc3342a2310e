"""Passwords: what is common or made of this place's words is refused; long ones of any kind are taken as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from blockwise.access.guessable import TRADE, TRADE_ZH
from blockwise.access.models import User
from tests.people import PASSWORD, People

pytestmark = pytest.mark.django_db
OPERATE = Path(__file__).resolve().parents[2] / "docs" / "operate.md"


def changed(user: User, new: str) -> bool:
    browser = Client()
    browser.force_login(user)
    browser.post("/account/password", {"old": PASSWORD, "password": new})
    return bool(User.objects.get(pk=user.pk).check_password(new))


@pytest.mark.parametrize(
    "guess",
    [
        "1234567890",
        "qwertyuiop",
        "Princess2026",
        "!!iloveyou!!",
        "12sunshine34",
        "Blockwise2026",
        "police-dispatch-1",
        "TinyCity2026!",
        "tiny city police 99",
        "alice20261127",
        "小城公安2026密码",
        "short",
    ],
)
def test_what_is_tried_first_is_refused(people: People, guess: str) -> None:
    assert not changed(people.in_charge, guess)


@pytest.mark.parametrize(
    "good",
    [
        "correct horse police station",
        "aaaaaaaaaaaaaaaaaaab",
        "今天天气很好我们去公园走走",
        " leading and trailing spaces kept ",
        "MiXeD cAsE iS kEpT",
        "x9" * 64,
        "a sentence of a hundred characters or more, which nobody has to shorten because of anything here at all!",
    ],
)
def test_any_composition_is_taken_exactly_as_it_is(people: People, good: str) -> None:
    assert changed(people.in_charge, good)
    shut, user = Client(), {"username": "alice"}
    for other in {good.strip(), good.lower(), good[:-1], good[:72], f"{good} "} - {good}:
        assert shut.post("/login", {**user, "password": other}).status_code == 200
    assert shut.post("/login", {**user, "password": good}).status_code == 302


def test_the_refusal_says_why(people: People) -> None:
    with pytest.raises(ValidationError, match="digits or signs around it"):
        validate_password("sunshine123", people.in_charge)
    with pytest.raises(ValidationError, match="Too little is left"):
        validate_password("blockwise20262027", people.in_charge)


def test_the_words_are_documented() -> None:
    listed = re.search(r"words of the trade \(([^)]*)\)", OPERATE.read_text())
    assert listed
    assert listed[1].replace(",", "").split() == f"{TRADE} {TRADE_ZH}".split()
