"""What was begun is kept until it is sent or discarded: put away, beside other cases, over a switch of the language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from .pages import console
from .served import Site

pytestmark = pytest.mark.browser
PLACE, NOTE, FORM = "#take [name='place.text']", "#act-form [name=note]", "#act-form form"


def escaped(page: Page, gone: str) -> None:
    page.keyboard.press("Escape")  # out of the field
    page.keyboard.press("Escape")
    expect(page.locator(gone)).to_be_hidden()


def choose(page: Page, number: int) -> None:
    page.evaluate("id => document.dispatchEvent(new CustomEvent('case', { detail: id }))", number)
    expect(page.locator(f"#case-{number}")).to_be_visible()
    expect(page.locator("#case")).not_to_have_attribute("inert", "")


def begin_a_call(page: Page, words: str) -> None:
    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_be_focused()
    page.keyboard.type(words)
    escaped(page, "#take")


def begin_to_close(page: Page, words: str) -> None:
    page.keyboard.press("c")
    page.locator(NOTE).fill(words)


def test_a_form_put_away_is_offered_again_until_it_is_discarded(dispatcher: Page, site: Site) -> None:
    number, other = site.open_calls(2)
    page = console(dispatcher, f"/console/{number}/")
    begin_to_close(page, "nobody th")
    escaped(page, FORM)
    opener = page.locator("#case [data-key=c]")
    expect(opener).to_have_attribute("data-begun", "")
    choose(page, other)
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_have_value("")  # it is the other case's
    escaped(page, FORM)
    choose(page, number)
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_have_value("nobody th")
    page.locator(NOTE).press("Escape")
    page.keyboard.press("x")  # another form takes its place
    expect(page.locator("#act-form h4")).to_contain_text("Correct")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_have_value("nobody th")
    page.locator("#act-form [data-away]").click()
    expect(opener).not_to_have_attribute("data-begun", "")
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_have_value("")


def test_what_was_sent_is_offered_no_more(dispatcher: Page, site: Site) -> None:
    [number] = site.open_calls(1)
    page = console(dispatcher, f"/console/{number}/")
    page.keyboard.press("q")
    page.locator(NOTE).fill("it rang for a minute")
    escaped(page, FORM)
    page.keyboard.press("q")
    expect(page.locator(NOTE)).to_have_value("it rang for a minute")
    page.locator(NOTE).press("Control+Enter")
    expect(page.locator("#case .story")).to_contain_text("it rang for a minute")
    expect(page.locator("#case [data-key=q]")).not_to_have_attribute("data-begun", "")
    page.keyboard.press("q")
    expect(page.locator(NOTE)).to_have_value("")


def test_all_that_was_begun_outlives_a_switch_of_the_language(dispatcher: Page, site: Site) -> None:
    number, other = site.open_calls(2)
    page = console(dispatcher, f"/console/{other}/")
    page.keyboard.press("a")
    page.keyboard.type("a second caller")
    page.keyboard.press("Escape")
    begin_to_close(page, "to be cl")
    escaped(page, FORM)
    choose(page, number)
    for words in ("by the quay", "at the mill"):
        begin_a_call(page, words)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.wait_for_selector("#map[data-ready]")
    expect(page.locator("#take-again b")).to_have_text("2")
    assert page.evaluate("() => document.querySelector('.topbar').scrollWidth") <= 1366
    for words in ("at the mill", "by the quay"):
        page.keyboard.press("N")
        expect(page.locator(PLACE)).to_have_value(words)
        page.locator("#take [data-away]").click()
    choose(page, other)
    expect(page.locator("#note-text")).to_have_value("a second caller")
    page.keyboard.press("c")
    expect(page.locator(NOTE)).to_have_value("to be cl")
    assert page.evaluate("() => sessionStorage.getItem('typed')") is None  # it stayed for that moment only


def test_who_leaves_with_something_begun_is_asked_first_and_nobody_else(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    begin_a_call(page, "by the quay")
    page.evaluate("() => setTimeout(() => location.reload())")
    page.wait_for_timeout(500)
    page.keyboard.press("N")  # it is still there
    expect(page.locator(PLACE)).to_have_value("by the quay")
    assert asked == ["beforeunload"]
    page.locator("#take [data-away]").click()
    page.reload()
    page.wait_for_selector("#map[data-ready]")
    assert asked == ["beforeunload"]
