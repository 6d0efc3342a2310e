"""What place a case has by its kind: a point, premises, a block alone, or none; and what no point is needed for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case, Intake
from blockwise.ledger.verify import verify_database
from blockwise.problems import Forbidden, Invalid
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in

KIND = """
format: 2
kind: {mode}_matter
noun: {{zh: 事, en: matter}}
title: {{zh: 事, en: Matters}}
subject: matter
place: {mode}
open: {{stage: begun, roles: [clerk], sentence: {{zh: "{{actor}}登记", en: "{{actor}} took it in"}}}}
view: [clerk, oversight]
routing: {{level: community}}
types:
  one: {{zh: 甲, en: one}}
  two: {{zh: 乙, en: two}}
stages:
  begun: {{zh: 开始, en: begun}}
  over: {{zh: 结束, en: over, final: true}}
acts:
  correct:
    zh: 更正
    en: Correct
    sentence: {{zh: "{{actor}}更正", en: "{{actor}} corrected it"}}
    roles: [clerk]
    from: [begun]
    retypes: true
  end:
    zh: 结束
    en: End
    sentence: {{zh: "{{actor}}结束", en: "{{actor}} ended it"}}
    roles: [clerk]
    from: [begun]
    to: over
"""
MODES = ("point", "premises", "block", "none")
LON, LAT = point_in("99010101")
POINT = {"lon": LON, "lat": LAT, "text": "8号"}
RIGHT: dict[str, Any] = {
    "point": {"place": POINT}, "premises": {"place": POINT}, "block": {"place": {"block": "99010101"}}, "none": {},
}  # fmt: skip
WRONG: list[tuple[str, object, str]] = [
    ("point", {"block": "99010101"}, "place.block"),
    ("point", None, "place"),
    ("premises", {**POINT, "kind": "street"}, "place.kind"),
    ("premises", {"block": "99010101"}, "place.block"),
    ("block", None, "place"),
    ("block", POINT, "place.lat"),
    ("block", {"block": "nowhere"}, "place.block"),
    ("block", {"block": ["99010101"]}, "place.block"),
    ("block", {"block": ""}, "place.block"),
    ("block", "99010101", "place"),
    ("none", POINT, "place"),
    ("none", {"block": "99010101"}, "place"),
]


@pytest.fixture
def clerk(city: object) -> User:
    store_kinds({f"{mode}_matter": KIND.format(mode=mode) for mode in MODES})
    return person("clerk", (Role.CLERK, "9901"))


@pytest.mark.parametrize("mode", MODES)
def test_such_a_kind_may_be_used_and_its_case_has_that_and_no_more(clerk: User, mode: str) -> None:
    assert check(KIND.format(mode=mode), f"{mode}_matter.yaml", ["community"]) == ()
    done = engine.open_case(f"{mode}_matter", {"type": "one", **RIGHT[mode]}, actor_for(clerk))
    case = Case.objects.get(pk=done.case)
    kept = (case.block_id, case.place_kind, case.lon_e7 is not None)
    assert kept == {
        "point": ("99010101", "dwelling", False), "premises": ("99010101", "premises", True),
        "block": ("99010101", "unknown", False), "none": ("9901", "unknown", False),
    }[mode]  # fmt: skip
    assert Intake.objects.get(pk=case.pk).place_kind == case.place_kind
    engine.act(case.pk, "correct", {"type": "two", **RIGHT[mode]}, actor_for(clerk), expected_version=1)
    engine.act(case.pk, "end", {}, actor_for(clerk), expected_version=2)
    assert verify_database().ok


@pytest.mark.parametrize(("mode", "place", "where"), WRONG)
def test_another_place_is_refused_by_name(clerk: User, mode: str, place: object, where: str) -> None:
    data = {"type": "one"} | ({} if place is None else {"place": place})
    with pytest.raises(Invalid) as refused:
        engine.open_case(f"{mode}_matter", data, actor_for(clerk))
    assert refused.value.where == where
    assert Case.objects.count() == 0


def test_a_block_outside_the_own_ones_is_not_opened_in(clerk: User) -> None:
    with pytest.raises(Forbidden):
        engine.open_case("block_matter", {"type": "one", "place": {"block": "9902"}}, actor_for(clerk))


@pytest.mark.parametrize("mode", ["block", "none"])
def test_by_hand_and_as_a_program(clerk: User, client: Client, mode: str) -> None:
    client.force_login(clerk)
    form = client.get(f"/cases/open/{mode}_matter/").content.decode()
    assert "data-place" not in form
    assert ('name="place.block"' in form) == (mode == "block")
    posted = {"type": "one", "place.block": "99010102", "key": "k"} if mode == "block" else {"type": "one", "key": "k"}
    assert client.post(f"/cases/open/{mode}_matter/", posted).status_code == 302
    case = Case.objects.get()
    assert case.block_id == ("99010102" if mode == "block" else "9901")
    assert client.get(f"/cases/{case.pk}/").status_code == 200
    act = f"/cases/{case.pk}/acts/correct/"
    assert client.get(act).status_code == 200
    assert client.post(act, {**posted, "type": "two", "version": "1", "key": "k2"}).status_code == 302
    made = client.post(
        "/api/cases", {"kind": f"{mode}_matter", "data": {"type": "one", **RIGHT[mode]}}, "application/json"
    )
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("mode", "old", "new"),
    [
        ("none", "subject: matter", "subject: place"),
        ("block", "types:", "merge: {{within: {{hours: 1}}, metres: 100}}\ntypes:"),
        ("none", "open: {{stage: begun, roles", "open: {{stage: begun, unplaced: true, roles"),
        ("block", "    to: over", "    to: over\n    effects: [rank_units, assign_units, clear_units]"),
        (
            "none",
            "stages:",
            "clocks:\n  go: {{zh: 到, en: go, counts: real, start: [open], stop: [end], due: ring}}\nstages:",
        ),
    ],
)
def test_what_needs_a_place_is_refused_to_a_kind_without_one(mode: str, old: str, new: str) -> None:
    assert old in KIND
    text = KIND.replace(old, new, 1).format(mode=mode)
    assert "no-point" in {fault.code for fault in check(text, f"{mode}_matter.yaml", ["community"])}


def test_the_word_is_of_format_2() -> None:
    text = KIND.format(mode="block").replace("format: 2\n", "")
    assert {fault.code for fault in check(text, "block_matter.yaml", ["community"])} == {"format"}
