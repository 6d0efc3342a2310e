"""A screen that nobody touches says before its end that it ends; a hand keeps it, what it fetches does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .pages import console, opener
from .served import Site

pytestmark = pytest.mark.browser
MINUTE = 60_000  # ms


@pytest.fixture
def dispatcher(browser: Browser, site: Site) -> Iterator[Page]:
    with opener(browser, site) as open_page:
        page = open_page("dispatcher")
        page.clock.install()
        yield page


def told(page: Page) -> list[str]:
    """The hands that this page tells of, from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.method) if request.url.endswith("/account/here") else None)
    return found


def test_a_console_that_is_watched_says_when_it_ends_and_a_key_keeps_it(dispatcher: Page) -> None:
    console(dispatcher, "/console/")
    hands = told(dispatcher)
    dispatcher.clock.fast_forward(114 * MINUTE)
    expect(dispatcher.locator("#idle")).to_have_count(0)
    dispatcher.clock.fast_forward(2 * MINUTE)
    expect(dispatcher.get_by_role("alert").filter(has_text="you are signed out")).to_be_visible()
    assert hands == []
    with dispatcher.expect_response("**/account/here") as answer:
        dispatcher.keyboard.press("Shift")
    assert answer.value.status == 204
    expect(dispatcher.locator("#idle")).to_have_count(0)
    dispatcher.keyboard.press("Shift")
    assert hands == ["POST"]


def test_a_hand_on_another_page_of_the_browser_keeps_this_one_quiet(dispatcher: Page) -> None:
    console(dispatcher, "/console/")
    dispatcher.clock.fast_forward(116 * MINUTE)
    expect(dispatcher.locator("#idle")).to_be_visible()
    dispatcher.evaluate("localStorage.setItem('hand', Date.now())")  # as another page does
    dispatcher.clock.fast_forward(MINUTE)
    expect(dispatcher.locator("#idle")).to_have_count(0)
