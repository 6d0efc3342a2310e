"""A crew's phone, 390 pixels wide: the order comes by itself, a tap is done once, and what may be old is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .pages import Opener, intercept, opener
from .served import Site, served
from .test_look import ASIDE, serious

pytestmark = pytest.mark.browser
NEXT = "#next button"
UNIT, CREW = "PC001", "crew-pc001"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("field")) as site:
        yield site


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Opener]:
    with opener(browser, site, broken=True) as open_page:
        yield open_page


@pytest.fixture
def desk(site: Site) -> Iterator[httpx.Client]:
    """The dispatcher; whatever the unit still works on is ended afterwards."""
    with site.client("dispatcher") as client:
        yield client
        for unit in client.get("/api/units").json():
            if unit["case"]:
                act(client, unit["case"], "stand_down", unit=unit["code"], why="not_needed")


def act(client: httpx.Client, case: int, name: str, **data: object) -> None:
    answer = client.post(f"/api/cases/{case}/acts/{name}", json={"data": data})
    assert answer.status_code == 200, answer.text


def order(site: Site, desk: httpx.Client) -> int:
    case = site.take_call("fire.building", "西侧居民楼三层冒烟，楼内有人")
    assert desk.post(f"/api/cases/{case}/assignments", json={"units": [UNIT], "override": True}).status_code == 201
    return case


def ordered(
    site: Site, desk: httpx.Client, opened: Opener, language: str = "en-GB", **more: object
) -> tuple[Page, int]:
    page = opened(CREW, language, width=390, **more)
    case = order(site, desk)
    page.goto("/field/")
    expect(page.locator(NEXT)).to_be_visible()
    return page, case


def acts(desk: httpx.Client, case: int) -> list[str]:
    return [line["act"] for line in desk.get(f"/api/cases/{case}/lines").json()]


def press(page: Page) -> None:
    page.locator(f"{NEXT}:not([inert]):not([disabled])").click()


def test_an_order_comes_up_by_itself_and_is_taken_to_its_end(site: Site, desk: httpx.Client, opened: Opener) -> None:
    page = opened(CREW, "zh-CN", width=390)
    expect(page).to_have_url(re.compile("/field/$"))  # signing in leads there
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator("#idle-title")).to_be_visible()
    case = order(site, desk)
    expect(page.locator("#order-title")).to_have_text("建筑火灾")
    expect(page.locator(".said")).to_contain_text("西侧居民楼三层冒烟")
    expect(page.locator("a.way")).to_have_attribute("href", re.compile(r"^geo:\d+\.\d+,\d+\.\d+\?q="))
    for words, following in (("签收", "出警"), ("出警", "到场"), ("到场", "撤离")):
        button = page.locator(NEXT)
        expect(button).to_have_text(words)
        box = button.bounding_box()
        assert box
        assert (box["width"], box["height"]) >= (340, 80)
        press(page)
        expect(page.locator("#told")).to_contain_text(words)
        expect(button).to_have_text(following)
    press(page)
    expect(page.locator("#idle-title")).to_be_visible()
    assert [one for one in acts(desk, case) if one in ("acknowledge", "en_route", "on_scene", "clear")] == [
        "acknowledge",
        "en_route",
        "on_scene",
        "clear",
    ]


def test_what_takes_the_unit_off_is_heard_at_once(site: Site, desk: httpx.Client, opened: Opener) -> None:
    page, case = ordered(site, desk, opened)
    page.evaluate("() => window.marked = true")
    act(desk, case, "stand_down", unit=UNIT, why="not_needed")
    expect(page.locator("#idle-title")).to_be_visible(timeout=8000)  # sooner than the page asks by itself
    assert page.evaluate("() => window.marked")


def test_a_double_tap_is_one_step(site: Site, desk: httpx.Client, opened: Opener) -> None:
    page, case = ordered(site, desk, opened)
    expect(page.locator(NEXT)).to_have_text("Acknowledge")
    box = page.locator(NEXT).bounding_box()
    assert box
    for _tap in range(5):
        page.mouse.click(box["x"] + 100, box["y"] + 40)
    expect(page.locator(NEXT)).to_have_text("En route")
    assert "en_route" not in acts(desk, case)


def test_a_lost_answer_makes_nothing_twice(site: Site, desk: httpx.Client, opened: Opener) -> None:
    page, case = ordered(site, desk, opened)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    intercept(page, "**/acts/acknowledge", lose, times=1)
    press(page)
    expect(page.locator("#told")).to_contain_text("kept on this phone, not sent yet")
    expect(page.locator("#told")).to_contain_text("Acknowledge: sent at")
    assert acts(desk, case).count("acknowledge") == 1


def test_taps_without_a_connection_are_kept_said_and_sent_when_it_is_back(
    site: Site, desk: httpx.Client, opened: Opener
) -> None:
    page, case = ordered(site, desk, opened)
    page.context.set_offline(True)
    expect(page.locator("#away")).to_contain_text("What you see is of")
    press(page)
    expect(page.locator(NEXT)).to_have_text("En route")
    press(page)
    expect(page.locator("#told")).to_contain_text("not sent yet")
    assert not {"acknowledge", "en_route"} & set(acts(desk, case))
    kept = page.evaluate("() => JSON.stringify(localStorage)")
    assert "en_route" in kept
    assert "居民楼" not in kept
    address = page.url
    page.goto("about:blank")  # the page is gone before the connection is back
    page.context.set_offline(False)
    page.goto(address)
    expect(page.locator(NEXT)).to_have_text("On scene")
    expect(page.locator("#away")).to_be_hidden()
    expect(page.locator("#told")).to_contain_text("En route: sent")
    assert [one for one in acts(desk, case) if one in ("acknowledge", "en_route")] == ["acknowledge", "en_route"]


def test_a_note_is_never_left_on_the_phone_and_a_delay_is_told(site: Site, desk: httpx.Client, opened: Opener) -> None:
    page, case = ordered(site, desk, opened)
    page.context.set_offline(True)
    page.fill("#note-text", "门口有狗")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#told")).to_contain_text("Note: kept on this phone")
    assert "门口有狗" not in page.evaluate("() => JSON.stringify(localStorage)")
    page.context.set_offline(False)
    expect(page.locator(".said").first).to_contain_text("门口有狗")
    expect(page.locator("#note-text")).to_have_value("")
    page.get_by_role("button", name="Delay").click()
    page.fill("#asked-form [name=minutes]", "7")
    page.locator("#asked-form [name=why]").select_option("traffic")
    page.locator("#asked-form button.main").click()
    expect(page.locator("#told")).to_contain_text("Delay: sent")
    expect(page.locator("#asked-form")).to_have_count(0)
    assert acts(desk, case).count("delay") == 1


def test_an_idle_crew_sets_its_status_and_sends_its_position_while_on_duty(
    site: Site, desk: httpx.Client, opened: Opener
) -> None:
    page = opened(CREW, width=390)
    unit = next(one for one in desk.get("/api/units").json() if one["code"] == UNIT)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": unit["lon"] + 0.001, "latitude": unit["lat"], "accuracy": 12})
    page.get_by_role("button", name="Refuelling").click()
    expect(page.locator(".state")).to_contain_text("Refuelling")
    page.locator("#position").click()
    expect(page.locator("#position-said")).to_contain_text("give or take 12 m")
    expect(page.locator("#position")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Off duty").click()
    expect(page.locator("#position-said")).to_have_text("Not sent: the unit is off duty.")
    expect(page.locator("#position")).to_have_attribute("aria-pressed", "false")
    found = next(one for one in desk.get("/api/units").json() if one["code"] == UNIT)
    assert (found["meaning"], found["accuracy_m"]) == ("off_duty", 12)
    page.get_by_role("button", name="Available", exact=True).click()
    expect(page.locator(".state")).to_contain_text("Available")


@pytest.mark.parametrize(("language", "dark"), [("en-GB", False), ("zh-CN", True)])
def test_the_phone_is_usable_by_everybody(
    site: Site, desk: httpx.Client, opened: Opener, language: str, dark: bool
) -> None:
    page = opened(CREW, language, dark=dark, width=390)
    page.set_viewport_size({"width": 390, "height": 2400})  # whole, so that the bar below covers nothing
    for busy in (False, True):
        if busy:
            order(site, desk)
            expect(page.locator(NEXT)).to_be_visible()
        assert serious(page) == []
        assert page.evaluate(ASIDE) <= 0
        low = "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.textContent)"
        assert page.locator("main button:visible, main a.button:visible").evaluate_all(low) == []


def test_a_note_that_was_begun_stays_with_its_case_and_a_refused_one_can_be_read(
    site: Site, desk: httpx.Client, opened: Opener
) -> None:
    page, case = ordered(site, desk, opened)
    page.locator("#note-text").fill("one hurt, needs help")
    act(desk, case, "stand_down", unit=UNIT, why="not_needed")
    other = order(site, desk)
    expect(page.locator("#state")).to_have_attribute("data-case", str(other))
    expect(page.locator("#note-text")).to_have_value("")
    expect(page.locator("#told")).to_contain_text(f"Not sent, case {case}: “one hurt, needs help”")
    page.context.set_offline(True)
    page.locator("#note-text").fill("the door is locked")
    page.locator("#note-form button").click()
    expect(page.locator("#told")).to_contain_text("not sent yet")
    act(desk, other, "stand_down", unit=UNIT, why="not_needed")
    page.context.set_offline(False)
    expect(page.locator("#told")).to_contain_text("“the door is locked”")
    expect(page.locator("#state")).to_have_attribute("data-case", "")
    page.wait_for_timeout(500)
    expect(page.locator("#told")).to_contain_text("“the door is locked”")
