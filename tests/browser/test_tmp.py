from __future__ import annotations

import pytest

from .pages import Opener
from .served import Site

pytestmark = pytest.mark.browser
OUT = "/tmp/out/"


def test_shots(opened: Opener, site: Site) -> None:
    clerk = opened("clerk", "en-GB", width=1366)
    clerk.goto("/mine/")
    clerk.screenshot(path=OUT + "mine_clerk_en.png", full_page=True)
    p = opened("admin", "zh-CN", width=1366, dark=True)
    p.goto("/people")
    p.goto("/people/2")
    p.screenshot(path=OUT + "person_zh.png", full_page=True)
    for lang, w, dark in (("en-GB", 1366, False), ("zh-CN", 390, True)):
        v = opened("", lang, width=w, dark=dark)
        v.goto("/receipt/")
        v.screenshot(path=OUT + f"receipt_{lang}_{w}.png", full_page=True)
        v.goto("/rules/")
        v.screenshot(path=OUT + f"rules_{lang}_{w}.png", full_page=True)
        h = opened("leader-990306001001", lang, width=w, dark=dark)
        h.goto("/mine/")
        h.screenshot(path=OUT + f"mine_leader_{lang}_{w}.png", full_page=True)
