"""The calls of a night, one after the other at one console: each is on the record as it happened."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from .pages import console, opener
from .served import served
from .ten_calls import CALLS, desk_of, happened, heart_attack

pytestmark = pytest.mark.browser
MOST_KEYS = 33  # for a heart attack, from the call to the unit on its way: half of what it took once


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_every_call_is_recorded_as_it_happened(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, language: str
) -> None:
    """In a city of its own, where every unit is free when the night begins."""
    with served(tmp_path_factory.mktemp("night")) as site, opener(browser, site) as opened:
        site.open_calls(1)
        page = console(opened("dispatcher", language))
        with desk_of(page, site, chinese=language == "zh-CN") as desk:
            for call in CALLS:
                happened(desk, call)
                print(f"{language} {call.__name__:25} {desk.keys:3} keys {desk.seconds:5.1f} s")
                assert not desk.wrong, (call.__name__, desk.wrong)
                if call is heart_attack:
                    assert desk.keys <= MOST_KEYS
