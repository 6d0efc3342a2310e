"""A case is given, taken or passed on: who has it sees it among their own, and nobody else does what is theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from blockwise.access import actions
from blockwise.access.actors import OPERATOR, Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine.assigning import people as offered
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case
from blockwise.cases.queries.story import story
from blockwise.cases.screens.mine_page import waiting_for
from blockwise.ledger.verify import verify_database
from blockwise.messages.models import Message
from blockwise.problems import Forbidden, Invalid, NotFound
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in

LAMP = (Path(__file__).parents[1] / "kinds" / "format_2" / "lamp.yaml").read_text(encoding="utf-8")
HERE = "99010101"


@pytest.fixture
def staff(city: object) -> dict[str, User]:
    store_kinds({"lamp": LAMP})
    return {
        "clerk": person("clerk", (Role.CLERK, "9901"), name="窗口", name_en="Counter"),
        "officer": person("officer", (Role.DEPARTMENT_OFFICER, "99"), name="部门", name_en="Officer"),
        "volunteer": person("volunteer", (Role.VOLUNTEER, "9901"), name="志愿", name_en="Helper"),
        "inspector": person("inspector", (Role.INSPECTOR, "9901"), name="检查", name_en="Inspector"),
        "beside": person("beside", (Role.INSPECTOR, "9902"), (Role.VOLUNTEER, "9902")),
        "analyst": person("analyst", (Role.ANALYST, "99")),
    }


@pytest.fixture
def actors(staff: dict[str, User]) -> dict[str, Actor]:
    return {name: actor_for(user) for name, user in staff.items()}


def opened(actor: Actor) -> Case:
    lon, lat = point_in(HERE)
    place = {"lon": lon, "lat": lat, "text": "灯杆7", "kind": "street"}
    return Case.objects.get(pk=engine.open_case("lamp", {"place": place}, actor).case)


def do(case: Case, act: str, actor: Actor, **data: Any) -> Case:
    case.refresh_from_db()
    engine.act(case.pk, act, data, actor, expected_version=case.version)
    case.refresh_from_db()
    return case


def waits(actor: Actor) -> set[int]:
    return set(waiting_for(actor).values_list("pk", flat=True))


def test_the_kind_is_one_that_may_be_used() -> None:
    assert check(LAMP, "lamp.yaml", ["community"], departments=["housing"]) == ()


def test_a_volunteer_sees_it_once_it_is_given_to_them_and_no_longer_when_it_is_not(actors: dict[str, Actor]) -> None:
    case = opened(actors["clerk"])
    with pytest.raises(NotFound):
        do(case, "mend", actors["volunteer"], work="bulb")
    do(case, "give", actors["clerk"], assignee="volunteer")
    assert (case.assignee, waits(actors["volunteer"])) == (actors["volunteer"].id, {case.pk})
    do(case, "give", actors["clerk"], assignee="inspector")
    assert (waits(actors["volunteer"]), waits(actors["inspector"])) == (set(), {case.pk})
    with pytest.raises(NotFound):
        do(case, "mend", actors["volunteer"], work="bulb")
    do(case, "mend", actors["inspector"], work="bulb")
    assert verify_database().ok


def test_only_whoever_has_it_does_what_is_theirs(actors: dict[str, Actor]) -> None:
    case = opened(actors["clerk"])
    do(case, "give", actors["clerk"], assignee="volunteer")
    for name in ("inspector", "clerk"):
        with pytest.raises(Forbidden, match="not given to you"):
            do(case, "mend", actors[name], work="bulb")
    do(case, "mend", actors["volunteer"], work="bulb")
    do(case, "close", actors["clerk"])
    assert case.final


def test_a_department_sees_what_is_passed_to_it_and_one_of_it_takes_it(actors: dict[str, Actor]) -> None:
    case = opened(actors["clerk"])
    assert waits(actors["officer"]) == set()
    do(case, "pass_on", actors["clerk"], department="transport")
    assert waits(actors["officer"]) == set()
    do(case, "pass_on", actors["clerk"], department="housing")
    assert waits(actors["officer"]) == {case.pk}
    do(case, "take", actors["officer"])
    assert case.assignee == actors["officer"].id
    do(case, "pass_on", actors["clerk"], department="transport")  # passed on, nobody there has it yet
    assert (case.assignee, waits(actors["officer"])) == ("", set())


@pytest.mark.parametrize("login", ["beside", "analyst", "nobody", "", None, 7, "volunteer "])
def test_it_is_given_to_nobody_who_could_not_do_it(actors: dict[str, Actor], login: object) -> None:
    case = opened(actors["clerk"])
    with pytest.raises(Invalid) as refused:
        do(case, "give", actors["clerk"], assignee=login)
    assert refused.value.where == "assignee"
    case.refresh_from_db()
    assert case.assignee == ""


def test_who_is_offered_is_who_is_taken(actors: dict[str, Actor], staff: dict[str, User]) -> None:
    case = opened(actors["clerk"])
    kind = registry.of(case)
    logins = [login for login, _name in offered(case, kind)]
    assert set(logins) == {"clerk", "volunteer", "inspector"}  # the officer sees nothing that is not the department's
    for login in logins:
        do(case, "give", actors["clerk"], assignee=login)


def test_somebody_shut_out_is_given_nothing(actors: dict[str, Actor], staff: dict[str, User]) -> None:
    case = opened(actors["clerk"])
    User.objects.filter(pk=staff["volunteer"].pk).update(is_active=False)
    with pytest.raises(Invalid):
        do(case, "give", actors["clerk"], assignee="volunteer")


def test_what_somebody_had_who_is_gone_waits_for_the_others_again(
    actors: dict[str, Actor], staff: dict[str, User]
) -> None:
    case = opened(actors["clerk"])
    do(case, "give", actors["clerk"], assignee="volunteer")
    assert waits(actors["inspector"]) == set()
    (grant,) = staff["volunteer"].grants.all()
    actions.revoke(grant.pk, OPERATOR)
    assert waits(actors["inspector"]) == {case.pk}
    do(case, "take", actors["inspector"])
    assert (case.assignee, waits(actors["inspector"])) == (actors["inspector"].id, {case.pk})


def test_whoever_gets_it_is_told_and_whoever_takes_it_is_not(actors: dict[str, Actor]) -> None:
    case = opened(actors["clerk"])
    do(case, "give", actors["clerk"], assignee="volunteer")
    do(case, "give", actors["clerk"], assignee="clerk")
    do(case, "take", actors["inspector"])
    told = Message.objects.filter(topic="given", case=case.pk)
    assert [message.person_id for message in told] == [int(actors["volunteer"].id[5:])]


def test_the_record_names_both_in_the_reader_s_language(actors: dict[str, Actor]) -> None:
    case = opened(actors["clerk"])
    do(case, "give", actors["clerk"], assignee="volunteer")
    do(case, "pass_on", actors["clerk"], department="housing")
    with override("en"):
        assert [one.sentence for one in story(case, actors["clerk"])][1:] == [
            "Counter gave it to Helper",
            "Counter passed it to housing",
        ]
    with override("zh-hans"):
        assert story(case, actors["clerk"])[-1].sentence == "窗口转住房建设局"


def test_at_the_counter_and_on_the_phone(staff: dict[str, User], actors: dict[str, Actor], client: Client) -> None:
    """By hand, from form to list: the clerk gives it, the volunteer finds it and mends it, the neighbour sees none."""
    case = opened(actors["clerk"])
    client.force_login(staff["clerk"])
    form = client.get(f"/cases/{case.pk}/acts/give/").content.decode()
    assert '<option value="volunteer">' in form
    assert '<option value="beside">' not in form
    done = client.post(f"/cases/{case.pk}/acts/give/", {"assignee": "volunteer", "key": "k1"})
    assert done.status_code == 302
    assert "Helper" in client.get(f"/cases/{case.pk}/", headers={"accept-language": "en"}).content.decode()
    client.force_login(staff["volunteer"])
    mine = client.get("/mine/", headers={"accept-language": "en"}).content.decode()
    assert f"/cases/{case.pk}/acts/mend/" in mine
    assert "given to you" in mine
    answer = client.get("/api/cases?mine=true").json()["cases"]
    assert [(one["id"], one["assignee"]) for one in answer] == [(case.pk, actors["volunteer"].id)]
    client.force_login(staff["beside"])
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    assert f"/cases/{case.pk}/" not in client.get("/mine/").content.decode()
    client.force_login(staff["analyst"])
    assert client.get("/mine/").status_code == 403


def test_an_act_for_whoever_has_it_needs_one_that_gives_it() -> None:
    never = LAMP.replace("    effects: [assign]\n", "").replace("    effects: [take]\n", "")
    never = never.replace("交{assignee}", "交").replace("it to {assignee}", "it")
    assert [fault.code for fault in check(never, "lamp.yaml")] == ["nobody-left"]


def test_a_department_that_the_city_has_not_is_named() -> None:
    routed = LAMP.replace("routing: {level: community}", "routing: {department: parks}")
    faults = check(routed, "lamp.yaml", ["community"], departments=["housing"])
    assert [(fault.line, fault.code) for fault in faults] == [(12, "unknown-department")]
