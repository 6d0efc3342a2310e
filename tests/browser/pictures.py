"""The pictures of the documents: `python -m tests.browser.pictures [district] [sf]`, into docs/pictures.

They are taken from the product as it runs: the demonstration district kept alive for two minutes, and San Francisco's
calls moved to the present. `sf` needs BLOCKWISE_SHARED or ../shared. Takes some ten minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from .pages import ARGUMENTS, CHROMIUM, console, opener
from .served import Site, command, served

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BLOCKWISE_SHARED", ROOT.parent / "shared"))
OUT = ROOT / "docs/pictures"
ALIVE_S = 120


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(6000)  # the map draws its labels
    page.screenshot(path=OUT / f"{name}.png")
    print(name)


def waiting_case(page: Page) -> None:
    """The console with a call chosen that nobody was sent to yet, and its recommendation."""
    console(page)
    row = page.locator("#queue .waits a").first
    if row.count():
        row.click()
    page.wait_for_timeout(500)
    if not page.locator("#recommendation .unit").count() and page.locator("#recommend").count():
        page.keyboard.press("r")
        page.wait_for_selector("#recommendation .unit")


def district(browser: Browser, site: Site) -> None:
    with opener(browser, site) as opened:
        site.take_call("fire.building", "西侧居民楼三层冒烟，楼内有人")
        english = opened("dispatcher", "en-GB")
        waiting_case(english)
        take(english, "console-district-en")
        english.keyboard.press("?")
        take(english, "console-keys-en")
        chinese = opened("dispatcher", "zh-CN", dark=True)
        waiting_case(chinese)
        take(chinese, "console-district-zh-dark")
        chinese.keyboard.press("n")
        chinese.keyboard.type("新")
        take(chinese, "take-call-zh-dark")
        english.goto("/cases/")
        take(english, "cases-en")
        english.goto("/cases/?kind=call&stage=closed")
        english.locator("tbody a").first.click()
        english.wait_for_url("**/cases/*/")
        take(english, "case-en")
        public = opened("", "zh-CN", width=390)
        public.goto("/")
        take(public, "front-zh-phone")


def san_francisco(browser: Browser, site: Site) -> None:
    with opener(browser, site) as opened:
        page = opened("dispatcher", "en-GB")
        waiting_case(page)
        take(page, "console-sf-en")


@contextmanager
def alive(site: Site) -> Iterator[None]:
    """The source's calls come and are answered, from an hour before now on."""
    replay = subprocess.Popen([*command("replay", str(site.folder), "--live")], env=site.environment())
    try:
        time.sleep(ALIVE_S)
        yield
    finally:
        replay.terminate()
        replay.wait(30)


def main(wanted: list[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="blockwise-pictures-"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if not wanted or "district" in wanted:
            with served(scratch / "district", size="district") as site, alive(site):
                district(browser, site)
        if not wanted or "sf" in wanted:
            folder = scratch / "sf-city"
            subprocess.run(command("city", "from-datasf", str(SHARED / "data"), str(folder)), check=True)
            with served(scratch / "sf", folder) as site, alive(site):
                san_francisco(browser, site)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main(sys.argv[1:])
