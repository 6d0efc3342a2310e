"""Two people at two screens: each sees at once what the other does, and nobody's work is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener, console, intercept
from .served import Site

pytestmark = pytest.mark.browser
ALONE = "delete window.SharedWorker"  # the page then follows the stream itself, where a test can cut it


def pair(opened: Opener, site: Site) -> tuple[Page, Page, int]:
    """Two dispatchers on the same new call."""
    (number,) = site.open_calls(1)
    address = f"/console/{number}/"
    return console(opened("dispatcher"), address), console(opened("dispatcher"), address), number


def test_a_note_of_one_is_seen_by_the_other_without_reloading(opened: Opener, site: Site) -> None:
    one, other, _number = pair(opened, site)
    other.keyboard.press("a")
    other.keyboard.type("half a sent")  # what the other is typing stays
    one.keyboard.press("a")
    one.keyboard.type("Caller waits at the gate")
    one.keyboard.press("Enter")
    expect(other.locator("#case .story li").first).to_contain_text("Caller waits at the gate", timeout=5_000)
    expect(other.locator("#note-text")).to_have_value("half a sent")


def test_two_dispatchers_sending_one_unit_the_second_is_told_who_was_faster(opened: Opener, site: Site) -> None:
    (number,) = site.open_calls(1)
    one, other = opened("dispatcher"), opened("dispatcher")
    other.add_init_script(ALONE)
    intercept(other, "**/api/stream*", lambda route: route.abort())  # the other does not hear of it
    for page in (one, other):
        console(page, f"/console/{number}/").wait_for_selector("#recommendation [name=units]:checked")
    one.keyboard.press("s")
    expect(one.locator("#case .work").first).to_be_visible()
    other.keyboard.press("s")
    expect(other.locator("#case .work").first).to_be_visible()  # it sees now what happened
    expect(other.locator("#refusal")).to_contain_text(f"has been on case {number} since")  # and why it was refused


def test_an_act_on_an_old_state_is_refused_in_words_and_what_was_typed_is_kept(opened: Opener, site: Site) -> None:
    one, other, number = pair(opened, site)
    for page in (one, other):
        page.keyboard.press("x")
        page.wait_for_selector("#act-form select[name=priority]")
    one.select_option("#act-form [name=priority]", "1")
    one.keyboard.press("Control+Enter")
    expect(one.locator("#case .panel header .p")).to_contain_text("1")
    other.fill("#act-form [name=departments]", "Water works")
    other.keyboard.press("Control+Enter")
    expect(other.locator("#refusal")).to_contain_text("Somebody changed this case")
    expect(other.locator("#act-form [name=departments]")).to_have_value("Water works")
    assert number


def test_new_rows_wait_behind_a_bar_while_the_list_is_in_use(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    rows = page.locator("#queue li")
    page.locator("#queue li").nth(1).hover()
    before = rows.evaluate_all("all => all.map(row => row.id)")
    page.evaluate("setInterval(() => document.getElementById('queue-box').dispatchEvent(new Event('wheel')), 500)")
    site.open_calls(2)
    expect(page.locator("#queue-new")).to_have_text("2 new", timeout=8_000)
    assert rows.evaluate_all("all => all.map(row => row.id)") == before  # nothing moved under the pointer
    page.keyboard.press(".")
    expect(page.locator("#queue-new")).to_be_hidden()
    assert set(before) < set(rows.evaluate_all("all => all.map(row => row.id)"))


def test_a_lost_connection_is_said_in_words(dispatcher: Page) -> None:
    page = dispatcher
    page.add_init_script(ALONE)
    intercept(page, "**/api/stream*", lambda route: route.abort())
    console(page)
    expect(page.locator("#away")).to_contain_text("what you see may be old")
