"""Below a desk's width one part of the console fills the screen, and nothing urgent is out of sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener
from .served import Site
from .test_look import ASIDE, serious

pytestmark = pytest.mark.browser
PARTS = {"queue": "#queue-box", "case": "#side", "map": "#map-box", "units": "#units"}
LEAST = 400  # pixels of 768, with all that may have to be told above it


def narrow(opened: Opener, width: int, language: str = "en-GB", *, dark: bool = False) -> Page:
    page = opened("dispatcher", language, width=width, dark=dark)
    page.goto("/console/")
    page.wait_for_selector("#case .panel", state="attached")
    return page


def shown(page: Page) -> list[str]:
    return [name for name, selector in PARTS.items() if page.locator(selector).is_visible()]


@pytest.mark.parametrize(
    ("width", "language", "dark"), [(390, "en-GB", False), (390, "zh-CN", True), (911, "en-GB", True)]
)
def test_one_part_fills_the_screen_and_priority_1_is_told_in_each(
    opened: Opener, site: Site, width: int, language: str, dark: bool
) -> None:
    site.take_call("medical.emergency", "not breathing")
    page = narrow(opened, width, language, dark=dark)
    assert shown(page) == ["queue"]
    for name, selector in PARTS.items():
        page.locator(f"#parts [data-show={name}]").click()
        assert shown(page) == [name]
        box = page.locator(selector).bounding_box()
        assert box
        assert (box["width"], box["height"] > LEAST) == (width, True)
        expect(page.locator("#urgent")).to_be_visible()
        assert page.evaluate(ASIDE) <= 0
        assert page.evaluate("() => document.documentElement.scrollHeight") == 768
        assert serious(page) == []


def test_what_works_in_another_part_brings_it_forward(opened: Opener, site: Site) -> None:
    site.take_call("medical.emergency", "not breathing")
    page = narrow(opened, 390)
    page.locator("#queue a").first.click()
    assert shown(page) == ["case"]
    page.keyboard.press("]")
    assert shown(page) == ["map"]
    page.keyboard.press("c")  # an act of the case
    expect(page.locator("#act-form form")).to_be_visible()
    assert shown(page) == ["case"]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("U")
    expect(page.locator("#units [data-unit]").first).to_be_focused()
    page.keyboard.press("Enter")  # its card lies on the map
    expect(page.locator("#unit .unitcard")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#take [name='place.text']")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("j")  # from case to case
    assert shown(page) == ["case"]
    page.keyboard.press("[")
    assert shown(page) == ["queue"]
    page.locator("#urgent").click()
    assert shown(page) == ["case"]
    expect(page.locator("#case .panel .p")).to_contain_text("1")


def test_the_menu_opens_what_stands_in_the_bar_of_a_desk(opened: Opener) -> None:
    page = narrow(opened, 390)
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate(ASIDE) <= 0
