"""Passwords: what is common or made of this place's words is refused; long ones of any kind are taken as they are."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from blockwise.access.guessable import TRADE, TRADE_ZH, NotCommon
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
        "P@ssw0rd2024!",
        "1qaz2wsx3edc",
        "passwordpassword",
        "aaaaaaaaaaaaaaaaaaab",
        "abcdefghijklmnop",
        "woaini1314520",
        "2026-11-28ab",
        "ab1" * 60,
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
        "kJ3v9QxT7m",
        "今天天气很好我们去公园走走",
        " leading and trailing spaces kept ",
        "MiXeD cAsE iS kEpT",
        "kJ3v9QxT7mWz2RbY" * 8,
        "a sentence of a hundred characters or more, which nobody has to shorten because of anything here at all!",
    ],
)
def test_any_composition_is_taken_exactly_as_it_is(people: People, good: str) -> None:
    assert changed(people.in_charge, good)
    shut, user = Client(), {"username": "alice"}
    for other in {good.strip(), good.lower(), good[:-1], good[:72], f"{good} "} - {good}:
        assert shut.post("/login", {**user, "password": other}).status_code == 200
    assert shut.post("/login", {**user, "password": good}).status_code == 302


def test_three_thousand_and_more_of_those_long_enough_are_refused() -> None:
    """Of the 10,000 most common words, each made long enough as people do."""
    check = NotCommon()
    words = sorted(word for word in check.passwords if 6 <= len(word) <= 9 and word.isalpha())[::40]
    assert len(words) > 100

    def refused(password: str) -> bool:
        with suppress(ValidationError):
            check.validate(password)
            return False
        return True

    assert [
        word for word in words for made in (f"{word}2026", f"{word.title()}123!", word * 2) if not refused(made)
    ] == []


def test_a_long_one_is_looked_at_in_a_moment() -> None:
    """An estimate that grows with the length would hold a thread for minutes."""
    began = time.perf_counter()
    for password in ("a1b2" * 50, "password" * 25, "1" * 200, "qwerty12" * 25):
        with suppress(ValidationError):
            NotCommon().validate(password)
    assert time.perf_counter() - began < 5


def test_the_refusal_says_why(people: People) -> None:
    with pytest.raises(ValidationError, match="is soon found"):
        validate_password("sunshine1234", people.in_charge)
    with pytest.raises(ValidationError, match="Too little is left"):
        validate_password("blockwise20262027", people.in_charge)


def test_the_words_are_documented() -> None:
    listed = re.search(r"words of the trade \(([^)]*)\)", OPERATE.read_text())
    assert listed
    assert listed[1].replace(",", "").split() == f"{TRADE} {TRADE_ZH}".split()
