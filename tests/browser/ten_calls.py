"""The calls of a night, taken at the console by keys alone as they come: what is typed, and what must be on record.

`tests/browser/test_ten_calls.py` asks whether the record says what happened; `python -m bench calls` counts the keys.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from playwright.sync_api import Page, expect

from .served import Site

ZONE = ZoneInfo("Asia/Shanghai")
DONE = "Control+Enter"


@dataclass
class Desk:
    """A console in one language, whose keys are counted: a letter, a Chinese character and a chord are one each."""

    page: Page
    site: Site
    record: httpx.Client
    chinese: bool
    keys: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)  # what the record says otherwise than it happened

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def paste(self, text: str) -> None:
        self.page.keyboard.insert_text(text)
        self.keys += 1

    def say(self, zh: str, en: str) -> str:
        return zh if self.chinese else en

    @cached_property
    def doors(self) -> list[dict[str, str]]:
        with (self.site.folder / "addresses.csv").open(encoding="utf-8-sig") as file:
            rows = [row for row in csv.DictReader(file) if row["street"][-1] in "路街"]
        return rows[:: max(1, len(rows) // 40)]

    def door(self, number: int) -> str:
        row = self.doors[number]
        return f"{row['street']}{row['number']}" if self.chinese else _english(row)

    def street(self, number: int) -> str:
        row = self.doors[number]
        return row["street"] if self.chinese else _english(row).split(" ", 1)[1]

    def take(self, type_: str, *, said: str = "") -> int:
        """What follows the place: the type, what was said, and that it is taken. The case that comes up."""
        self.type(type_)
        self.press("Enter")
        self.type(said)
        before = self.shown()
        expect(self.page.locator("#take [data-saves]")).not_to_be_empty()  # whoever takes it reads it
        self.press(DONE)
        panel = self.page.locator("#case .panel")
        expect(panel).not_to_have_attribute("data-case", str(before))
        expect(self.page.locator("#take")).to_be_hidden()
        return self.shown()

    def at_door(self, number: int) -> None:
        self.press("n")
        self.type(self.door(number))
        self.press("Enter")

    def shown(self) -> int:
        return int(self.page.locator("#case .panel").get_attribute("data-case") or 0)

    def send(self) -> None:
        """Whoever is proposed goes."""
        expect(self.page.locator("#recommendation [name=units]:checked").first).to_be_visible()
        self.press("s")
        expect(self.page.locator("#case .work").first).to_be_visible()

    def form(self, key: str, field_name: str) -> None:
        self.press(key)
        expect(self.page.locator(f"#act-form [name='{field_name}']")).to_be_focused()

    def done(self) -> None:
        """The form that is open is sent, and done."""
        self.press(DONE)
        expect(self.page.locator("#act-form")).to_be_empty()

    def case(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.record.get(f"/api/cases/{number}").json()
        return found

    def acts(self, number: int) -> list[str]:
        return [line["act"] for line in self.record.get(f"/api/cases/{number}/lines").json()]

    def check(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self.wrong.append(f"{what}: {found!r}, and not {expected!r}")


def _english(row: dict[str, str]) -> str:
    """Number and street, as short as one may type them."""
    return row["text_en"].split(",")[0].removesuffix(" Road").removesuffix(" Street")


def heart_attack(desk: Desk) -> None:
    desk.at_door(1)
    number = desk.take(desk.say("xzzt", "heart att"))
    desk.send()
    case = desk.case(number)
    desk.check("type", (case["type"], case["priority"]), ("medical.emergency", 1))
    desk.check("place", case["place"]["found"], "door")
    desk.check("acts", desk.acts(number), ["open", "send"])


def crash_told_twice(desk: Desk) -> None:
    desk.at_door(3)
    first = desk.take(desk.say("追尾", "fender"), said="two cars")
    desk.at_door(3)
    second = desk.take(desk.say("追尾", "fender"), said="a man says two cars hit each other")
    desk.form("m", "primary")
    desk.type(str(first))
    desk.press("Enter")
    expect(desk.page.locator("#act-form .beside dl")).to_have_count(2)
    desk.press("Enter")
    expect(desk.page.locator("#case .panel header")).to_contain_text(desk.say("已并入", "merged"))
    desk.check("merged into", desk.case(second)["primary"], first)
    desk.check("the first stays open", desk.case(first)["final"], False)
    desk.check("acts", desk.acts(second), ["open", "merge"])


def fight_with_a_street_only(desk: Desk) -> None:
    desk.press("n")
    desk.type(desk.street(5))
    desk.press("Enter")
    number = desk.take(desk.say("打架", "fight"), said="five of them")
    case = desk.case(number)
    desk.check("place", (case["type"], case["place"]["found"]), ("order.fight", "street"))


def not_ours(desk: Desk) -> None:
    desk.at_door(7)
    number = desk.take(desk.say("转其他", "another dep"), said="no electricity")
    desk.form("z", "handed_to")
    desk.press(*["ArrowDown"] * 6)  # power supply
    desk.done()
    case = desk.case(number)
    desk.check("handed over", (case["stage"], case["fields"].get("handed_to")), ("handed_over", "power"))


def tomorrow(desk: Desk) -> None:
    desk.at_door(9)
    number = desk.take(desk.say("zsrm", "noise"), said="every evening")
    at = (datetime.now(ZONE) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    desk.form("y", "visit_at")
    desk.type(f"{at:%m%d%Y}")  # as this browser writes it, whatever the page's language
    desk.press("Tab")
    desk.type("0900AM")
    desk.done()
    case = desk.case(number)
    found = datetime.fromisoformat(case["fields"].get("visit_at", "1970-01-01T00:00:00+00:00"))
    desk.check("scheduled", found, at)
    desk.check("acts", desk.acts(number), ["open", "schedule"])


def lost_child(desk: Desk) -> None:
    desk.at_door(11)
    number = desk.take(desk.say("走失儿童", "lost child"), said="red coat, six years old")
    desk.send()
    desk.check("type", desk.case(number)["type"], "help.lost_person")


def family_violence(desk: Desk) -> None:
    desk.at_door(13)
    number = desk.take(desk.say("jtbl", "family vi"))
    desk.send()
    case = desk.case(number)
    desk.check("type", (case["type"], case["priority"], case["sensitive"]), ("family.violence", 1, True))
    expect(desk.page.locator("#case header .sensitive")).to_be_visible()


def dangerous_goods(desk: Desk) -> None:
    desk.at_door(15)
    number = desk.take(desk.say("危化品", "dangerous g"), said="a tank lorry leaks")
    desk.send()
    desk.check("type", desk.case(number)["type"], "hazard.chemical")


def silent(desk: Desk) -> None:
    desk.press("n", "Enter")
    number = desk.take(desk.say("无声", "silent"))
    case = desk.case(number)
    desk.check("no place", (case["type"], case["place"]["found"]), ("unclear.silent", "none"))
    desk.form("q", "note")
    desk.done()
    desk.check("acts", desk.acts(number), ["open", "no_answer"])


def hang_up(desk: Desk) -> None:
    desk.press("n", "Enter")
    number = desk.take(desk.say("挂断", "hung up"))
    desk.form("b", "note")
    desk.type(desk.say("误拨", "pocket"))
    desk.done()
    desk.check("acts", desk.acts(number), ["open", "call_back"])


def opposite_the_market(desk: Desk) -> None:
    words = desk.say("菜场对面", "opposite the market")
    desk.press("n")
    desk.type(words)
    expect(desk.page.locator("#place-hits .hit.unplaced").first).to_be_visible()
    desk.press("ArrowUp", "Enter")
    number = desk.take(desk.say("摔倒", "fell"), said="an old man")
    case = desk.case(number)
    desk.check("no place", (case["place"]["found"], case["place"]["text"]), ("none", words))
    desk.send()  # to the block, before the place is known
    desk.form("x", "place.text")
    desk.press("Control+a")
    desk.type(desk.door(17))
    desk.press("Enter")
    expect(desk.page.locator("#act-form .readback")).to_contain_text(desk.say("到门牌", "at the door"))
    desk.done()
    place = desk.case(number)["place"]
    desk.check("placed", (place["found"], place["said"]), ("door", words))
    desk.check("acts", desk.acts(number), ["open", "send", "correct"])


def pasted_link(desk: Desk) -> None:
    lon, lat = desk.doors[19]["lon"], desk.doors[19]["lat"]
    desk.press("n")
    desk.paste(f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}")
    desk.press("Enter")
    number = desk.take(desk.say("跌倒", "fall"), said="on the path")
    place = desk.case(number)["place"]
    desk.check("place", (place["found"], place["said"]), ("sent", None))
    desk.check("point", (round(place["lon"], 5), round(place["lat"], 5)), (round(float(lon), 5), round(float(lat), 5)))


CALLS: tuple[Callable[[Desk], None], ...] = (
    heart_attack,
    crash_told_twice,
    fight_with_a_street_only,
    not_ours,
    tomorrow,
    lost_child,
    family_violence,
    dangerous_goods,
    silent,
    hang_up,
    opposite_the_market,
    pasted_link,
)


@contextmanager
def desk_of(page: Page, site: Site, *, chinese: bool) -> Iterator[Desk]:
    """The desk with this console open, and the record read beside it as the dispatcher."""
    with site.client("dispatcher") as record:
        yield Desk(page, site, record, chinese)


def happened(desk: Desk, call: Callable[[Desk], None]) -> None:
    """One call, its keys and its seconds; what the record says otherwise is in `wrong`."""
    desk.keys, began = 0, time.perf_counter()
    call(desk)
    desk.seconds = time.perf_counter() - began
