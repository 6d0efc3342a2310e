"""The map of the console: drawn in steps, calls gathered, a unit's chip and its dot one thing, roads and ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .pages import Opener, console, held
from .served import Site

pytestmark = pytest.mark.browser

WAYS = "m.querySourceFeatures('ways')"
MAP = "(await import('/static/js/console-map.js')).drawn()"


def ask(page: Page, what: str, given: Any = None) -> Any:
    """An expression of the page's map `m` and what is given, as `given`."""
    return page.evaluate(f"async given => {{ const m = {MAP}; return {what}; }}", given)


def jump(page: Page, **to: Any) -> None:
    ask(page, "new Promise(done => { m.once('idle', () => done(null)); m.jumpTo(given); m.triggerRepaint(); })", to)


def complete(page: Page) -> Page:
    page.wait_for_selector("#map[data-complete]")
    return page


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def live(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("async () => (await fetch('/console/live')).json()")
    return found


def test_outlines_stand_with_the_page_and_the_map_waits_for_no_road(dispatcher: Page) -> None:
    page = dispatcher
    with held(page, "**/maplibre-gl.mjs") as maplibre, held(page, "**/api/roads.geojson*") as roads:
        page.goto("/console/", wait_until="commit")
        expect(page.locator("svg.outline path")).to_be_visible()  # before any script
        maplibre()
        page.wait_for_selector("#map[data-ready=map]")
        assert page.evaluate("performance.getEntriesByName('map-drawn').length") == 1
        expect(page.locator("svg.outline")).to_have_count(0)
        ask(page, "m.jumpTo({zoom: 9}) && null")
        page.wait_for_function(f"async () => {MAP}.queryRenderedFeatures({{layers: ['units']}}).length > 0")
        expect(page.locator("#map[data-complete]")).to_have_count(0)
        roads()
        complete(page)


def test_what_was_drawn_once_is_not_asked_for_again(dispatcher: Page) -> None:
    page = complete(console(dispatcher))
    page.goto("/cases/")
    complete(console(page))
    asked = "performance.getEntriesByType('resource').filter(e => e.name.includes('blocks.geojson'))"
    kept = page.evaluate(f"{asked}.map(e => e.transferSize)")
    assert kept
    assert set(kept) == {0}


def test_calls_that_lie_together_are_gathered_with_their_number_and_come_apart(dispatcher: Page, site: Site) -> None:
    first = site.take_call("order.noise", "one")
    second = site.take_call("fire.alarm", "beside it")
    page = complete(console(dispatcher, f"/console/{first}/"))
    jump(page, zoom=9)
    marks = "[...m.queryRenderedFeatures({layers: ['calls', 'clusters', 'chosen']}).map(f => f.properties)]"
    found = ask(page, marks)
    assert sum(one.get("point_count", 1) for one in found) == len(live(page)["calls"])  # none is lost, none doubled
    assert any(one.get("point_count", 1) > 1 for one in found)
    urgent = {one["urgent"] for one in found if "urgent" in one}
    assert urgent <= {1, 2, 3, 4}
    assert 1 in urgent  # the alarm's
    lone = [one for one in found if one.get("id") == first]
    assert len(lone) == 1  # the chosen one is in no cluster
    where = next(call["point"] for call in live(page)["calls"] if call["id"] == second)
    jump(page, zoom=17, center=where)
    assert second in {one.get("id") for one in ask(page, marks)}


def test_a_click_on_gathered_calls_goes_nearer(dispatcher: Page) -> None:
    page = complete(console(dispatcher))
    jump(page, zoom=9)
    cluster = ask(page, "(f => f && f.geometry.coordinates)(m.queryRenderedFeatures({layers: ['clusters']})[0])")
    assert cluster
    jump(page, center=cluster)
    page.mouse.click(*middle(page))
    page.wait_for_function(f"async () => {MAP}.getZoom() > 9.5")
    expect(page.locator("#point")).to_be_hidden()


def test_names_are_drawn_above_the_dots_and_below_the_calls(dispatcher: Page) -> None:
    page = complete(console(dispatcher))
    order = ask(page, "m.getStyle().layers.map(l => l.id)")
    names = [order.index(one) for one in order if re.match("name-|unit-names", one)]
    assert order.index("units") < min(names) <= max(names) < order.index("calls") < order.index("clusters")


def test_a_chip_and_its_dot_are_one_thing(dispatcher: Page) -> None:
    page = complete(console(dispatcher))
    chip = page.locator("#units .chip[data-meaning=available]").nth(2)
    button = chip.locator("button")
    code = button.get_attribute("data-unit")
    state = "m.getFeatureState({source: 'units', id: given})"
    button.hover()
    expect(chip).to_have_attribute("data-lit", "")
    assert ask(page, state, code) == {"lit": True}
    button.focus()
    page.keyboard.press("ArrowRight")
    assert ask(page, state, code) == {}
    jump(page, zoom=17)
    button.click()
    expect(chip).to_have_attribute("data-chosen", "")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert ask(page, state, code)["chosen"] is True
    unit = next(one for one in live(page)["units"] if one["code"] == code)
    at = [unit["lon"], unit["lat"]]
    assert ask(page, "m.getBounds().contains(given)", at)  # the chip brings its dot into view
    page.wait_for_selector("#unit [data-unit-away]")
    page.keyboard.press("Escape")
    expect(chip).not_to_have_attribute("data-chosen", "")
    jump(page, center=at)
    page.mouse.move(*middle(page))
    lit = page.locator("#units .chip[data-lit] button")  # of several at one station, the topmost
    expect(lit).to_have_count(1)
    meant = lit.get_attribute("data-unit") or ""
    page.mouse.click(*middle(page))
    expect(page.locator("#unit .unitcard")).to_have_attribute("data-unit-card", meant)
    expect(page.locator("#units .chip[data-chosen] button")).to_have_attribute("data-unit", meant)


def test_a_unit_that_was_sent_is_joined_as_the_road_goes(dispatcher: Page, site: Site) -> None:
    other, number = site.open_calls(1)[0], site.take_call("order.noise", "shouting")
    page = complete(console(dispatcher, f"/console/{number}/"))
    drawn = f"{WAYS}.map(f => f.properties.sent)"
    page.wait_for_function(f"async () => (await (async () => {{ const m = {MAP}; return {drawn}; }})()).length > 0")
    assert set(ask(page, drawn)) == {False}  # the recommended one
    page.wait_for_selector("#recommendation [name=units]:checked")
    page.keyboard.press("s")
    expect(page.locator("#case .work")).to_have_count(1)
    page.wait_for_function(f"async () => {{ const m = {MAP}; return {drawn}.includes(true); }}")
    straight = "m.querySourceFeatures('joins').filter(f => f.geometry.type === 'LineString').length"
    assert ask(page, straight) == 0
    page.locator(f"#queue a[data-case='{other}']").click()  # another case, to which nobody was sent
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(other))
    page.wait_for_function(f"async () => {{ const m = {MAP}; return !{drawn}.includes(true); }}")


def road_of(page: Page) -> list[float]:
    """A point on a road: where the first unit's way turns."""
    page.wait_for_function(f"async () => (await (async () => {{ const m = {MAP}; return {WAYS}; }})()).length > 0")
    line: list[list[float]] = ask(page, f"{WAYS}[0].geometry.coordinates")
    (west, south), (east, north) = line[len(line) // 2 - 1], line[len(line) // 2]
    return [(west + east) / 2, (south + north) / 2]


def test_a_road_is_closed_and_opened_where_one_points_by_keys_alone(dispatcher: Page, site: Site) -> None:
    number = site.take_call("order.noise", "a tree fell")
    page = complete(console(dispatcher, f"/console/{number}/"))
    page.wait_for_selector("#recommendation [name=units]:checked")
    point = road_of(page)
    jump(page, center=point, zoom=17)
    page.mouse.click(*middle(page), button="right")
    form = page.locator("#point .closeroad")
    expect(form.locator("#road-reason")).to_be_focused()
    assert form.locator("#road-road option").count() >= 2  # both directions, and each of them
    page.keyboard.press("Control+Enter")  # a reason is needed: the browser says so, nothing is sent
    expect(form).to_be_visible()
    page.keyboard.type("water")
    page.keyboard.press("Control+Enter")
    shut = page.locator("#point .shut")
    expect(shut).to_contain_text("water")
    expect(shut).to_contain_text("until")
    page.wait_for_function(f"async () => {MAP}.querySourceFeatures('closed').length > 0")
    expect(page.locator("#recommendation [data-key=s]")).to_be_disabled()  # it was asked for before the road was closed
    page.keyboard.press("r")
    expect(page.locator("#recommendation [data-key=s]")).to_be_enabled()
    shut.get_by_role("button", name="Open the road").click()
    expect(page.locator("#point .shut")).to_have_count(0)
    page.wait_for_function(f"async () => {MAP}.querySourceFeatures('closed').length === 0")


def test_what_is_typed_after_z_goes_into_the_form(dispatcher: Page, site: Site) -> None:
    number = site.take_call("order.noise", "burst main")
    page = complete(console(dispatcher, f"/console/{number}/"))
    page.wait_for_selector("#recommendation [name=units]:checked")
    jump(page, center=road_of(page), zoom=17)
    page.mouse.click(*middle(page))
    page.wait_for_selector("#point .chain")
    with held(page, "**/console/point?*close=1") as answer:
        page.keyboard.press("Z")
        page.keyboard.type("fire")
        answer()
    expect(page.locator("#road-reason")).to_have_value("fire")
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(number))  # no key was a command
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#point")).to_be_hidden()


NO_WEBGL = """
const context = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return String(kind).startsWith("webgl") ? null : context.call(this, kind, ...more);
};
"""


def test_without_a_map_a_place_is_chosen_by_keys_and_read_out_with_its_block(dispatcher: Page, site: Site) -> None:
    number = site.take_call("order.noise", "far from any map")
    page = dispatcher
    page.add_init_script(NO_WEBGL)
    page.goto(f"/console/{number}/")
    page.wait_for_selector("#map[data-ready=none]")
    expect(page.locator(".mapless")).to_be_visible()
    expect(page.locator("svg.outline path")).to_be_visible()
    page.wait_for_selector("#case .panel")
    words = page.locator("#case .address").inner_text()
    page.keyboard.press("/")
    page.keyboard.type(words)
    heard = page.locator("#heard")
    expect(heard).to_contain_text("places found")
    page.keyboard.press("ArrowDown")
    hit = page.locator("#find-hits .hit[aria-selected=true]")
    block = hit.locator("span").last.inner_text()
    expect(heard).to_contain_text(block)
    page.keyboard.press("Enter")
    expect(heard).to_contain_text("Chosen: ")
    expect(heard).to_contain_text(block)
    expect(page.locator("#point .chain")).to_be_visible()
    page.keyboard.press("Z")  # a road is closed without seeing it, too
    expect(page.locator("#road-reason")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)  # a form that settles late enters its first field once more
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#take [name='place.lon']")).to_have_value("")  # a new call begins empty
    page.keyboard.type(words)
    page.wait_for_selector("#place-hits .hit")
    page.keyboard.press("Enter")
    expect(page.locator("#take [name='place.lon']")).not_to_have_value("")
    expect(page.locator("#take .answers .chain")).to_be_attached()


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_no_match_is_said_of_places_and_of_units(opened: Opener, site: Site, language: str) -> None:
    number = site.take_call("order.noise", "nothing like it")
    page = console(opened("dispatcher", language), f"/console/{number}/")
    page.wait_for_selector("#recommendation [name=units]:checked")
    page.keyboard.press("/")
    page.keyboard.type("qqqq zzzz")
    none = page.locator("#find-hits .none")
    expect(none).to_be_visible()
    expect(page.locator("#heard")).to_have_text(none.inner_text())
    page.keyboard.press("Escape")
    expect(none).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.type("zzzz")
    hits = page.locator("#unit-hits")
    expect(hits.locator("p")).to_be_visible()
    expect(hits).to_have_attribute("role", "status")
    page.keyboard.press("Enter")
    expect(page.locator("#unit-chosen .unit")).to_have_count(0)
