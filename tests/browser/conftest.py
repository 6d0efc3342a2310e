"""Debian's chromium on a served city. Every page's own errors fail the test that opened it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .pages import ARGUMENTS, CHROMIUM, Opener, opener
from .served import Site, served

expect.set_options(timeout=15_000)  # a busy machine is not a fault of the page


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        _missing(f"no {CHROMIUM}: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small city with some calls."""
    with served(tmp_path_factory.mktemp("browser")) as site:
        site.open_calls(12)
        yield site


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Opener]:
    """Opens a page as somebody: `opened("dispatcher", "zh-CN", dark=True, width=390)`."""
    with opener(browser, site) as open_page:
        yield open_page


@pytest.fixture
def dispatcher(opened: Callable[..., Page]) -> Page:
    return opened("dispatcher")
