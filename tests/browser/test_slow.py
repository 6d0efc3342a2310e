"""Answers that are slow, lost or refused: nothing is done to another case, nothing twice, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .pages import console, held, intercept, opener
from .served import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def dispatcher(browser: Browser, site: Site) -> Iterator[Page]:
    with opener(browser, site, broken=True) as open_page:
        yield open_page("dispatcher")


def open_one(page: Page, site: Site) -> tuple[Page, int]:
    """The console with the newest of four calls on it, its recommendation there."""
    number = site.open_calls(4)[-1]
    console(page, f"/console/{number}/")
    expect(page.locator("#recommendation [data-key=s]")).to_be_visible()
    return page, number


def test_until_a_case_is_there_no_key_works_on_the_one_before(dispatcher: Page, site: Site) -> None:
    page, number = open_one(dispatcher, site)
    page.keyboard.press("a")
    page.keyboard.type("man with a dog")
    page.keyboard.press("Escape")
    with held(page, "**/console/*/panel") as release:
        page.keyboard.press("k")
        expect(page.locator("#case")).to_have_attribute("inert", "")
        page.keyboard.press("s")
        page.keyboard.press("a")
        release()
        expect(page.locator("#case .panel")).not_to_have_attribute("data-case", str(number))
    expect(page.locator("#note-text")).to_have_value("")
    expect(page.locator("#note-text")).not_to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(number))
    expect(page.locator("#note-text")).to_have_value("man with a dog")  # kept for its own case
    expect(page.locator("#case .work")).to_have_count(0)


def test_a_case_that_does_not_come_is_said_and_comes_when_asked_again(dispatcher: Page, site: Site) -> None:
    page, _number = open_one(dispatcher, site)
    intercept(page, "**/console/*/panel", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    page.keyboard.press("k")
    expect(page.locator("#case")).to_contain_text("could not be loaded")
    assert "Bad Gateway" not in page.content()
    page.unroute("**/console/*/panel")
    page.get_by_role("button", name="Try again").click()
    current = page.locator("#queue [aria-current]").get_attribute("data-case")
    expect(page.locator("#case .panel")).to_have_attribute("data-case", current or "")


def test_two_steps_in_a_row_are_both_done(dispatcher: Page, site: Site) -> None:
    page, _number = open_one(dispatcher, site)
    page.keyboard.press("s")
    expect(page.locator("#case .panel header")).to_contain_text("dispatched")
    page.keyboard.press("e")
    page.keyboard.press("o")
    expect(page.locator("#case .panel header")).to_contain_text("on scene")
    expect(page.locator("#case .story")).to_contain_text("en route")
    expect(page.locator("#refusal")).to_be_empty()


def test_what_was_not_done_is_said_though_one_has_moved_on(dispatcher: Page, site: Site) -> None:
    page, number = open_one(dispatcher, site)
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        page.wait_for_timeout(400)
        route.abort()

    intercept(page, "**/act/send", lose)
    page.keyboard.press("s")
    page.keyboard.press("k")
    expect(page.locator("#said")).to_contain_text("Not done")
    expect(page.locator("#said a")).to_have_attribute("href", f"/console/{number}/")
    assert len(lost) == 1


def test_the_contact_stays_until_it_is_put_away(dispatcher: Page, site: Site) -> None:
    number = next(n for n in site.open_calls(12) if _has_contact(dispatcher, n))
    page = console(dispatcher, f"/console/{number}/")
    page.keyboard.press("v")
    expect(page.locator("#contact")).to_contain_text("This look is on the record")
    expect(page.locator("#case .story")).to_contain_text("looked at the contact")  # its own line has come round
    page.wait_for_timeout(1500)
    expect(page.locator("#contact")).to_contain_text("This look is on the record")
    page.locator("[data-unlook]").click()
    expect(page.locator("#contact form")).to_be_visible()
    assert page.url.endswith(f"/console/{number}/")


def _has_contact(page: Page, number: int) -> bool:
    console(page, f"/console/{number}/")
    return page.locator("#contact form").count() > 0


def test_a_call_that_was_begun_is_kept_until_it_is_cancelled(dispatcher: Page, site: Site) -> None:
    page, _number = open_one(dispatcher, site)
    text = page.locator("#take [name=description]")
    page.keyboard.press("n")
    text.fill("Smoke from the roof")
    page.dispatch_event("#take [name=description]", "keydown", {"key": "Escape", "isComposing": True})
    expect(text).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    expect(page.locator("#take-again")).to_be_visible()
    page.keyboard.press("N")
    expect(text).to_have_value("Smoke from the roof")
    page.locator("#take [data-away]").click()
    page.keyboard.press("n")
    expect(text).to_have_value("")


def test_other_words_are_another_place(dispatcher: Page, site: Site) -> None:
    page, _number = open_one(dispatcher, site)
    first, second = _streets(site)
    box, lon = page.locator("[name='place.text']"), page.locator("[name='place.lon']")
    page.keyboard.press("n")
    box.fill(first)
    page.wait_for_selector("#place-hits .hit")
    page.keyboard.press("Enter")
    expect(lon).not_to_have_value("")
    with page.expect_request(lambda request: second in unquote_plus(request.url)):
        box.fill(second)
        expect(lon).to_have_value("")
        expect(page.locator("#take .answers")).to_be_empty()
        box.press("Enter")  # at once: the hits of what is written now are waited for
    expect(lon).not_to_have_value("")


def _streets(site: Site) -> tuple[str, str]:
    import csv

    with (site.folder / "addresses.csv").open(encoding="utf-8-sig") as file:
        names = list(dict.fromkeys(row["street"] for row in csv.DictReader(file)))
    return names[0], next(name for name in names if name[0] != names[0][0])


def test_whoever_is_signed_out_meanwhile_keeps_what_was_typed(dispatcher: Page, site: Site) -> None:
    page, _number = open_one(dispatcher, site)
    page.keyboard.press("a")
    page.keyboard.type("two people on the roof")
    page.context.clear_cookies()
    expect(page.locator("#away")).to_contain_text("signed out", timeout=15_000)
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value("two people on the roof")
    expect(page.locator("#refusal")).not_to_be_empty()


def test_a_form_that_was_overtaken_keeps_what_was_typed_over_what_is_new(dispatcher: Page, site: Site) -> None:
    page, number = open_one(dispatcher, site)
    typed = page.locator("#act-form type-box input")
    kind, priority = page.locator("#act-form [name=type]"), page.locator("#act-form [name=priority]")
    page.keyboard.press("x")
    expect(typed).to_be_visible()
    before = priority.input_value()
    other = "1" if before != "1" else "2"
    with site.client("dispatcher") as client:
        version = client.get(f"/api/cases/{number}").json()["version"]
        given = {"data": {"priority": int(other)}, "expected_version": version}
        assert client.post(f"/api/cases/{number}/acts/correct", json=given).status_code == 200
    typed.fill("theft")
    typed.press("Control+Enter")
    expect(page.locator("#refusal")).not_to_be_empty()
    expect(priority).to_have_value(other)
    expect(kind).to_have_value("crime.theft")
    expect(typed).to_have_value("Theft")
    typed.press("Control+Enter")
    expect(page.locator("#case .panel h3")).to_contain_text("Theft")
    expect(page.locator("#act-form form")).to_have_count(0)


def test_a_list_that_is_no_longer_true_is_not_sent_from(dispatcher: Page, site: Site) -> None:
    page, number = open_one(dispatcher, site)
    chosen = page.locator("#recommendation [name=units]:checked").first.get_attribute("value")
    page.keyboard.press("2")  # another choice is no other truth
    page.wait_for_timeout(2500)
    expect(page.locator("#recommendation [data-key=s]")).to_be_enabled()
    with site.client("dispatcher") as client:
        assert client.post(f"/api/cases/{number}/assignments", json={"units": [chosen]}).status_code == 201
    expect(page.locator("#recommendation")).to_contain_text("Things have changed since")
    page.keyboard.press("s")
    expect(page.locator("#case .work")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator("#recommendation")).not_to_contain_text("Things have changed since")
