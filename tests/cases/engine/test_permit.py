"""A service written as YAML alone: questions that hang on an answer, a correction that stands the clock still by law,
a second reader, and an applicant who follows it by a receipt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import receipts
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case
from blockwise.cases.queries.shown import clocks_of
from blockwise.cases.queries.story import story
from blockwise.cases.rules.sight import open_acts
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Forbidden, Invalid
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person

PERMIT = (Path(__file__).parents[1] / "kinds" / "format_2" / "permit.yaml").read_text(encoding="utf-8")
MONDAY = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
LAW = "Administrative Licensing Law, art. 32"
ASKED: dict[str, Any] = {
    "place": {"block": "99010101"}, "contact": {"name": "王", "phone": "19900000001"}, "days": 7, "heavy": False,
}  # fmt: skip


@pytest.fixture
def staff(city: object) -> dict[str, User]:
    store_kinds({"permit": PERMIT})
    return {
        "clerk": person("clerk", (Role.CLERK, "9901"), name="窗口", name_en="Counter"),
        "officer": person("officer", (Role.DEPARTMENT_OFFICER, "99"), name="部门", name_en="Officer"),
    }


@pytest.fixture
def actors(staff: dict[str, User]) -> dict[str, Actor]:
    return {name: actor_for(user) for name, user in staff.items()}


class Application:
    def __init__(self, clerk: Actor, **more: Any) -> None:
        self.moment = MONDAY
        with clock.at(MONDAY):
            self.case = Case.objects.get(pk=engine.open_case("permit", {**ASKED, **more}, clerk).case)

    def do(self, act: str, actor: Actor, after: timedelta = timedelta(minutes=1), **data: Any) -> Application:
        self.moment += after
        with clock.at(self.moment):
            engine.act(self.case.pk, act, data, actor, expected_version=self.case.version)
        self.case.refresh_from_db()
        return self


def test_it_may_be_used() -> None:
    assert check(PERMIT, "permit.yaml", ["community"], departments=["housing"]) == ()


def test_what_hangs_on_an_answer_is_asked_by_name(actors: dict[str, Actor]) -> None:
    with pytest.raises(Invalid) as missing:
        Application(actors["clerk"], heavy=True)
    assert missing.value.where == "load"
    with pytest.raises(Invalid) as unasked:
        Application(actors["clerk"], load="12.5")
    assert unasked.value.where == "load"
    assert Application(actors["clerk"], heavy=True, load="12.5").case.fields["load"]


def test_a_correction_stands_the_clock_still_on_a_ground_that_all_can_read(
    actors: dict[str, Actor], staff: dict[str, User], client: Client
) -> None:
    one = Application(actors["clerk"])
    due = clocks_of(one.case)[0].due_at
    one.do("ask_correction", actors["clerk"], timedelta(days=1), missing="a drawing")
    with override("en"):
        paused = clocks_of(one.case)[0]
        assert (paused.state, str(paused.ground)[: len(LAW)]) == ("paused", LAW)
        assert LAW in story(one.case, actors["clerk"])[-1].changed[-1]
    client.force_login(staff["clerk"])
    assert LAW in client.get(f"/cases/{one.case.pk}/", headers={"accept-language": "en"}).content.decode()
    receipt = client.post("/receipt/", {"code": receipts.of(one.case)}, headers={"accept-language": "en"})
    assert LAW in receipt.content.decode()  # whoever applied reads it, too
    one.do("corrected", actors["clerk"], timedelta(days=7), came_to="whole")
    assert due is not None
    assert clocks_of(one.case)[0].due_at == due + timedelta(days=7)
    assert verify_database().ok


def test_two_corrections_are_asked_and_no_third(actors: dict[str, Actor]) -> None:
    one = Application(actors["clerk"])
    for _round in range(2):
        one.do("ask_correction", actors["clerk"], missing="x").do("corrected", actors["clerk"], came_to="part")
    with pytest.raises(Conflict):
        one.do("ask_correction", actors["clerk"], missing="x")


def test_nobody_is_the_second_reader_of_their_own_draft(actors: dict[str, Actor], staff: dict[str, User]) -> None:
    other = actor_for(person("other", (Role.DEPARTMENT_OFFICER, "99")))
    one = Application(actors["clerk"]).do("draft", actors["officer"], fee="120.00")
    with pytest.raises(Forbidden):
        one.do("second", actors["officer"])
    one.do("second", other).do("pick_up", actors["clerk"], outcome="granted")
    assert (one.case.final, one.case.fields["fee"]["amount"]) == (True, 12000)


def test_the_applicant_withdraws_it_by_the_receipt(actors: dict[str, Actor], client: Client) -> None:
    one = Application(actors["clerk"])
    who = receipts.reporter(one.case)
    assert [act.name for act in open_acts(one.case, who)] == ["withdraw"]
    given = {"code": receipts.of(one.case), "outcome": "withdrawn", "version": "1", "key": "k"}
    assert client.post("/receipt/acts/withdraw/", given).status_code == 200
    one.case.refresh_from_db()
    assert (one.case.final, one.case.outcome) == (True, "withdrawn")


def test_it_is_the_department_s_and_no_other_s(
    actors: dict[str, Actor], staff: dict[str, User], client: Client
) -> None:
    one = Application(actors["clerk"])
    for user, status in ((staff["officer"], 200), (person("inspector", (Role.INSPECTOR, "99")), 404)):
        client.force_login(user)
        assert client.get(f"/cases/{one.case.pk}/").status_code == status


GROUND = PERMIT[PERMIT.index("    pause_in:") : PERMIT.index("retention:")]
WRONG = [
    ("a pause without its ground", "    pause_in: [correcting]\n", "no-ground"),
    ("a stage that is not there", GROUND.replace("correcting:", "waiting:"), "unknown-stage"),
    ("an end", GROUND.replace("correcting:", "over:"), "unknown-stage"),
    ("one language", GROUND[: GROUND.index(", en:")] + "}\n", "missing-translation"),
    ("a list of people", GROUND.replace("补正期间", "重点人名单"), "person-list"),
]


@pytest.mark.parametrize(("_what", "new", "code"), WRONG, ids=[what for what, _new, _code in WRONG])
def test_a_pause_that_may_not_be(_what: str, new: str, code: str) -> None:
    found = {fault.code for fault in check(PERMIT.replace(GROUND, new), "permit.yaml", departments=["housing"])}
    assert found == {code}


def test_a_ground_is_of_format_2() -> None:
    first = PERMIT.replace("format: 2\n", "")
    pauses = first[: first.index("    pause_in:")].count("\n") + 1
    assert (pauses, "format") in {(fault.line, fault.code) for fault in check(first, "permit.yaml")}
