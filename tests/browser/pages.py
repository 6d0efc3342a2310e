"""Opening pages as somebody, in a language, a theme and a width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route

from .served import PASSWORD, Site

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader"]
ARGUMENTS += ["--enable-unsafe-swiftshader", "--disable-component-update", "--disable-sync", "--no-first-run"]
HEIGHT = 768
Opener = Callable[..., Page]
PLAYWRIGHTS_OWN = "Applying inline style"  # its screenshots hide the caret by a style, which our policy refuses


@contextmanager
def opener(browser: Browser, site: Site, *, broken: bool = False) -> Iterator[Opener]:
    """Within it pages are opened; at its end no page may have had a fault of its own. `broken`: answers get lost."""
    contexts = []
    faults: list[str] = []

    def open_page(login: str = "", language: str = "en-GB", *, dark: bool = False, width: int = 1366) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": HEIGHT},
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        if not broken:
            page.on("console", lambda message: faults.extend(_faults(message)))
            page.on("response", lambda response: faults.extend(_broken(response)))
        page.on("request", lambda request: faults.extend(_abroad(site, request.url)))
        if login:
            sign_in(page, login)
        return page

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert not faults, faults


def _faults(message: ConsoleMessage) -> list[str]:
    said = message.text
    ours = message.type == "error" and PLAYWRIGHTS_OWN not in said and "Failed to load resource" not in said
    return [said] if ours else []


def _broken(response: Response) -> list[str]:
    return [f"{response.status} {response.url}"] if response.status >= 500 else []


def _abroad(site: Site, url: str) -> list[str]:
    """No page may ask any other address: a city works with no internet."""
    return [] if url.startswith((site.url, "data:", "blob:")) else [f"asked {url}"]


def sign_in(page: Page, login: str) -> None:
    page.goto("/login")
    page.fill("[name=username]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")


def console(page: Page, address: str = "/console/") -> Page:
    """The console with its map drawn and a case chosen."""
    page.goto(address)
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_selector("#case .panel")
    return page


@contextmanager
def held(page: Page, pattern: str) -> Iterator[Callable[[], None]]:
    """Answers to what matches wait until they are let go."""
    waiting: list[Route] = []
    page.route(pattern, lambda route: waiting.append(route))

    def release() -> None:
        while not waiting:
            page.wait_for_timeout(20)
        while waiting:
            waiting.pop().continue_()

    yield release
    page.unroute(pattern)
