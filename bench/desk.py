"""The console on a busy night: 300 calls open among a million, four dispatchers at once; and what a screen takes."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.pages import ARGUMENTS, CHROMIUM, HEIGHT
from tests.servers import Home, Server

from .case_list import CASES
from .creates import PROCESSES
from .figures import Figure, Goal, percentile
from .installation import ENGINES, city, inside, installed
from .load import drive, request

OPEN, USERS, RUNS, SECONDS, DRAWN = 300, 4, 3, 10.0, 7
FORMS = ("merge", "correct", "call_back")  # m, x, b


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            inside(home, "case_list.fill", count=CASES, still_open=OPEN)
            cookies = inside(home, "sessions", logins=["dispatcher"] * USERS)
            calls, points = inside(home, "desk.calls", count=60), inside(home, "places", count=60)
            with Server(home, PROCESSES[engine]) as server:
                yield from _asked(server.port, engine, cookies, calls, points)
                if engine == ENGINES[0]:
                    yield _drawn(server, home)


def calls(count: int) -> list[int]:
    """Open calls, by their numbers; bench only."""
    from blockwise.cases.models import Case

    numbers = list(Case.objects.filter(final=False, kind="call").order_by("pk").values_list("pk", flat=True))
    return random.Random(1).sample(numbers, count)


def _asked(
    port: int, engine: str, cookies: list[str], calls: list[int], points: list[tuple[float, float]]
) -> Iterator[Figure]:
    _times(port, cookies, ["/healthz"], seconds=2.0)
    base = percentile(_times(port, cookies, ["/healthz"], seconds=SECONDS), 95)
    forms = [f"/console/{number}/form/{name}" for number in calls for name in FORMS]
    asked = {
        f"queue, {OPEN} open of {CASES:,}": (["/console/fresh"], 30.0),
        "a case's panel": ([f"/console/{number}/panel" for number in calls], 150.0),
        "forms of m, x and b": (forms, 150.0),
        "who answers at a point": ([f"/console/point?lon={lon}&lat={lat}" for lon, lat in points], 150.0),
    }
    for what, (paths, goal) in asked.items():
        _times(port, cookies, paths, seconds=2.0)
        runs = [_times(port, cookies, paths, seconds=SECONDS) for _ in range(RUNS)]
        late = tuple(percentile(times, 95) for times in runs)
        notes = {"p50_ms": [round(percentile(times, 50), 1) for times in runs], "requests": len(runs[0])}
        yield Figure("desk", f"{what}, p95, {engine}", "ms", late, Goal(goal), "GET /healthz, p95", base, notes)


def _times(port: int, cookies: list[str], paths: list[str], seconds: float) -> list[float]:
    """Milliseconds of each answer, each user asking twice a second."""
    plans = [
        itertools.islice(itertools.cycle([request("GET", path, cookie=cookie) for path in paths]), number, None)
        for number, cookie in enumerate(cookies)
    ]
    samples = drive(port, plans, seconds=seconds, every=0.5)
    assert {one.status for one in samples} == {200}, {(one.status, one.body[:200]) for one in samples}
    return [one.seconds * 1e3 for one in samples]


def _drawn(server: Server, home: Home) -> Figure:
    """From the address to a queue and a case that can be read; an empty page of the same server is the baseline."""
    name, _is, value = inside(home, "sessions", logins=["dispatcher"])[0].partition("=")
    cookie: Any = {"name": name, "value": value, "url": server.url}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=server.url, viewport={"width": 1366, "height": HEIGHT})
        context.add_cookies([cookie])
        page = context.new_page()
        took = [_seconds(page, "/console/", "#queue li", "#case .panel") for _ in range(DRAWN)]
        base = [_seconds(page, "/account/tokens", "h1") for _ in range(DRAWN)]
        browser.close()
    print(f"the console was drawn after {took} s", file=sys.stderr)
    what = f"console with {OPEN} open calls, drawn, median"
    return Figure("desk", what, "s", tuple(took[1:]), Goal(1.0), "a plain page, median", sorted(base)[DRAWN // 2])


def _seconds(page: Page, path: str, *there: str) -> float:
    """From asking for the page until these of its parts can be seen."""
    page.goto("about:blank")
    page.goto(path, wait_until="commit")
    for part in there:
        page.wait_for_selector(part)
    return float(page.evaluate("performance.now()")) / 1e3
