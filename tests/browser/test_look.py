"""Every page, in both languages and themes, wide and narrow: no serious fault by axe, nothing that scrolls aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from .pages import Opener, console
from .served import Site

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
PUBLIC = (
    "/",
    "/login",
    "/nothing-here",
    "/problems/not-found",
    "/kinds/",
    "/kinds/call/",
    "/kinds/objection/",
    "/receipt/",
    "/rules/",
)
LISTS = ("/cases/", "/cases/?state=open&kind=call", "/cases/?block=0", "/cases/sheet/")
FORMS = ("/cases/open/hazard/", "/cases/open/call/", "/cases/1/acts/correct/", "/cases/1/acts/send/")
OTHERS = ("/cases/1/", "/cases/999999/", "/blocks/990306/", "/blocks/9903060010010001/")
ADMIN = ("/people", "/people/1", "/account", "/account/tokens", "/account/password", "/")
LEADER, LED = "leader-990306001001", ("/mine/",)
PAGES = (*PUBLIC, *LISTS, *FORMS, *OTHERS)
LOOKS = [("en-GB", False), ("zh-CN", True)]
SCRIPT = """async () => {
  const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] });
  return result.violations.filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => `${found.id}: ${found.nodes.map(node => node.target.join(" ")).slice(0, 4).join(" | ")}`);
}"""
ASIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def serious(page: Page) -> list[str]:
    """The serious and critical faults of the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(SCRIPT)
    return found


@pytest.mark.parametrize(("language", "dark"), LOOKS)
def test_axe_finds_no_serious_fault_on_any_page(opened: Opener, language: str, dark: bool) -> None:
    visitor = opened("", language, dark=dark)
    worker = opened("dispatcher", language, dark=dark)
    admin = opened("admin", language, dark=dark)
    leader = opened(LEADER, language, dark=dark)
    faults = {}
    for page, addresses in ((visitor, PUBLIC), (worker, PAGES), (admin, ADMIN), (leader, LED)):
        for address in addresses:
            page.goto(address)
            faults[address] = serious(page)
    assert {address: found for address, found in faults.items() if found} == {}


@pytest.mark.parametrize(("language", "dark"), LOOKS)
def test_axe_finds_no_serious_fault_on_the_console(opened: Opener, language: str, dark: bool) -> None:
    page = console(opened("dispatcher", language, dark=dark))
    page.wait_for_selector("#recommendation .unit")
    faults = serious(page)
    page.keyboard.press("n")
    page.wait_for_selector("#take form")
    faults += serious(page)
    page.keyboard.press("Escape")  # out of the field
    page.keyboard.press("Escape")  # and out of the form, which is kept
    page.keyboard.press("c")
    page.wait_for_selector("#act-form form")
    faults += serious(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    faults += serious(page)
    assert faults == []


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_nothing_scrolls_aside_on_a_phone(opened: Opener, language: str) -> None:
    aside = {}
    asked = (("dispatcher", PAGES, 390), ("admin", ADMIN, 390), (LEADER, LED, 390), ("dispatcher", ("/console/",), 911))
    for login, addresses, width in asked:
        page = opened(login, language, width=width)
        for address in addresses:
            page.goto(address)
            aside[address] = page.evaluate(ASIDE)
    assert {address: pixels for address, pixels in aside.items() if pixels > 0} == {}


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_console_fits_1366_by_768_without_scrolling(opened: Opener, language: str) -> None:
    page = console(opened("dispatcher", language))
    assert page.evaluate("() => document.documentElement.scrollHeight") == 768
    assert page.evaluate(ASIDE) <= 0
    boxes = [page.locator(name).bounding_box() for name in ("#queue-box", "#map-box", "#side", "#units")]
    assert all(box and box["width"] > 250 and box["height"] > 60 for box in boxes)
    assert boxes[3]
    assert boxes[3]["y"] + boxes[3]["height"] == 768
    header = page.locator(".topbar").bounding_box()
    assert header
    assert header["height"] == 44  # one line, in both languages
    copied = "() => { const one = document.querySelector('#units .group'); one.before(one.cloneNode(true)); }"
    page.evaluate(copied)  # more units than the strip is wide
    off = page.locator("#units .off").bounding_box()
    assert off
    assert off["x"] + off["width"] <= 1366  # who is off duty is counted all the same


def test_touch_targets_are_large_on_a_phone(opened: Opener) -> None:
    page = opened("dispatcher", width=390)
    page.goto("/cases/1/")
    buttons = page.locator("main a.button:visible, main button:visible")
    low = "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
    assert buttons.evaluate_all(low) == []


def test_the_theme_is_switched_and_kept(opened: Opener) -> None:
    page = opened("")
    page.goto("/")
    ground = "() => getComputedStyle(document.body.parentElement).backgroundColor"
    light = page.evaluate(ground)
    page.click("#theme")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_the_language_is_switched_and_kept(opened: Opener) -> None:
    page = opened("", "en-GB")
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="中文").click()
    page.wait_for_url("**/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    page.goto("/login")
    assert page.locator("html").get_attribute("lang") == "zh-hans"


def test_a_page_of_fifty_is_followed_by_older_ones(opened: Opener, site: Site) -> None:
    site.open_calls(45)
    page = opened("dispatcher")
    page.goto("/cases/")
    rows = page.locator("tbody tr")
    assert rows.count() == 50
    first = set(rows.locator("td:nth-child(2)").all_inner_texts())
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**cursor=**")
    assert rows.count() > 0
    assert not first & set(rows.locator("td:nth-child(2)").all_inner_texts())
