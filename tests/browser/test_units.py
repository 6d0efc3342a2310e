"""Units at the desk: any of them chosen, one more, one more alarm, diverted, broken down, late; its card and status."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .pages import console
from .served import Site

pytestmark = pytest.mark.browser


def sent(page: Page, site: Site) -> tuple[int, str]:
    """The console with a new call to which the recommended unit was sent by key; its number and the unit's sign."""
    number = site.take_call("order.noise", "loud music")
    console(page, f"/console/{number}/")
    expect(page.locator("#recommendation [name=units]:checked")).to_have_count(1)
    page.keyboard.press("s")
    expect(page.locator("#case .work")).to_have_count(1)
    return number, page.locator("#case .work b").inner_text()


def test_filled_needs_are_said_and_one_more_and_one_more_alarm_are_a_key_each(dispatcher: Page, site: Site) -> None:
    page = dispatcher
    _number, sign = sent(page, site)
    page.keyboard.press("r")
    listed = page.locator("#recommendation")
    expect(listed.locator(".filled")).to_contain_text(sign)
    expect(listed).to_contain_text("All needs are filled")
    expect(listed.locator("[name=units]:checked")).to_have_count(0)
    page.keyboard.press("+")
    expect(listed.locator("[name=units]:checked")).to_have_count(1)
    expect(listed.locator("[data-sends]")).not_to_be_empty()  # who goes is read back on the button
    page.keyboard.press("s")
    expect(page.locator("#case .work")).to_have_count(2)
    page.keyboard.press("r")
    expect(listed.locator(".filled li")).to_have_count(2)
    expect(listed).to_contain_text("beyond the needs")
    page.keyboard.press("!")
    expect(page.locator("#case .who")).to_contain_text("Alarm level 2")
    expect(listed.locator(".filled li")).to_have_count(2)  # asked again by itself
    expect(listed).to_contain_text("All needs are filled")  # the second one fills the second alarm


def test_a_busy_unit_is_typed_diverted_with_its_reason_and_its_old_case_waits_again(
    dispatcher: Page, site: Site
) -> None:
    page = dispatcher
    old, sign = sent(page, site)
    new = site.take_call("order.trespass", "somebody in the yard")
    console(page, f"/console/{new}/")
    expect(page.locator("#recommendation [name=units]:checked")).to_have_count(1)
    page.keyboard.press("1")  # not the one that is recommended
    page.keyboard.press("i")
    page.keyboard.type(sign)
    page.keyboard.press("Enter")
    expect(page.locator("#unit-chosen")).to_contain_text(f"on case {old}")
    why = page.locator("#divert-why")
    expect(why).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refusal")).to_contain_text("A reason is needed")
    expect(page.locator("#case .work")).to_have_count(0)
    page.keyboard.type("this")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .work b")).to_have_text(sign)
    expect(page.locator("#case .story li").first).to_contain_text(f"diverted {sign} here: this call is more urgent")
    console(page, f"/console/{old}/")
    expect(page.locator("#case .story li").first).to_contain_text(f"diverted {sign} to case {new}")
    expect(page.locator("#case .panel header")).to_contain_text("received")
    expect(page.locator("#recommendation [name=units]:checked")).to_have_count(1)  # the next one is proposed


def test_a_unit_is_chosen_by_its_chip_and_by_its_dot(dispatcher: Page, site: Site) -> None:
    page = dispatcher
    number = site.take_call("order.noise", "drilling")
    console(page, f"/console/{number}/")
    expect(page.locator("#recommendation [name=units]:checked")).to_have_count(1)
    chip = page.locator("#units .chip[data-meaning=available] button").last
    code = chip.get_attribute("data-unit")
    chip.click()
    expect(page.locator("#unit [data-choose]")).to_be_focused()
    page.keyboard.press("Enter")
    chosen = page.locator(f"#recommendation .unit[data-code='{code}'] [name=units]")
    expect(chosen).to_be_checked()
    expect(page.locator("#unit")).to_be_hidden()
    chosen.uncheck()
    say = "code => document.getElementById('map').dispatchEvent(new CustomEvent('unit', {detail: code, bubbles: true}))"
    page.evaluate(say, code)  # what a click on its dot says
    expect(page.locator("#unit .unitcard")).to_have_attribute("data-unit-card", code or "")
    page.keyboard.press("Escape")
    expect(page.locator("#unit")).to_be_hidden()
    expect(chosen).not_to_be_checked()


def test_a_status_is_set_from_the_chip_by_keyboard(dispatcher: Page) -> None:
    page = console(dispatcher)
    page.keyboard.press("U")
    for _step in range(200):  # to the first free unit
        if page.evaluate("document.activeElement.closest('.chip')?.dataset.meaning") == "available":
            break
        page.keyboard.press("ArrowRight")
    code = page.evaluate("document.activeElement.dataset.unit")
    page.keyboard.press("Enter")
    out = page.locator("#unit").get_by_role("button", name="Refuelling")
    expect(out).to_be_visible()
    out.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#unit")).to_contain_text("Refuelling")
    chip = page.locator(f"#u{code}")
    expect(chip).to_have_attribute("data-meaning", "unavailable")
    back = page.locator("#unit").get_by_role("button", name="Available", exact=True)
    back.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("data-meaning", "available")


def test_a_unit_that_breaks_down_is_one_act_and_the_next_is_proposed(dispatcher: Page, site: Site) -> None:
    page = dispatcher
    _number, sign = sent(page, site)
    page.keyboard.press("e")
    expect(page.locator("#case .panel header")).to_contain_text("en route")
    page.keyboard.press("f")
    form = page.locator("#act-form form")
    expect(form.locator("h4")).to_contain_text(sign)
    form.locator("[name=why]").select_option("vehicle")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .panel header")).to_contain_text("received")
    expect(page.locator("#case .work")).to_have_count(0)
    expect(page.locator("#case")).to_contain_text("Break down: vehicle trouble")
    next_one = page.locator("#recommendation .unit:has([name=units]:checked)")
    expect(next_one).to_have_count(1)
    expect(next_one).not_to_contain_text(sign)


def test_who_is_stood_down_comes_last_and_who_is_late_is_told_to_the_caller(dispatcher: Page, site: Site) -> None:
    page = dispatcher
    _number, sign = sent(page, site)
    page.keyboard.press("w")
    page.locator("#act-form [name=why]").select_option("wrong_unit")
    page.keyboard.press("Control+Enter")
    again = page.locator("#recommendation .unit:has([name=units]:checked)")
    expect(again).to_have_count(1)
    expect(again).not_to_contain_text(sign)
    page.keyboard.press("s")
    expect(page.locator("#case .work")).to_have_count(1)
    page.keyboard.press("y")
    page.keyboard.type("25")  # the first that is asked
    page.locator("#act-form [name=why]").select_option("traffic")
    page.keyboard.press("Control+Enter")
    late = page.locator("#case .notice.late")
    expect(late).to_contain_text("comes about 25 min later: traffic")
    expect(late).to_contain_text("the caller does not know yet")
    expect(page.locator("#recommendation .filled strong")).to_contain_text("could be there before it")
    page.get_by_role("button", name="Tell the caller of the delay").click()
    page.locator("#act-form form button.main").click()
    expect(late).to_contain_text(re.compile("the caller knows"))
