"""The queue as a dispatcher reads it: what waits stands out, what is hidden is said, time left is no age."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener, console, free_point
from .served import Site

pytestmark = pytest.mark.browser


def test_a_queue_is_narrowed_by_keys_and_never_in_silence(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    rows = page.locator("#queue li")
    before = rows.count()
    page.keyboard.press("M")  # most were taken and sent by others
    expect(page.locator(".narrowed")).to_contain_text("hidden")
    expect(rows).not_to_have_count(before)
    page.reload()
    expect(page.locator(".narrowed")).to_contain_text("hidden")  # it is still narrowed, and still says so
    page.keyboard.press("0")
    expect(page.locator(".narrowed")).to_have_count(0)
    assert rows.count() >= before
    page.locator("#narrow select[name=block]").select_option(index=1)
    expect(page.locator(".narrowed")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    expect(page.locator(".narrowed")).to_have_count(0)


def test_a_call_just_taken_is_seen_where_the_queue_does_not_reach_it(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    page.locator("#narrow select[name=kind], #narrow input[name=mine]").last.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("L")  # what is new is not late yet
    expect(page.locator(".narrowed")).to_be_visible()
    expect(page.locator("#queue a[data-case]").first).to_be_visible(timeout=120_000)  # until the first is late
    page.keyboard.press("n")
    expect(page.locator("#take [name='place.text']")).to_be_focused()
    page.mouse.click(*free_point(page))
    expect(page.locator("#take [data-saves]")).to_contain_text("pointed at on the map")
    page.locator("#take type-box input").focus()
    page.keyboard.type("noise")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".apart")).to_be_visible()
    row = page.locator(".apart + .queue a[aria-current]")
    expect(row).to_be_in_viewport()
    number = row.get_attribute("data-case")
    expect(page.locator(f"#case-{number}")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator(f"#case-{number}")).to_have_count(0)
    page.keyboard.press("j")
    expect(page.locator(f"#case-{number}")).to_be_visible()
    page.keyboard.press("0")
    expect(page.locator(".apart")).to_have_count(0)  # it stands in its place


def test_a_call_without_a_unit_stands_above_all_and_says_so(opened: Opener, site: Site) -> None:
    number = site.take_call("medical.emergency", "not breathing")
    page = console(opened("dispatcher"))
    first = page.locator("#queue li").first
    expect(first).to_have_class(re.compile(r"p1-row.*waits"))
    expect(page.locator(f"#q{number}")).to_contain_text("no unit")
    expect(page.locator(f"#q{number} .clock")).to_have_text(re.compile(r"^(\d+:\d\d left|\+\d+:\d\d late)$"))
    expect(page.locator("#units .chip time").first).to_have_text(re.compile(r"^\d+ (min|h|d)$"))


def test_time_left_and_age_are_whole_in_chinese(opened: Opener) -> None:
    page = console(opened("dispatcher", "zh-CN"))
    spelled = page.evaluate(
        "import('/static/js/clock.js').then(({ spell }) => [spell(12600), spell(272), spell(180000)])"
    )
    assert spelled == ["3 小时 30 分", "4:32", "2 天 2 小时"]
