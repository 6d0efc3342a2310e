"""What must be heard is heard: by a spy in the place of the browser's own sound."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .pages import PATIENCE_S, console
from .served import Site

pytestmark = pytest.mark.browser
SPY = """
window.heard = [];
window.AudioContext = class extends EventTarget {
  state = "suspended";
  currentTime = 0;
  destination = {};
  async resume() { this.state = "running"; this.dispatchEvent(new Event("statechange")); }
  createOscillator() {
    const tone = { frequency: { value: 0 }, connect: (next) => next, stop() {} };
    tone.start = () => heard.push(tone.frequency.value);
    return tone;
  }
  createGain() {
    const gain = { loudest: 0, setValueAtTime() {} };
    gain.linearRampToValueAtTime = (value) => (gain.loudest = Math.max(gain.loudest, value));
    window.gain = gain;
    return { gain, connect: (next) => next };
  }
};
Object.defineProperty(document, "hidden", { get: () => window.away === true });
"""
WAITS, HIGHEST = [520, 520], 1100  # Hz; only the sound of a priority 1 goes so high, twice


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    found = opened("dispatcher")
    found.add_init_script(SPY)
    return found


def heard(page: Page) -> list[int]:
    return list(page.evaluate("heard"))


def until_urgent(page: Page) -> None:
    """Waits for the sound of a priority 1; others, of calls that grow late meanwhile, may come before it."""
    until = time.monotonic() + PATIENCE_S
    while heard(page).count(HIGHEST) < 2:
        assert time.monotonic() < until, f"no priority 1 was heard: {heard(page)}"
        page.wait_for_timeout(20)


def test_a_new_priority_1_is_heard_also_in_the_background_and_said_in_the_title(page: Page, site: Site) -> None:
    site.take_call("fire.building", "smoke")
    console(page)
    blocked = page.locator("#no-sound")
    expect(blocked).to_be_visible()  # the browser allows none before
    assert heard(page) == []
    page.keyboard.press("j")
    until_urgent(page)  # what came while no sound was possible
    expect(blocked).to_be_hidden()
    expect(page.locator("#alarm")).to_contain_text("without a unit")
    before = page.title()
    page.evaluate("heard.length = 0; window.away = true; window.setTimeout = () => 0")  # no timer runs there
    site.take_call("rescue.water", "in the river")
    until_urgent(page)
    expect(page).not_to_have_title(before)  # the sound may have been of one that came just before
    assert page.title().startswith("(")
    page.reload()
    page.wait_for_selector("#case .panel")
    page.keyboard.press("Q")
    expect(page.locator("#alarm")).to_be_empty()
    assert not page.title().startswith("(")
    assert HIGHEST not in heard(page)  # what was heard before the reload is not heard again
    site.take_call("medical.emergency", "not breathing")
    until_urgent(page)  # silence ends with the next one
    expect(page.locator("#alarm")).to_contain_text("1 × priority 1 without a unit")


def test_what_is_heard_is_each_persons_own_choice(page: Page, site: Site) -> None:
    console(page)
    page.keyboard.press("Q")
    page.locator("#sound-button").click()
    for kind in ("urgent", "waits", "late"):
        page.locator(f"#sound [name={kind}]").uncheck()
    page.locator("#sound [name=volume]").fill("20")
    page.reload()
    page.wait_for_selector("#case .panel")
    page.keyboard.press("Q")
    expect(page.locator("#sound-button")).to_have_accessible_name("no sound")
    site.take_call("medical.emergency", "not breathing")
    expect(page.locator("#alarm")).to_contain_text("1 × priority 1")  # it is told all the same
    assert heard(page) == []
    page.locator("#sound-button").click()
    page.locator("#sound [data-hear=waits]").click()
    assert heard(page) == WAITS
    assert page.evaluate("gain.loudest") == pytest.approx(0.1)
