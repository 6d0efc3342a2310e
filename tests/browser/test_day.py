"""A silent call, what is not ours and a call for tomorrow, without the mouse, in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener, console
from .served import Site

pytestmark = pytest.mark.browser
ZONE = ZoneInfo("Asia/Shanghai")
SENT = "Control+Enter"


def story(page: Page, text: str) -> None:
    expect(page.locator("#case .story li").first).to_contain_text(text)


def test_a_silent_call_is_called_back_until_it_is_answered(dispatcher: Page, site: Site) -> None:
    number = site.take_call("unclear.silent", "Nobody speaks")
    page = console(dispatcher, f"/console/{number}/")
    expect(page.locator("#case header time.clock")).to_have_attribute("title", "Calling back")
    page.keyboard.press("q")
    expect(page.locator("#act-form [name=note]")).to_be_focused()
    page.keyboard.type("rang for a minute")
    page.keyboard.press(SENT)
    story(page, "called back: no answer")
    story(page, "rang for a minute")
    page.keyboard.press("b")
    expect(page.locator("#act-form [name=note]")).to_be_focused()
    page.keyboard.press(SENT)
    story(page, "called back and was answered")
    expect(page.locator("#case header time.clock")).to_have_attribute("title", "Handling")


def test_what_is_not_ours_is_handed_over_given_back_and_its_end_told(opened: Opener, site: Site) -> None:
    number = site.take_call("non_police.service", "停电了")
    page = console(opened("taker", "zh-CN"), f"/console/{number}/")
    header = page.locator("#case header")
    page.keyboard.press("z")
    department = page.locator("#act-form [name=handed_to]")
    expect(department).to_be_focused()
    expect(department).to_have_value("")  # nobody is chosen by accident
    department.select_option("power")
    page.keyboard.press(SENT)
    expect(header).to_contain_text("已移交")
    expect(page.locator(f"#q{number} .wait")).to_have_text("已移交", timeout=12_000)
    page.keyboard.press("g")
    expect(page.locator("#act-form [name=why]")).to_be_focused()
    page.locator("#act-form [name=why]").select_option("not_theirs")
    page.keyboard.press(SENT)
    expect(header).to_contain_text("已接报")
    page.keyboard.press("z")
    page.locator("#act-form [name=handed_to]").select_option("housing")
    page.keyboard.press(SENT)
    expect(header).to_contain_text("已移交")
    page.keyboard.press("t")
    expect(page.locator("#act-form [name=note]")).to_be_focused()
    page.keyboard.press(SENT)
    expect(header).to_contain_text("部门已接手")
    page.keyboard.press("e")
    page.locator("#act-form [name=outcome]").select_option("handed_over")
    page.keyboard.press(SENT)
    expect(header).to_contain_text("已结束")


def test_a_call_is_scheduled_for_tomorrow_and_stands_last(dispatcher: Page, site: Site) -> None:
    number = site.take_call("order.noise", "Every evening")
    others = site.open_calls(2)
    page = console(dispatcher, f"/console/{number}/")
    tomorrow = (datetime.now(ZONE) + timedelta(days=1)).replace(hour=9, minute=0)
    page.keyboard.press("y")
    expect(page.locator("#act-form [name=visit_at]")).to_be_focused()
    page.keyboard.type(f"{tomorrow:%m%d%Y}")  # as this browser, not the page, writes it
    page.keyboard.press("Tab")
    page.keyboard.type("0900AM")
    page.keyboard.press(SENT)
    story(page, f"scheduled it for {tomorrow:%Y-%m-%d} 09:00")
    row = page.locator(f"#q{number}")
    expect(row.locator(".wait")).to_have_text(f"scheduled {tomorrow:%m-%d} 09:00", timeout=12_000)
    ids = [int((one.get_attribute("id") or "q0")[1:]) for one in page.locator("#queue li").all()]
    assert all(ids.index(other) < ids.index(number) for other in others if other in ids)

    page.keyboard.press("y")  # moved: what is there stands in the form
    expect(page.locator("#act-form [name=visit_at]")).to_have_value(f"{tomorrow:%Y-%m-%d}T09:00")
    page.locator("#act-form [name=visit_at]").fill("2020-01-01T09:00")
    page.keyboard.press(SENT)
    expect(page.locator("#refusal")).to_contain_text("This time is over")
    page.goto("/cases/sheet/")
    own = page.get_by_role("cell", name=f"call {number}", exact=True)
    expect(page.locator("table.sheet tr", has=own)).to_contain_text(f"scheduled {tomorrow:%m-%d} 09:00")
