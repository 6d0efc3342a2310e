"""The calls of a night at the console: how many keys each takes, and how long, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.pages import ARGUMENTS, CHROMIUM, console, opener
from tests.browser.served import served
from tests.browser.ten_calls import CALLS, Desk, desk_of, happened

from .figures import Figure, Goal

BEFORE = {"keys": 67.0, "s": 8.9}  # a heart attack in Chinese, before types were found by typing


def measure(scratch: Path) -> Iterator[Figure]:
    with served(scratch / "home") as site, sync_playwright() as playwright:
        site.open_calls(12)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for language in ("zh-CN", "en-GB"):
            with opener(chromium, site) as opened:
                page = console(opened("dispatcher", language))
                with desk_of(page, site, chinese=language == "zh-CN") as desk:
                    for call in CALLS:
                        happened(desk, call)
                        assert not desk.wrong, desk.wrong
                        yield from _figures(f"{language} {call.__name__.replace('_', ' ')}", desk, call is CALLS[0])
        chromium.close()


def _figures(what: str, desk: Desk, first: bool) -> Iterator[Figure]:
    """The first is the heart attack, whose keys are to be half of what they were."""
    taken = {"keys": float(desk.keys), "s": desk.seconds}
    for unit, value in taken.items():
        goal = Goal(BEFORE[unit] / 2) if first and unit == "keys" else None
        base, name = (BEFORE[unit], "before, noted by hand") if first else (None, "")
        yield Figure("calls", what, unit, (value,), goal, name, base)
