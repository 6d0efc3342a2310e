"""The whole way of a call, without the mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .pages import console, held
from .served import Site

pytestmark = pytest.mark.browser


def test_a_call_from_the_phone_to_its_end_by_keyboard_alone(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    keys = page.keyboard

    keys.press("n")  # take a call; the place comes first
    expect(page.locator("[name='place.text']")).to_be_focused()
    keys.type(street_of(site))
    page.wait_for_selector("#place-hits .hit")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(page.locator("#take .answers")).to_contain_text("answers for")  # the block and its leader at once
    expect(page.locator("#take type-box input")).to_be_focused()
    keys.type("Building")
    keys.press("Enter")
    expect(page.locator("[name=description]")).to_be_focused()
    keys.type("Smoke from the third floor")
    keys.press("Control+Enter")

    panel = page.locator("#case .panel")
    expect(panel).to_contain_text("Building fire")
    expect(page.locator("#queue [aria-current] .what")).to_have_text("Building fire")
    expect(panel.locator(".story")).to_contain_text("Smoke from the third floor")
    number = int(panel.get_attribute("data-case") or 0)

    expect(page.locator("#recommendation .unit").first).to_be_visible()  # asked by itself while nobody was sent
    chosen = page.locator("#recommendation [name=units]:checked")
    assert chosen.count() >= 3  # two engines and an ambulance at least
    before = chosen.count()
    keys.press("1")
    expect(chosen).to_have_count(before - 1)
    keys.press("1")
    expect(chosen).to_have_count(before)
    keys.press("s")
    expect(page.locator("#case .work")).to_have_count(before)
    expect(panel.locator("header")).to_contain_text("dispatched")

    keys.press("e")  # the first unit sets out
    expect(panel.locator(".story li").first).to_contain_text("en route")
    keys.press("o")
    expect(panel.locator("header")).to_contain_text("on scene")

    keys.press("a")
    expect(page.locator("#note-text")).to_be_focused()
    keys.type("Fire is out, one person treated")
    keys.press("Enter")
    expect(panel.locator(".story li").first).to_contain_text("Fire is out, one person treated")
    expect(page.locator("#note-text")).to_have_value("")
    expect(page.locator("#note-text")).to_be_focused()  # the next note, if any

    keys.press("Enter")
    keys.press("c")
    expect(page.locator("#act-form select")).to_be_focused()
    keys.type("help given")
    keys.press("Control+Enter")
    expect(panel.locator("header")).to_contain_text("closed")
    expect(page.locator("#case .work")).to_have_count(0)  # closing clears the units
    expect(page.locator(f"#q{number}")).to_have_count(0, timeout=12_000)


def test_what_is_typed_while_an_answer_is_on_its_way_stays(dispatcher: Page, site: Site) -> None:
    number = site.open_calls(3)[-1]
    page = console(dispatcher, f"/console/{number}/")
    panel = page.locator("#case .panel")
    note = page.locator("#note-text")
    page.keyboard.press("a")
    page.keyboard.type("first")
    with held(page, "**/act/note") as release:
        page.keyboard.press("Enter")
        page.keyboard.type("sec")
        release()
        expect(panel.locator(".story li").first).to_contain_text("first")
    page.keyboard.type("ond")
    expect(note).to_have_value("second")
    page.keyboard.press("Enter")
    expect(panel.locator(".story li").first).to_contain_text("second")
    page.keyboard.press("Enter")
    expect(note).not_to_be_focused()

    expect(page.locator("#recommendation [name=units]:checked").first).to_be_visible()
    with held(page, "**/act/send") as release:
        page.keyboard.press("s")
        page.keyboard.press("a")
        page.keyboard.type("caller is on the r")
        release()
        expect(panel.locator("header")).to_contain_text("dispatched")
    expect(note).to_be_focused()
    page.keyboard.type("oof")
    expect(note).to_have_value("caller is on the roof")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(panel.locator(".story li").first).to_contain_text("caller is on the roof")
    expect(panel.locator(".story li", has_text="first")).to_have_count(1)

    with held(page, "**/act/*") as release:
        page.keyboard.press("e")
        page.keyboard.press("k")  # the newest of four is not the first
        expect(panel).not_to_have_attribute("data-case", str(number))
        other = panel.get_attribute("data-case")
        release()
        page.wait_for_timeout(300)  # time enough for the answer to do harm
    expect(panel).to_have_attribute("data-case", other or "")


def test_the_queue_is_walked_and_places_are_found_without_the_mouse(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    current = page.locator("#queue [aria-current]")
    first = current.get_attribute("data-case")
    page.keyboard.press("j")
    expect(current).not_to_have_attribute("data-case", first or "")
    expect(page.locator("#case .panel")).to_have_attribute("data-case", current.get_attribute("data-case") or "")
    second = current.get_attribute("data-case") or ""  # from now on the list is in use, and nothing in it moves
    page.keyboard.press("j")
    expect(current).not_to_have_attribute("data-case", second)
    page.keyboard.press("k")
    expect(current).to_have_attribute("data-case", second)
    expect(page).to_have_url(re.compile(f"/console/{second}/$"))

    page.keyboard.press("/")
    page.keyboard.type(street_of(site))
    page.wait_for_selector("#find-hits .hit")
    page.keyboard.press("Enter")
    expect(page.locator("#point")).to_contain_text("answers for")
    page.keyboard.press("Escape")
    expect(page.locator("#point")).to_be_hidden()


def test_question_mark_shows_the_keys_that_work_now(dispatcher: Page) -> None:
    page = console(dispatcher)
    page.keyboard.press("?")
    overlay = page.locator("#keys-overlay")
    expect(overlay).to_be_visible()
    for words in ("Take a call", "Find a place", "Next case", "Recommendation", "Close", "Note"):
        expect(overlay).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(overlay).to_be_hidden()


def test_the_contact_is_looked_at_by_a_deliberate_act_that_is_written_down(dispatcher: Page, site: Site) -> None:
    number = site.open_calls(12)[-1]
    page = console(dispatcher, f"/console/{number}/")
    if not page.locator("#contact form").count():
        pytest.skip("this generated call came without a contact")
    assert "1990" not in page.locator("#case").inner_text()
    page.keyboard.press("v")
    expect(page.locator("#contact")).to_contain_text("This look is on the record")
    expect(page.locator("#case .story")).to_contain_text(re.compile("looked at the contact"))


def street_of(site: Site) -> str:
    """A street that the generated city has."""
    import csv

    with (site.folder / "addresses.csv").open(encoding="utf-8-sig") as file:
        return next(row["street"] for row in csv.DictReader(file))
