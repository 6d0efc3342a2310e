"""A type by typing, on the console and on the pages of a case."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener, console
from .served import Site

pytestmark = pytest.mark.browser
TYPE, VALUE, ROWS = "#take type-box input", "#take [name=type]", "#take [role=option]"


@pytest.fixture
def taking(opened: Opener) -> Page:
    """The form for a call, the cursor in its type."""
    page = console(opened("dispatcher"))
    page.keyboard.press("n")
    page.locator(TYPE).focus()
    return page


@pytest.mark.parametrize(
    ("typed", "code", "shown"),
    [
        ("xzzt", "medical.emergency", "Medical emergency"),
        ("heart att", "medical.emergency", "Medical emergency"),
        ("急症", "medical.emergency", "Medical emergency"),
        ("fire.v", "fire.vehicle", "Vehicle fire"),
        ("jiating", "family.violence", "Family violence"),
        ("fire alarm", "fire.alarm", "Fire alarm"),
    ],
)
def test_enter_takes_the_first_that_is_found(taking: Page, typed: str, code: str, shown: str) -> None:
    taking.keyboard.type(typed)
    expect(taking.locator(ROWS).first).to_contain_text(shown)
    taking.keyboard.press("Enter")
    expect(taking.locator(VALUE)).to_have_value(code)
    expect(taking.locator(TYPE)).to_have_value(shown)
    expect(taking.locator(ROWS)).to_have_count(0)
    expect(taking.locator("#take [name=description]")).to_be_focused()


def test_the_priority_is_shown_and_other_words_are_no_choice(taking: Page) -> None:
    taking.keyboard.type("noise")
    expect(taking.locator(ROWS).first).to_contain_text("4")
    taking.keyboard.press("Enter")
    expect(taking.locator("#take [name=priority]")).to_contain_text("as the type says: 4")
    taking.locator(TYPE).focus()
    taking.keyboard.type("zzqq")
    expect(taking.locator("#take .types")).to_contain_text("No type is found by this.")
    expect(taking.locator(VALUE)).to_have_value("")
    assert taking.locator(TYPE).evaluate("input => input.validationMessage") == "Choose a type from the list."
    taking.keyboard.press("Escape")
    expect(taking.locator(TYPE)).to_be_visible()


def test_what_was_taken_last_comes_first_and_an_empty_enter_takes_nothing(taking: Page) -> None:
    taking.keyboard.type("jz")
    taking.keyboard.press("Enter")
    taking.locator(TYPE).fill("")
    expect(taking.locator(ROWS).first).to_contain_text("Medical emergency")
    taking.keyboard.press("Enter")
    expect(taking.locator(VALUE)).to_have_value("")
    taking.keyboard.press("ArrowDown")
    expect(taking.locator(TYPE)).to_have_attribute("aria-activedescendant", "type-0")
    taking.keyboard.press("Enter")
    expect(taking.locator(VALUE)).to_have_value("medical.emergency")


def test_a_correction_and_a_page_of_its_own_take_types_the_same_way(opened: Opener, site: Site) -> None:
    number = site.open_calls(1)[0]
    page = opened("dispatcher")
    console(page, f"/console/{number}/")
    page.keyboard.press("x")
    box = page.locator("#act-form type-box input")
    expect(box).not_to_have_value("")
    box.focus()
    page.keyboard.type("chemical")
    page.keyboard.press("Tab")
    expect(page.locator("#act-form [name=type]")).to_have_value("hazard.chemical")
    page.goto("/cases/open/call/")
    page.locator("type-box input").focus()
    page.keyboard.type("rsdq")
    page.keyboard.press("Enter")
    expect(page.locator("[name=type]")).to_have_value("crime.burglary")


def test_without_scripts_a_type_is_chosen_from_a_list(opened: Opener, site: Site) -> None:
    page = opened("taker")
    page.goto("/cases/open/call/")
    cookies = page.context.cookies()
    plain = page.context.browser.new_context(base_url=site.url, java_script_enabled=False)  # type: ignore[union-attr]  # it has one
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # as they were given
    bare = plain.new_page()
    bare.goto("/cases/open/call/")
    bare.locator("select[name=type]").select_option("medical.fall")
    expect(bare.locator("select[name=type]")).to_have_value("medical.fall")
    plain.close()
