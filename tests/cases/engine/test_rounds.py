"""`rounds`: numbered, bounded, each with its own fields, result and promise; ended with the case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case, CaseRound
from blockwise.cases.queries.rounds import rounds_of
from blockwise.cases.queries.shown import clocks_of
from blockwise.cases.queries.story import story
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Invalid
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

TEXT = (Path(__file__).parents[1] / "kinds" / "format_2" / "mediation.yaml").read_text(encoding="utf-8")
# Rounds alone, without the stages that keep them in order.
FREE = (
    TEXT.replace("    to: sitting\n", "")
    .replace("    to: taken\n", "")
    .replace("from: [taken]", "from: [taken, sitting]")
)
FREE = FREE.replace("from: [sitting]", "from: [taken, sitting]")
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
SAT, ROSE = {"where_held": "station"}, {"came_to": "adjourned", "minutes_of": "MARK 双方各执一词"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def user(city: object) -> Iterator[User]:
    store_kinds({"mediation": TEXT})
    yield person("desk", (Role.DISPATCHER, "99"), name="某台", name_en="Desk")
    registry.forget()


@pytest.fixture
def actor(user: User) -> Actor:
    return actor_for(user)


def opened(actor: Actor) -> int:
    lon, lat = point_in("99010101")
    data = {"place": {"lon": lon, "lat": lat, "kind": "street"}, "story": "噪声"}
    return engine.open_case("mediation", data, actor).case


def do(case: int, act: str, data: dict[str, Any], actor: Actor) -> engine.Result:
    return engine.act(case, act, data, actor, expected_version=Case.objects.get(pk=case).version)


def sitting(case: int, actor: Actor, at: datetime, **rose: Any) -> None:
    with clock.at(at):
        do(case, "sit", SAT, actor)
    with clock.at(at + timedelta(hours=1)):
        do(case, "rise", {**ROSE, **rose}, actor)


def test_the_second_round_overwrites_nothing_of_the_first(actor: Actor) -> None:
    case = opened(actor)
    sitting(case, actor, NOW)
    sitting(case, actor, NOW + timedelta(days=1), came_to="agreed")
    rows = CaseRound.objects.filter(case=case).order_by("number").values_list("number", "fields", "begun_by", "lapsed")
    assert list(rows) == [
        (1, {"where_held": "station", "came_to": "adjourned"}, actor.id, False),
        (2, {"where_held": "station", "came_to": "agreed"}, actor.id, False),
    ]
    said = [lines.data_of(line).get("round") for line in Line.objects.filter(thread=f"case:{case}").order_by("number")]
    assert said == [None, 1, 1, 2, 2]
    assert not Line.objects.filter(canonical__contains="MARK").exists()
    with override("en"):
        told = [one.sentence for one in story(Case.objects.get(pk=case), actor)]
    assert told[1:3] == ["Desk began sitting 1, station", "Desk ended sitting 1: adjourned"]
    assert verify_database().ok


def test_a_missed_promise_of_the_first_round_is_not_forgotten(actor: Actor) -> None:
    case = opened(actor)
    do(case, "sit", SAT, actor)
    with clock.at(NOW + timedelta(days=20)):
        do(case, "rise", ROSE, actor)
    sitting(case, actor, NOW + timedelta(days=21))
    shown = clocks_of(Case.objects.get(pk=case))
    assert [(one.round, one.state) for one in shown] == [(1, "missed"), (2, "kept")]


def test_no_round_beyond_most_none_beside_an_open_one_and_none_ended_that_is_not_open(city: object) -> None:
    store_kinds({"mediation": FREE})
    actor = actor_for(person("desk", (Role.DISPATCHER, "99")))
    case = opened(actor)
    with pytest.raises(Conflict) as none:
        do(case, "rise", ROSE, actor)
    do(case, "sit", SAT, actor)
    with pytest.raises(Conflict) as open_:
        do(case, "sit", SAT, actor)
    do(case, "rise", ROSE, actor)
    for day in (1, 2):
        sitting(case, actor, NOW + timedelta(days=day))
    before = Line.objects.count()
    with override("en"), pytest.raises(Conflict) as most:
        do(case, "sit", SAT, actor)
    assert str(most.value.what) == "“sitting” may come 3 times in one case, and has."
    assert {one.value.where for one in (none, open_, most)} == {"act"}
    assert (Line.objects.count(), CaseRound.objects.count()) == (before, 3)
    registry.forget()


def test_what_is_open_ends_with_the_case_and_its_line_says_so(actor: Actor) -> None:
    case = opened(actor)
    do(case, "sit", SAT, actor)
    done = do(case, "end", {}, actor)
    row = CaseRound.objects.get(case=case)
    assert (row.lapsed, row.ended_at, row.fields) == (True, NOW, SAT)
    assert lines.data_of(Line.objects.get(number=done.line))["rounds_ended"] == {"sitting": 1}
    assert [one.state for one in clocks_of(Case.objects.get(pk=case))] == ["lapsed"]
    assert verify_database().ok


def test_a_round_comes_to_something(actor: Actor) -> None:
    case = opened(actor)
    do(case, "sit", SAT, actor)
    with pytest.raises(Invalid) as problem:
        do(case, "rise", {"minutes_of": "x"}, actor)
    assert problem.value.where == "came_to"
    assert CaseRound.objects.get().ended_at is None


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["sit", "rise"]), max_size=9))
def test_whatever_is_tried_rounds_follow_one_another(city: object, tried: list[str]) -> None:
    registry.KindText.objects.filter(kind="mediation").exists() or store_kinds({"mediation": FREE})
    registry.forget()
    actor = actor_for(User.objects.filter(login="p").first() or person("p", (Role.DISPATCHER, "99")))
    case, open_, count = opened(actor), False, 0
    for act in tried:
        right = (not open_ and count < 3) if act == "sit" else open_
        if not right:
            with pytest.raises(Conflict):
                do(case, act, SAT if act == "sit" else ROSE, actor)
            continue
        do(case, act, SAT if act == "sit" else ROSE, actor)
        open_, count = act == "sit", count + (act == "sit")
    rows = list(CaseRound.objects.filter(case=case).order_by("number"))
    assert [row.number for row in rows] == list(range(1, count + 1))
    assert [row.ended_at is None for row in rows] == [False] * (count - open_) + [True] * open_


def test_the_page_and_the_api_do_it_end_to_end(user: User) -> None:
    client, case = signed_in(user), opened(actor_for(user))
    at = f"/cases/{case}/"
    assert client.post(f"{at}acts/sit/", {**SAT, "version": "1"}).status_code == 302
    body = {"data": ROSE, "expected_version": 2}
    done = client.post(f"/api/cases/{case}/acts/rise", json.dumps(body), content_type="application/json")
    assert done.status_code == 200
    [row] = client.get(f"/api/cases/{case}").json()["rounds"]
    assert (row["name"], row["number"], row["state"]) == ("sitting", 1, "ended")
    assert row["fields"] == {"came_to": "adjourned", "where_held": "station"}
    for language, said in (
        ("en", ("Rounds", "sitting 1", "Came to: adjourned")),
        ("zh-hans", ("轮次", "调解结果: 择期再调")),
    ):
        page = signed_in(user, language).get(at).content.decode()
        assert [one for one in said if one not in page] == []
    declared = client.get("/api/kinds/mediation").json()
    assert declared["rounds"]["sitting"]["most"] == 3
    assert declared["acts"]["sit"]["begins"] == declared["acts"]["rise"]["ends"] == "sitting"
    public = client.get("/kinds/mediation/", headers={"accept-language": "en"}).content.decode()
    assert "at most 3 in one case" in public


def test_rounds_are_asked_in_few_queries_however_many(actor: Actor, django_assert_num_queries: Any) -> None:
    number = opened(actor)
    for count in (1, 3):
        while CaseRound.objects.count() < count:
            sitting(number, actor, NOW + timedelta(days=CaseRound.objects.count()))
        case = Case.objects.get(pk=number)
        registry.of(case)
        with django_assert_num_queries(2):
            assert len(rounds_of(case)) == count


def test_a_round_without_a_ceiling_is_refused_at_its_line() -> None:
    text = TEXT.replace("most: 3, ", "")
    [fault] = [one for one in check(text, "mediation.yaml") if one.code == "missing-key"]
    assert fault.what == "sitting has no most"
    assert text.splitlines()[fault.line - 1].startswith("  sitting: {zh: 调解, en: sitting")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("begins: sitting", "begins: sitings", "unknown-round"),
        ("ends: sitting", "ends: sitings", "unknown-round"),
        ("round: sitting", "round: sitings", "unknown-round"),
        ("result: came_to", "result: story", "round-result"),
        ("asks: [came_to, minutes_of]", "asks: [minutes_of]\n    may_ask: [came_to]", "round-result"),
        ("    ends: sitting\n", "    ends: sitting\n    begins: sitting\n", "two-rounds"),
        ("stop: [rise]", "stop: [end]", "round-clock"),
        ("due: {days: 7}", "due: {priority: {1: {days: 1}, 2: {days: 2}, 3: {days: 3}, 4: {days: 4}}}", "round-clock"),
        ("  minutes_of:", "  round: {type: integer, label: {zh: 轮, en: Round}}\n  minutes_of:", "reserved-name"),
    ],
)
def test_rounds_that_do_not_hold_together_are_refused(before: str, after: str, code: str) -> None:
    assert code in {one.code for one in check(TEXT.replace(before, after, 1), "mediation.yaml")}
