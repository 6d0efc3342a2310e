"""A passkey and an app, set up and used in a browser: in both languages, narrow, dark, and read by axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .pages import Opener, opener
from .served import PASSWORD, Site
from .test_look import ASIDE, serious

pytestmark = pytest.mark.browser


def with_authenticator(page: Page) -> None:
    """A virtual security key in this page's browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, login: str) -> None:
    page.goto("/login")
    page.fill("#id_username", login)
    page.fill("#id_password", PASSWORD)
    page.click("main button.main")


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Opener]:
    """By a name: passkeys belong to one, and an address is none."""
    with opener(browser, replace(site, url=site.url.replace("127.0.0.1", "localhost"))) as open_page:
        yield open_page


def test_a_passkey_is_made_and_signs_in(opened: Opener) -> None:
    page = opened()
    with_authenticator(page)
    sign_in(page, "dispatcher")
    page.wait_for_url(re.compile("/console/"))
    page.goto("/account/passkey")
    assert serious(page) == []
    page.fill("#id_name", "Desk")
    page.click("main button.main")
    expect(page.locator("#codes li")).to_have_count(10)
    expect(page.locator("main table")).to_contain_text("Desk")
    assert serious(page) == []
    page.click("header form[action='/logout'] button")
    sign_in(page, "dispatcher")
    page.wait_for_url(re.compile("/login/factor"))
    assert serious(page) == []
    page.click("text=Use a passkey")
    page.wait_for_url(re.compile("/console/"))
    page.goto("/account")
    page.click("main table button")
    expect(page.locator("main")).to_contain_text("The second factor is removed.")


@pytest.mark.parametrize(("language", "dark", "width"), [("zh-CN", True, 390), ("en-GB", False, 1366)])
def test_the_page_of_the_app_can_be_read(opened: Opener, language: str, dark: bool, width: int) -> None:
    page = opened("dispatcher", language, dark=dark, width=width)
    for path in ("/account", "/account/app", "/account/passkey"):
        page.goto(path)
        assert serious(page) == []
        assert page.evaluate(ASIDE) <= 0
