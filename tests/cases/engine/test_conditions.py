"""Questions and acts that hang on answers: what is asked, needed and possible, given now or standing on the case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.engine import looks
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case
from blockwise.cases.rules.sight import open_acts
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Invalid, Problem
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in

HYDRANT = (Path(__file__).parents[1] / "kinds" / "format_2" / "hydrant.yaml").read_text(encoding="utf-8")
CALLED = "fields:\n  owner: {type: contact, label: {zh: 单位, en: Firm}}\n"


@pytest.fixture
def leader(city: object) -> Iterator[Actor]:
    looked_at = HYDRANT.replace("fields:\n", CALLED, 1).replace(
        "    when: {state: sound}\n", "    when: {state: sound}\n    contact: true\n"
    )
    store_kinds({"hydrant": looked_at})
    yield actor_for(person("leader", (Role.BLOCK_LEADER, "99")))
    registry.forget()


def opening(**data: Any) -> dict[str, Any]:
    lon, lat = point_in("99010101")
    return {"place": {"lon": lon, "lat": lat, "kind": "street"}, "type": "street.pit", "seen": "plan", **data}


def opened(actor: Actor, **data: Any) -> Case:
    return Case.objects.get(pk=engine.open_case("hydrant", opening(**data), actor).case)


def seen(actor: Actor, **data: Any) -> Case:
    case = opened(actor)
    engine.act(case.pk, "view_it", data, actor, expected_version=1)
    return Case.objects.get(pk=case.pk)


def refusal(problem: type[Problem], *args: Any, **options: Any) -> tuple[str, str, str]:
    before = Line.objects.count()
    with override("en"), pytest.raises(problem) as found:
        engine.act(*args, **options)
    assert Line.objects.count() == before
    return found.value.where, str(found.value.what), str(found.value.fix)


def test_an_answer_to_a_question_that_was_not_asked_is_refused(leader: Actor) -> None:
    with override("en"), pytest.raises(Invalid) as found:
        engine.open_case("hydrant", opening(leaks_since="2026-11-20"), leader)
    assert (found.value.where, str(found.value.what), str(found.value.fix)) == (
        "leaks_since", "This is not asked here: Leaking since.",
        "Leave it empty. It is asked only when: How it was noticed is by a report of a leak.",
    )  # fmt: skip
    with override("zh-hans"), pytest.raises(Invalid) as found:
        engine.open_case("hydrant", opening(leaks_since="2026-11-20"), leader)
    assert str(found.value.fix) == "请留空。仅在下列情况下才问：“由何得知”为来电反映的漏水。"
    assert Case.objects.count() == 0
    case = opened(leader)
    given = {"state": "sound", "parts": ["cap"]}
    where, _what, fix = refusal(Invalid, case.pk, "view_it", given, leader, expected_version=1)
    assert (where, fix) == ("parts", "Leave it empty. It is asked only when: State is leaking or blocked.")


def test_what_a_condition_needs_is_asked_for_by_name(leader: Actor) -> None:
    with override("en"), pytest.raises(Invalid) as found:
        engine.open_case("hydrant", opening(seen="report"), leader)
    assert (found.value.where, str(found.value.what), str(found.value.fix)) == (
        "leaks_since", "This is needed: Leaking since.",
        "It is needed when: How it was noticed is by a report of a leak; Type is of the street.",
    )  # fmt: skip
    assert opened(leader, seen="report", type="own").fields == {"seen": "report"}
    case = opened(leader)
    assert refusal(Invalid, case.pk, "view_it", {"state": "blocked"}, leader, expected_version=1)[0] == "parts"
    engine.act(case.pk, "view_it", {"state": "leaking"}, leader, expected_version=1)


def test_a_question_may_hang_on_what_stands_on_the_case(leader: Actor) -> None:
    case = seen(leader, state="blocked", parts=["valve"], rusted=True)
    engine.act(case.pk, "mend", {"freed": "oil"}, leader, expected_version=2)
    assert Case.objects.get(pk=case.pk).fields["freed"] == "oil"
    for answers in ({"parts": ["cap"]}, {"parts": ["valve"], "rusted": False}):
        other = seen(leader, state="blocked", **answers)
        assert refusal(Invalid, other.pk, "mend", {"freed": "oil"}, leader, expected_version=2)[0] == "freed"


def test_a_no_to_what_was_not_asked_is_no_answer(leader: Actor) -> None:
    """A form sends a no for every box that was not ticked."""
    assert seen(leader, state="sound", rusted=False).fields == {"seen": "plan", "state": "sound"}
    assert seen(leader, state="blocked", parts=["valve"], rusted=False).fields["rusted"] is False


def test_an_outcome_asks_for_its_reason(leader: Actor) -> None:
    case = seen(leader, state="sound")
    where, what, fix = refusal(Invalid, case.pk, "pass", {"outcome": "shut"}, leader, expected_version=2)
    assert (where, what, fix) == ("why_shut", "This is needed: Why it is shut.", "It is needed when: Outcome is shut.")
    engine.act(case.pk, "pass", {"outcome": "shut", "why_shut": "井盖塌陷"}, leader, expected_version=2)
    assert "why_shut" in Case.objects.get(pk=case.pk).sealed
    assert verify_database().ok


def test_an_act_is_possible_and_offered_only_when_its_condition_holds(leader: Actor) -> None:
    sound, leaking = seen(leader, state="sound"), seen(leader, state="leaking")
    assert [act.name for act in open_acts(sound, leader)] == ["pass"]
    assert [act.name for act in open_acts(leaking, leader)] == ["mend"]
    assert refusal(Conflict, sound.pk, "mend", {}, leader, expected_version=2) == (
        "act", "“Mend” is not possible on this case.", "It is possible only when: State is leaking or blocked.",
    )  # fmt: skip


def test_an_act_that_is_not_possible_is_no_purpose_for_a_look(leader: Actor) -> None:
    case = opened(leader, owner={"name": "某单位"})
    engine.act(case.pk, "view_it", {"state": "leaking"}, leader, expected_version=1)
    with pytest.raises(Conflict):
        looks.look(case.pk, "pass", leader)
    other = opened(leader, owner={"name": "某单位"})
    engine.act(other.pk, "view_it", {"state": "sound"}, leader, expected_version=1)
    assert looks.look(other.pk, "pass", leader) == {"owner": {"name": "某单位"}}


ANSWERS = st.fixed_dictionaries(
    {"state": st.sampled_from(["sound", "leaking", "blocked"])},
    optional={
        "parts": st.sampled_from([["valve"], ["cap"], ["valve", "cap"]]),
        "rusted": st.booleans(),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answers=ANSWERS)
def test_whatever_is_answered_the_case_holds_what_was_asked(leader: Actor, answers: dict[str, Any]) -> None:
    """The table, by hand: parts of what is not sound, needed of what is blocked; rusted of a valve."""
    asked = {
        "parts": answers["state"] != "sound",
        "rusted": answers["state"] != "sound" and "valve" in answers.get("parts", ()),
    }
    unasked = [name for name in asked if answers.get(name) and not asked[name]]
    missing = answers["state"] == "blocked" and "parts" not in answers
    with transaction.atomic():
        case = opened(leader)
        if unasked or missing:
            with pytest.raises(Invalid) as found:
                engine.act(case.pk, "view_it", answers, leader, expected_version=1)
            assert found.value.where in {*unasked, *(["parts"] if missing else [])}
        else:
            engine.act(case.pk, "view_it", answers, leader, expected_version=1)
            kept = {name: value for name, value in answers.items() if name == "state" or asked[name]}
            assert Case.objects.get(pk=case.pk).fields == {"seen": "plan", **kept}
        transaction.set_rollback(True)


def test_the_kind_as_json_says_its_conditions(leader: Actor) -> None:
    kind = parse_kind(HYDRANT)
    told = registry.declaration("hydrant")
    parts = next(one for one in told["fields"] if one["name"] == "parts")
    assert (parts["asked_when"], parts["required_when"]) == ({"state": ["leaking", "blocked"]}, {"state": ["blocked"]})
    assert told["acts"]["mend"]["when"] == {"state": ["leaking", "blocked"]}
    assert told["acts"]["finish"]["when"] is None
    assert kind.format == 2
