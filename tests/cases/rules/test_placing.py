"""What is saved of a form's place is what was shown last, in whatever order things were done."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.queries.story import first_words, story
from blockwise.cases.rules import placing
from blockwise.cases.rules.sealed_places import exact_places
from blockwise.places.finding.hits import Called
from blockwise.problems import Invalid, Problem
from tests.people import People, point_in

LON, LAT = point_in("99010101")
FORM = {"place.lon": str(LON), "place.lat": str(LAT), "place.text": "1 Harbour Road", "place.kind": "premises"}


def test_whatever_the_search_calls_a_place_can_be_kept_with_it() -> None:
    assert set(get_args(Called)) <= set(placing.FOUND)
    assert {"near", "street", "block", "guess"} <= placing.ROUGH
    assert not {"door", "crossing", "landmark"} & placing.ROUGH


def test_the_mark_of_another_place_is_refused_and_so_is_one_made_elsewhere() -> None:
    shown = placing.proof(FORM)
    placing.refuse_unseen(FORM | {placing.SHOWN: shown})
    placing.refuse_unseen({"place.text": "only words"})  # without a point nothing would be saved: the engine says so
    for wrong in ({"place.lat": "22.5551"}, {"place.kind": "street"}, {"place.said": "x"}, {placing.SHOWN: "a:b:c"}):
        with pytest.raises(Invalid, match="not shown yet"):
            placing.refuse_unseen(FORM | {placing.SHOWN: shown} | wrong)
    with pytest.raises(Problem):
        placing.refuse_unseen(FORM | {"place.lon": "east", placing.SHOWN: shown})


FIELDS = {
    "place.lon": ["113.9050000", "113.9051", ""],
    "place.lat": ["22.5550000", "22.5551"],
    "place.text": ["1 Harbour Road", "opposite the market", " 1 Harbour Road ", ""],
    "place.kind": ["premises", "street"],
    "place.found": ["door", "point", "none", ""],
    "place.block": ["990101", ""],
}
STEPS = st.one_of(
    st.sampled_from(["ask", "answer", "save"]).map(lambda step: (step, "")),
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(FIELDS[name]))),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_in_any_order_of_typing_asking_answers_and_saving(steps: list[tuple[str, str]]) -> None:
    """Answers come late and in any order: each is shown as it comes, and only what it shows can be saved."""
    form, asked, shown = {"place.lon": "", "place.lat": ""}, [], {}
    for step, value in steps:
        if step == "ask":
            asked.append(dict(form))
        elif step == "answer" and asked:
            shown = asked.pop(len(steps) % len(asked))
        elif step == "save" and _chosen(form):
            saved = _saved(form, shown)
            assert saved == (_words(form) == _words(shown))
        elif step in FIELDS:
            form[step] = value


def _saved(form: dict[str, str], shown: dict[str, str]) -> bool:
    try:
        mark = placing.proof(shown) if _chosen(shown) else ""
        placing.refuse_unseen(form | {placing.SHOWN: mark})
    except Invalid:
        return False
    return True


def _chosen(form: dict[str, str]) -> bool:
    """Whether it is a place, or said that there is none yet."""
    return bool(form.get("place.lon") and form.get("place.lat")) or form.get("place.found") == "none"


def _words(form: dict[str, str]) -> Any:
    parts = [form.get(f"place.{name}", "").strip() for name in ("text", "kind", "found", "said", "block")]
    if "none" in parts:
        return parts
    return float(form.get("place.lon") or 0), float(form.get("place.lat") or 0), parts


def test_how_it_was_found_stays_on_the_case_and_the_callers_words_are_sealed(kinds: None, people: People) -> None:
    actor: Actor = people.actor("in_charge")
    place = {"lon": LON, "lat": LAT, "text": "Harbour Road", "kind": "street", "found": "street", "said": "by the quay"}
    made = engine.open_case("call", {"type": "crime.theft", "place": place}, actor)
    case = Case.objects.get(pk=made.case)
    assert case.place_found == "street"
    assert exact_places([case])[case.pk]["said"] == "by the quay"
    engine.act(case.pk, "correct", {"place": {**place, "found": "door", "said": ""}}, actor, expected_version=1)
    case.refresh_from_db()
    assert (case.place_found, "said" in exact_places([case])[case.pk]) == ("door", False)
    for wrong in ({"found": "guessed"}, {"found": 1}, {"said": "x" * 300}, {"said": "a\x00b"}):
        with pytest.raises(Invalid, match=r"place\."):
            engine.open_case("call", {"type": "crime.theft", "place": {**place, **wrong}}, actor)


def test_a_correction_says_from_what_to_what(kinds: None, people: People) -> None:
    actor: Actor = people.actor("in_charge")
    place = {"lon": LON, "lat": LAT, "text": "1 Harbour Road", "kind": "street"}
    made = engine.open_case("call", {"type": "crime.theft", "place": place}, actor)
    lon, lat = point_in("99010202")
    moved = {"lon": lon, "lat": lat, "text": "9 Hill Road", "kind": "street"}
    engine.act(made.case, "correct", {"type": "crime.robbery", "place": moved}, actor, expected_version=1)
    case = Case.objects.get(pk=made.case)
    [told] = [one for one in story(case, actor) if one.act == "correct"]
    assert {"Type: Theft → Robbery", "Priority: 3 → 1", "Where: 1 Harbour Road → 9 Hill Road"} <= set(told.changed)
    assert any(text.startswith("Block: ") for text in told.changed)
    assert not [one.changed for one in story(case, actor) if one.act == "open" and one.changed]
    assert first_words(registry.of(case), story(case, actor)) == []  # nobody said so
    engine.act(case.pk, "close", {"outcome": "founded"}, actor, expected_version=2)
    case.refresh_from_db()
    closed = " ".join(text for one in story(case, actor) for text in one.changed)
    assert ("Harbour" in closed, "Theft → Robbery" in closed) == (False, True)
