"""Opening pages as somebody, in a language, a theme and a width."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route

from .served import PASSWORD, Site

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader"]
ARGUMENTS += ["--enable-unsafe-swiftshader", "--disable-component-update", "--disable-sync", "--no-first-run"]
HEIGHT = 768
PATIENCE_S = 30.0
PROBE = "/is-it-intercepted"
PROBE_PATTERN = f"**{PROBE}"
PROBES = 20
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
            sign_in(page, login, language)
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


def sign_in(page: Page, login: str, language: str) -> None:
    """Sign in and speak this language, whatever the login spoke last."""
    page.goto("/login")
    page.fill("[name=username]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    form = {"language": "zh-hans" if language.startswith("zh") else "en", "csrfmiddlewaretoken": token}
    assert page.request.post("/language/", form=form, headers={"Referer": page.url}, max_redirects=0).status < 400


def console(page: Page, address: str = "/console/") -> Page:
    """The console with its map drawn and a case chosen."""
    page.goto(address)
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_selector("#case .panel")
    return page


def free_point(page: Page) -> tuple[int, int]:
    """A point of the map where nothing stands that a click would open."""
    cursor = "() => document.querySelector('#map canvas').style.cursor"
    for x, y in ((x, y) for y in range(150, 500, 20) for x in range(420, 900, 40)):
        page.mouse.move(x, y)
        if page.evaluate(cursor) != "pointer":
            return x, y
    raise AssertionError("the map is full")


def intercept(page: Page, pattern: str, handler: Callable[[Route], None], *, times: int | None = None) -> None:
    """Answer what matches here. Chromium begins to intercept a moment after it says so, and may forget it where a page
    is just being left: it is asked, and told once more, until it does."""
    page.wait_for_load_state()
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        page.route(PROBE_PATTERN, lambda route: route.fulfill(body="here"))
        page.route(pattern, handler, times=times)
        for _ in range(PROBES):
            if page.evaluate(f"fetch('{PROBE}').then((answer) => answer.text())") == "here":
                return
        page.unroute(pattern, handler)
        page.unroute(PROBE_PATTERN)
    raise AssertionError("nothing is intercepted")


@contextmanager
def held(page: Page, pattern: str) -> Iterator[Callable[[], None]]:
    """Answers to what matches wait until they are let go; what is let go must have been asked for."""
    waiting: list[Route] = []
    intercept(page, pattern, lambda route: waiting.append(route))

    def release() -> None:
        until = time.monotonic() + PATIENCE_S
        while not waiting:
            assert time.monotonic() < until, f"{pattern} was not asked for"
            page.wait_for_timeout(20)
        while waiting:
            waiting.pop().continue_()

    try:
        yield release
    finally:
        page.unroute(pattern)
