"""A list is narrowed to what there is or was; a name that nothing ever had is refused, not answered with nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from blockwise.cases.kinds import registry
from tests.people import People, signed_in


@pytest.fixture
def caller(people: People, kinds: None) -> Client:
    return signed_in(people.in_charge)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("kind=nope", "kind"),
        ("stage=nope", "stage"),
        ("type=nope.x", "type"),
        ("type=crime.thef", "type"),
        ("kind=hazard&type=crime.theft", "type"),
        ("kind=hazard&stage=dispatched", "stage"),
        ("block=NOPE", "block"),
    ],
)
def test_a_name_that_nothing_ever_had_is_refused_and_its_parameter_named(
    caller: Client, query: str, where: str
) -> None:
    answer = caller.get(f"/api/cases?{query}")
    assert (answer.status_code, answer.json()["where"]) == (422, where)
    assert query.rpartition("=")[2] not in answer.content.decode()


@pytest.mark.parametrize("query", ["kind=hazard", "type=crime", "type=crime.theft", "stage=received", "block=990101"])
def test_what_there_is_narrows_even_where_no_case_is(caller: Client, query: str) -> None:
    answer = caller.get(f"/api/cases?{query}")
    assert (answer.status_code, answer.json()["cases"]) == (200, [])


def test_a_kind_that_was_retired_is_still_asked_for(caller: Client) -> None:
    texts = registry.builtin_texts()
    registry.store(texts, "system:test")
    registry.retire_others(["call"], "system:test")
    assert caller.get("/api/cases?kind=hazard").status_code == 200
