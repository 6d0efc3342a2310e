"""A case gives out pieces of work, each a case with its own person and promise, and waits for those it must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from blockwise.access.models import User
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check_links import check_together
from blockwise.cases.kinds.parse import BOTH
from blockwise.cases.models import Case
from blockwise.ledger.verify import verify_database
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, signed_in

LATER = Path(__file__).parents[1] / "kinds" / "format_2"
TEXTS = {name: (LATER / f"{name}.yaml").read_text(encoding="utf-8") for name in ("fair", "ground_look", "notice")}


@pytest.fixture
def staff(city: object) -> Iterator[dict[str, User]]:
    store_kinds(TEXTS)
    yield {
        "clerk": person("clerk", (Role.CLERK, "9901")),
        "inspector": person("inspector", (Role.INSPECTOR, "9901"), name="查", name_en="Inspector"),
        "other": person("other", (Role.INSPECTOR, "9901")),
    }
    registry.forget()


class Desk:
    def __init__(self, staff: dict[str, User]) -> None:
        self.clients = {name: signed_in(user) for name, user in staff.items()}
        self.fair = self.done("clerk", "", {"kind": "fair", "data": {"place": {"block": "99010101"}, "days": 3}})[
            "case"
        ]

    def post(self, who: str, path: str, body: dict[str, Any]) -> Any:
        return self.clients[who].post(f"/api/cases{path}", body, content_type="application/json")

    def done(self, who: str, path: str, body: dict[str, Any]) -> Any:
        answer = self.post(who, path, body)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def act(self, who: str, case: int, name: str, **data: Any) -> Any:
        version = Case.objects.get(pk=case).version
        return self.post(who, f"/{case}/acts/{name}", {"data": data, "expected_version": version})

    def ordered(self, name: str) -> int:
        answer = self.act("clerk", self.fair, name, task="看场地 MARK")
        assert answer.status_code == 200, answer.content
        return int(answer.json()["opened"])


@pytest.fixture
def desk(staff: dict[str, User]) -> Desk:
    return Desk(staff)


def words(client: Client, path: str) -> str:
    answer = client.get(path, headers={"accept-language": "en"})
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def test_a_case_waits_for_its_parts_and_for_no_others(desk: Desk) -> None:
    looks, notice = [desk.ordered("order_look") for _n in range(2)], desk.ordered("order_notice")
    refused = desk.act("clerk", desk.fair, "decide", outcome="held")
    assert (refused.status_code, refused.json()["waits_for"]) == (409, looks)
    page = words(desk.clients["clerk"], f"/cases/{desk.fair}/")
    assert f"look at the ground {looks[0]} given · waited for" in page
    assert f"notice {notice} given Its" not in page
    assert page.count("waited for") == 2  # neither the notice nor what has ended
    assert desk.act("clerk", looks[0], "call_off").status_code == 200
    assert desk.act("clerk", desk.fair, "decide", outcome="held").json()["waits_for"] == [looks[1]]
    assert desk.act("clerk", looks[1], "give", assignee="inspector").status_code == 200
    assert desk.act("inspector", looks[1], "done", found="平整").status_code == 200
    assert desk.act("clerk", desk.fair, "decide", outcome="held").status_code == 200
    assert not Case.objects.get(pk=notice).final
    assert verify_database().ok


def test_a_part_has_its_own_person_and_its_own_promise(desk: Desk) -> None:
    look = desk.ordered("order_look")
    assert desk.act("clerk", look, "give", assignee="inspector").status_code == 200
    assert desk.act("other", look, "done", found="x").status_code == 403
    assert f"look at the ground {look}" in words(desk.clients["inspector"], "/mine/")
    promises = desk.clients["clerk"].get(f"/api/cases/{look}").json()["clocks"]
    assert [(one["name"], one["state"]) for one in promises] == [("look", "running")]
    assert desk.clients["clerk"].get(f"/api/cases/{desk.fair}").json()["clocks"] == []


def test_a_form_that_comes_too_early_says_what_is_waited_for(desk: Desk) -> None:
    look = desk.ordered("order_look")
    client, version = desk.clients["clerk"], Case.objects.get(pk=desk.fair).version
    posted = {"outcome": "held", "version": version, "key": "k1"}
    answer = client.post(f"/cases/{desk.fair}/acts/decide/", posted, headers={"accept-language": "en"})
    assert answer.status_code == 409
    assert f"End these first: {look}." in answer.content.decode()


def test_what_few_may_see_is_not_waited_for() -> None:
    hidden = {**TEXTS, "ground_look": TEXTS["ground_look"].replace("subject: place", "subject: place\nsensitive: true")}
    faults = check_together(hidden, hidden, BOTH)
    assert [(fault.file, fault.code) for fault in faults] == [("fair.yaml", "waits-for-sensitive")]
    assert check_together(TEXTS, TEXTS, BOTH) == []
    new = {"ground_look": hidden["ground_look"]}  # it alone is proposed
    assert [fault.code for fault in check_together(new, hidden, BOTH)] == ["waits-for-sensitive"]
    assert check_together(new, hidden, BOTH, spared=("fair",)) == []


def test_what_could_be_linked_by_hand_is_not_waited_for() -> None:
    by_hand = TEXTS["ground_look"].replace("    by: assignee\n", "    by: assignee\n    links: parent\n")
    texts = {**TEXTS, "ground_look": by_hand}
    assert "waits-for-linked" in [fault.code for fault in check_together(texts, texts, BOTH)]


def test_the_kind_says_so_to_everybody(desk: Desk) -> None:
    assert "only when its parts have ended: Looks at the ground" in words(Client(), "/kinds/fair/")
    declared = desk.clients["clerk"].get("/api/kinds/fair").json()
    assert declared["acts"]["decide"]["waits_for"] == ["ground_look"]
