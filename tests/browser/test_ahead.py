"""What is typed between the key that opens a form and the form: it is given to the form, and commands nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .pages import console, held, intercept, opener
from .served import Site

pytestmark = pytest.mark.browser
PLACE, PRIMARY, AHEAD = "[name='place.text']", "#act-form [name=primary]", "#ahead-text"


@pytest.fixture
def dispatcher(browser: Browser, site: Site) -> Iterator[Page]:
    with opener(browser, site, broken=True) as open_page:
        yield open_page("dispatcher")


@pytest.fixture
def number(dispatcher: Page, site: Site) -> int:
    """The newest call, on the console with its recommendation."""
    newest = site.open_calls(2)[-1]
    console(dispatcher, f"/console/{newest}/")
    expect(dispatcher.locator("#recommendation [data-key=s]")).to_be_visible()
    return newest


def unmoved(page: Page, number: int) -> None:
    """The same case, nothing sent, no other form."""
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(number))
    expect(page.locator("#case .work")).to_have_count(0)
    expect(page.locator("#take")).to_be_hidden()


def test_the_digits_after_m_are_the_number_that_was_typed(dispatcher: Page, number: int) -> None:
    page = dispatcher
    with held(page, "**/form/merge") as release:
        page.keyboard.press("m")
        page.keyboard.type("1042")
        page.keyboard.press("Backspace")
        page.keyboard.press("Enter")  # sends nothing that was not seen
        release()
        expect(page.locator(PRIMARY)).to_be_focused()
    expect(page.locator(PRIMARY)).to_have_value("104")
    page.keyboard.type("7")
    expect(page.locator(PRIMARY)).to_have_value("1047")
    expect(page.locator("#refusal")).to_be_empty()
    unmoved(page, number)


@pytest.mark.parametrize(
    ("key", "form", "typed"), [("b", "call_back", "snjk3"), ("x", "correct", "nsm1"), ("c", "close", "nmsj")]
)
def test_every_form_keeps_what_is_typed_before_it_is_there(
    dispatcher: Page, number: int, key: str, form: str, typed: str
) -> None:
    page = dispatcher
    with held(page, f"**/form/{form}") as release:
        page.keyboard.press(key)
        page.keyboard.type(typed)
        expect(page.locator(AHEAD)).to_have_value(typed)
        release()
        first = page.locator("#act-form :is(input:not([type=hidden]), select, textarea)").first
        expect(first).to_be_focused()
    if form == "call_back":
        expect(first).to_have_value(typed)
    expect(page.locator("#ahead")).to_be_hidden()
    unmoved(page, number)


def test_a_choice_is_made_by_its_words_and_tab_goes_on_to_the_next_field(dispatcher: Page, number: int) -> None:
    page = dispatcher
    with held(page, "**/form/close") as release:
        page.keyboard.press("c")
        page.keyboard.type("help")
        page.keyboard.press("Tab")
        page.keyboard.type("went home")
        release()
        expect(page.locator("#act-form [name=note]")).to_have_value("went home")
    expect(page.locator("#act-form [name=outcome]")).to_have_value("helped")
    unmoved(page, number)


def test_what_was_typed_for_a_form_that_does_not_come_is_kept_and_given_when_it_does(
    dispatcher: Page, number: int
) -> None:
    page = dispatcher
    intercept(page, "**/form/merge", lambda route: route.abort())
    page.keyboard.press("m")
    expect(page.locator("#ahead[data-failed]")).to_be_visible()  # known before the first digit
    page.keyboard.type("104nsc")
    expect(page.locator("#ahead")).to_contain_text("It did not come")
    expect(page.locator(AHEAD)).to_have_value("104nsc")
    page.unroute("**/form/merge")
    page.locator("#case [data-key=m]").click()
    expect(page.locator(PRIMARY)).to_have_value("104")
    expect(page.locator("#ahead")).to_be_hidden()
    unmoved(page, number)


def test_a_form_that_does_not_come_and_gets_nothing_typed_gives_the_keys_back(dispatcher: Page, number: int) -> None:
    page = dispatcher
    intercept(page, "**/form/merge", lambda route: route.abort())
    page.keyboard.press("m")
    expect(page.locator("#ahead[data-failed]")).to_be_visible()
    expect(page.locator("#ahead")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator("#act-form h4")).to_have_text("Call back")
    unmoved(page, number)


def test_both_cases_are_shown_before_they_are_made_one(dispatcher: Page, site: Site, number: int) -> None:
    page = dispatcher
    other = site.take_call("order.fight", "two men")
    page.keyboard.press("m")
    page.keyboard.type(str(other))
    expect(page.locator(PRIMARY)).to_have_value(str(other))
    page.keyboard.press("Enter")
    expect(page.locator("#act-form .beside dl")).to_have_count(2)
    expect(page.locator("#act-form [role=alert]")).to_contain_text("far apart")
    expect(page.locator("#act-form [name=apart]")).to_be_focused()
    page.keyboard.press("Enter")  # nothing is done before it is said
    expect(page.locator("#act-form .beside")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#case .panel header")).to_contain_text("merged")


def test_what_is_put_away_does_not_come_any_more(dispatcher: Page, number: int) -> None:
    page = dispatcher
    with held(page, "**/form/merge") as release:
        page.keyboard.press("m")
        page.keyboard.type("1")
        page.keyboard.press("Escape")
        release()
    page.keyboard.press("b")
    expect(page.locator("#act-form h4")).to_have_text("Call back")
    unmoved(page, number)


def test_a_form_of_the_case_before_is_not_shown_on_another(dispatcher: Page, number: int) -> None:
    page = dispatcher
    with held(page, "**/form/merge") as release:
        page.keyboard.press("m")
        page.locator("#queue a[data-case]:not([aria-current])").first.click()
        expect(page.locator("#case .panel")).not_to_have_attribute("data-case", str(number))
        with page.expect_event("requestfinished", lambda request: "/form/" in request.url):
            release()
    expect(page.locator("#act-form")).to_be_empty()
    page.keyboard.press("b")
    expect(page.locator("#act-form h4")).to_have_text("Call back")


def test_digits_after_r_choose_from_the_list_that_comes_and_send_nothing(dispatcher: Page, number: int) -> None:
    page = dispatcher
    first = page.locator("#recommendation [data-key='1']")
    before = first.is_checked()
    with held(page, "**/recommendation") as release:
        page.keyboard.press("r")
        page.keyboard.type("1s")
        expect(first).to_be_checked() if before else expect(first).not_to_be_checked()
        release()
        expect(first).not_to_be_checked() if before else expect(first).to_be_checked()
    unmoved(page, number)
    page.keyboard.press("1")  # and the next key is a command again
    expect(first).to_be_checked() if before else expect(first).not_to_be_checked()


def test_the_call_form_gets_what_was_typed_though_it_came_late(dispatcher: Page, number: int) -> None:
    page = dispatcher
    with held(page, "**/console/take") as release:
        page.reload()
        page.wait_for_selector("#map[data-ready]")
        page.keyboard.press("n")
        page.keyboard.type("12 jksm")
        release()
        expect(page.locator(PLACE)).to_have_value("12 jksm")
    expect(page.locator(PLACE)).to_be_focused()
    expect(page.locator("#case .panel")).to_have_attribute("data-case", str(number))
