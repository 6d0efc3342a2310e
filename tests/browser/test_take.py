"""A call is saved where it was shown, whatever was done before and however it was begun."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

from .pages import console, free_point, held
from .served import Site

pytestmark = pytest.mark.browser
PLACE, LON, SAVES = "#take [name='place.text']", "#take [name='place.lon']", "#take [data-saves]"


def streets(site: Site) -> tuple[str, str]:
    with (site.folder / "addresses.csv").open(encoding="utf-8-sig") as file:
        names = list(dict.fromkeys(row["street"] for row in csv.DictReader(file)))
    return names[0], next(name for name in names if name[0] != names[0][0])


def place_typed(page: Page, words: str, lead: str = "") -> str:
    """Type a place and take the first hit; the name it was found under."""
    page.keyboard.type(words)
    page.wait_for_selector(f"[data-place][data-shown='{words}'] #{lead}place-hits .hit")
    name = page.locator(f"#{lead}place-hits .hit").first.get_attribute("data-text") or ""
    page.keyboard.press("Enter")
    return name


def test_the_next_call_is_not_saved_at_the_place_that_was_corrected(dispatcher: Page, site: Site) -> None:
    first, second = streets(site)
    number = site.open_calls(1)[0]
    page = console(dispatcher, f"/console/{number}/")
    page.keyboard.press("x")
    corrected = page.locator(".actform [name='place.text']")
    expect(corrected).to_be_focused()
    assert corrected.input_value()  # what is there, to be seen and overwritten
    moved = place_typed(page, first, "x-")
    expect(page.locator(".actform .readback")).to_contain_text(moved)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .address")).to_contain_text(moved)

    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_be_focused()
    expect(page.locator(PLACE)).to_have_value("")
    expect(page.locator(LON)).to_have_value("")
    found = place_typed(page, second)
    expect(page.locator(SAVES)).to_contain_text(found)
    expect(page.locator(SAVES)).to_contain_text("only the street")
    page.keyboard.type("noise")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .panel")).not_to_have_attribute("data-case", str(number))
    expect(page.locator("#case .address")).to_contain_text(found)
    expect(page.locator("#case .address")).to_contain_text("only the street")


def test_a_point_on_the_map_is_not_carried_into_a_new_call(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    x, y = free_point(page)
    page.mouse.click(x, y)
    expect(page.locator("#point")).to_contain_text("answers for")
    page.keyboard.press("j")
    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_have_value("")
    expect(page.locator(LON)).to_have_value("")
    page.mouse.click(x, y)  # now it is meant
    expect(page.locator(LON)).not_to_have_value("")
    expect(page.locator(SAVES)).to_contain_text("pointed at on the map")
    page.locator(PLACE).fill("opposite the market")
    expect(page.locator(SAVES)).to_contain_text("opposite the market")


def test_nothing_is_saved_before_it_was_shown(dispatcher: Page, site: Site) -> None:
    first, _second = streets(site)
    page = console(dispatcher)
    page.keyboard.press("n")
    page.keyboard.type(first)
    page.wait_for_selector("#place-hits .hit")
    name = page.locator("#place-hits .hit").first.get_attribute("data-text") or ""
    with held(page, re.compile(r"/places/at\?.*place")) as release:
        page.keyboard.press("Enter")
        page.keyboard.type("noise")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#take")).to_contain_text("not shown yet")
        release()
    expect(page.locator(SAVES)).to_contain_text(name)
    page.locator("#take [name=description]").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#case .address")).to_contain_text(name)


def test_what_was_begun_is_taken_up_by_its_own_key(dispatcher: Page, site: Site) -> None:
    page = console(dispatcher)
    page.keyboard.press("n")
    page.keyboard.type("by the quay")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#take")).to_be_hidden()
    expect(page.locator("#take-again")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator(PLACE)).to_have_value("")
    page.locator("#take [data-away]").click()
    page.keyboard.press("N")
    expect(page.locator(PLACE)).to_have_value("by the quay")
    expect(page.locator("#take-again")).to_be_hidden()


def test_what_was_typed_and_where_one_stands_outlive_a_switch_of_the_language(dispatcher: Page, site: Site) -> None:
    first, _second = streets(site)
    number = site.open_calls(1)[0]
    with site.client("dispatcher") as record:
        where = record.get(f"/api/cases/{number}").json()["place"]
    lon, lat = where["lon"], where["lat"]
    page = console(dispatcher, f"/console/{number}/")
    page.keyboard.press("a")
    page.keyboard.type("he is at the ga")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    found = place_typed(page, first)
    page.keyboard.type("noise")
    page.keyboard.press("Enter")
    page.keyboard.type("every ev")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#take h3")).to_contain_text("新建")
    expect(page.locator(PLACE)).to_have_value(found)
    expect(page.locator("#take [name=description]")).to_have_value("every ev")
    expect(page.locator("#take [name=type]")).to_have_value("order.noise")
    expect(page.locator(SAVES)).to_contain_text("将保存为")
    expect(page.locator("#note-text")).to_have_value("he is at the ga")
    page.locator("#take [name=description]").press("Control+Enter")
    expect(page.locator("#case .panel")).not_to_have_attribute("data-case", str(number))
    expect(page.locator("#case .said").first).to_contain_text("every ev")

    page.keyboard.press("c")  # a form of the case, and then one of a page
    note = page.locator("#act-form [name=note]")
    note.fill("nobody th")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#act-form h4")).to_have_text("Close")
    expect(note).to_have_value("nobody th")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 12})
    page.goto("/cases/open/hazard/")
    page.get_by_role("button", name="Where I am").click()
    expect(page.locator(".answers .readback")).to_contain_text("a position that was sent")
    expect(page.locator("[name='place.lon']")).to_have_value(f"{lon:.6f}")
    page.locator("[name=description]").fill("boxes on the st")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_contain_text("隐患")
    expect(page.locator("[name=description]")).to_have_value("boxes on the st")
    expect(page.locator(".answers .readback")).to_contain_text("报警人发来的位置")
    page.reload()
    expect(page.locator("[name=description]")).to_have_value("")
