"""A hurried dispatcher: pressed twice, typed on, chosen for another case, overtaken by another desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .pages import Opener, console, free_point, held, opener
from .served import Site
from .test_take import PLACE, SAVES, place_typed, streets

pytestmark = pytest.mark.browser


def begun(page: Page, street: str) -> Page:
    """The console with a call being taken: its place and type are chosen, and its description comes next."""
    console(page).keyboard.press("n")
    place_typed(page, street)
    page.keyboard.type("noise")
    page.keyboard.press("Enter")
    return page


def test_an_alarm_is_raised_while_units_are_ticked(dispatcher: Page, site: Site) -> None:
    number = site.take_call("fire.building", "smoke on the third floor")
    page = console(dispatcher, f"/console/{number}/")
    page.wait_for_selector("#recommendation [name=units]:checked")
    page.keyboard.press("!")
    expect(page.locator("#case .who")).to_contain_text("Alarm level 2")
    expect(page.locator("#refusal")).to_be_empty()


def test_a_place_that_was_typed_and_not_chosen_is_no_correction(dispatcher: Page, site: Site) -> None:
    first, _second = streets(site)
    number = site.open_calls(1)[0]
    page = console(dispatcher, f"/console/{number}/")
    before = page.locator("#case .address").inner_text()
    page.keyboard.press("x")
    box = page.locator(".actform [name='place.text']")
    expect(box).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(first)
    page.wait_for_selector("#x-place-hits .hit")
    page.keyboard.press("Escape")  # the hits are put away
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refusal")).to_contain_text("No place is chosen by these words")
    expect(box).to_have_value(first)
    page.keyboard.press("Enter")  # asks for the hits again, and saves nothing
    page.wait_for_selector("#x-place-hits .hit")
    assert page.locator("#case .address").inner_text() == before


def test_a_unit_is_chosen_for_the_case_that_its_card_names(dispatcher: Page, site: Site) -> None:
    first, second = site.open_calls(2)
    page = console(dispatcher, f"/console/{first}/")
    page.locator("#units [data-unit]").first.click()
    expect(page.locator("#unit [data-choose]")).to_contain_text(f"{first}")
    page.locator(f"#queue a[data-case='{second}']").click()
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(second))
    expect(page.locator("#unit")).to_be_hidden()
    page.wait_for_selector("#recommendation .unit")
    page.locator(f"#queue a[data-case='{first}']").click()
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(first))
    page.wait_for_selector("#recommendation .unit")
    code = page.locator("#units [data-unit]").last.get_attribute("data-unit")
    page.locator("#units [data-unit]").last.click()
    with held(page, "**/choice*") as release:
        page.locator("#unit [data-choose]").click()
        page.locator(f"#queue a[data-case='{second}']").click()
        expect(page.locator("#case .panel")).to_have_attribute("data-case", str(second))
        page.wait_for_selector("#recommendation .unit")
        release()
    page.wait_for_timeout(300)
    expect(page.locator(f"#unit-chosen [data-code='{code}']")).to_have_count(0)


def test_what_is_pressed_twice_is_done_once(dispatcher: Page, site: Site) -> None:
    first, _second = streets(site)
    page = begun(dispatcher, first)
    page.keyboard.type("twice")
    expect(page.locator(SAVES)).to_contain_text("Will be saved")
    with site.client("dispatcher") as record:
        before = len(record.get("/api/cases?open=true&limit=200").json()["cases"])
        page.locator("#take .stick button").dblclick()
        expect(page.locator("#case .said").first).to_contain_text("twice")
        page.wait_for_timeout(300)
        assert len(record.get("/api/cases?open=true&limit=200").json()["cases"]) == before + 1


def test_what_is_typed_while_a_call_is_saved_is_its_note_and_no_command(dispatcher: Page, site: Site) -> None:
    first, _second = streets(site)
    page = begun(dispatcher, first)
    page.keyboard.type("old man")
    with held(page, "**/console/take") as release:
        page.keyboard.press("Control+Enter")
        expect(page.locator("#ahead")).to_be_visible()
        page.keyboard.type("s stairs, no. Drunk")
        release()
    expect(page.locator("#case .said").first).to_contain_text("old man")
    expect(page.locator("#note-text")).to_have_value("s stairs, no. Drunk")
    expect(page.locator("#note-text")).to_be_focused()
    expect(page.locator("#case .work")).to_have_count(0)
    expect(page.locator("#take")).to_be_hidden()


def test_the_key_for_the_next_call_counts_while_one_is_saved(dispatcher: Page, site: Site) -> None:
    first, second = streets(site)
    page = begun(dispatcher, first)
    with held(page, "**/console/take") as release:
        page.keyboard.press("Control+Enter")
        page.keyboard.type(f"n{second}")
        release()
    expect(page.locator(PLACE)).to_have_value(second)
    expect(page.locator("#take [name=description]")).to_have_value("")


def test_after_a_point_on_the_map_an_enter_takes_no_hit_of_other_words(dispatcher: Page, site: Site) -> None:
    first, second = streets(site)
    page = console(dispatcher)
    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_be_focused()
    page.mouse.click(*free_point(page))
    expect(page.locator(SAVES)).to_contain_text("pointed at on the map")
    page.locator(PLACE).focus()
    page.keyboard.type(first)
    page.wait_for_selector(f"[data-place][data-shown='{first}'] #place-hits .hit")
    other = page.locator("#place-hits .hit").first.get_attribute("data-text")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(second)
    page.keyboard.press("Enter")
    expect(page.locator(SAVES)).to_contain_text("only the street")
    assert page.locator(PLACE).input_value() not in (other, second)


def test_a_form_that_another_desk_overtook_is_read_back_as_it_is(opened: Opener, site: Site) -> None:
    first, _second = streets(site)
    number = site.open_calls(1)[0]
    page = console(opened("dispatcher"), f"/console/{number}/")
    page.keyboard.press("x")
    expect(page.locator(".actform [name='place.text']")).to_be_focused()
    moved = place_typed(page, first, "x-")
    expect(page.locator(".actform .readback")).to_contain_text(moved)
    with site.client("dispatcher") as record:
        version = record.get(f"/api/cases/{number}").json()["version"]
        body = {"data": {"priority": 1}, "expected_version": version}
        assert record.post(f"/api/cases/{number}/acts/correct", json=body).status_code == 200
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refusal")).to_contain_text("Somebody changed this case")
    expect(page.locator(".actform [name=version]")).to_have_value(str(version + 1))  # the form came anew
    expect(page.locator(".actform .readback")).to_contain_text(moved)
    page.locator(".actform [name='place.text']").press("Control+Enter")
    expect(page.locator("#case .address")).to_contain_text(moved)


def test_an_enter_for_a_place_that_is_unknown_does_not_hold_the_keyboard(dispatcher: Page) -> None:
    page = console(dispatcher)
    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_be_focused()
    page.keyboard.type("no such place at all")
    page.keyboard.press("Enter")
    expect(page.locator("#place-hits .none")).to_contain_text("No such place")
    expect(page.locator("#ahead")).to_be_hidden()
    expect(page.locator(PLACE)).to_be_focused()


def test_an_enter_for_a_place_that_nobody_could_look_for_does_not_either(browser: Browser, site: Site) -> None:
    with opener(browser, site, broken=True) as opened:
        page = console(opened("dispatcher"))
        page.keyboard.press("n")
        expect(page.locator(PLACE)).to_be_focused()
        page.context.set_offline(True)
        page.keyboard.type("somewhere")
        page.keyboard.press("Enter")
        expect(page.locator("#place-hits .none")).to_contain_text("the server did not answer")
        expect(page.locator("#ahead")).to_be_hidden()
        page.context.set_offline(False)


def test_a_form_that_was_begun_waits_with_its_case(dispatcher: Page, site: Site) -> None:
    first, second = site.open_calls(2)
    page = console(dispatcher, f"/console/{first}/")
    page.keyboard.press("c")
    note = page.locator("#act-form [name=note]")
    note.fill("nobody th")
    page.locator(f"#queue a[data-case='{second}']").click()
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(second))
    expect(page.locator("#act-form form")).to_have_count(0)
    page.locator(f"#queue a[data-case='{first}']").click()
    expect(note).to_have_value("nobody th")


def test_a_key_is_not_repeated_by_the_enter_after_it(dispatcher: Page) -> None:
    page = console(dispatcher)
    page.keyboard.press("j")
    expect(page.locator("#case .panel")).to_have_attribute("data-case", re.compile(r"\d+"))
    number = page.locator("#queue [aria-current]").get_attribute("data-case")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    assert page.locator("#queue [aria-current]").get_attribute("data-case") == number
