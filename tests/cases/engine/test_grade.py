"""A grade is worked out of what was given, on the case, its line, its page, the list and the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from blockwise.cases.kinds import registry
from blockwise.cases.kinds.grading import graded
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

BANK = (Path(__file__).parents[1] / "kinds" / "format_2" / "bank.yaml").read_text(encoding="utf-8")
KIND = parse_kind(BANK)


@pytest.fixture
def leader(city: object) -> Iterator[Client]:
    store_kinds({"bank": BANK})
    yield signed_in(person("leader", (Role.BLOCK_LEADER, "99")))
    registry.forget()


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/cases{path}", body, content_type="application/json")


def opened(client: Client) -> int:
    lon, lat = point_in("99010101")
    body = {"kind": "bank", "data": {"place": {"lon": lon, "lat": lat, "kind": "open"}}}
    return int(post(client, "", body).json()["case"])


def measured(client: Client, **data: Any) -> int:
    pk = opened(client)
    answer = post(client, f"/{pk}/acts/measure", {"data": data, "expected_version": 1})
    assert answer.status_code == 200, answer.content
    return pk


def test_a_grade_is_worked_out_kept_and_shown(leader: Client) -> None:
    pk = opened(leader)
    assert "danger" not in leader.get(f"/api/cases/{pk}").json()["fields"]
    data = {"crack": "wide", "undercut": True, "metres": 3}
    post(leader, f"/{pk}/acts/measure", {"data": data, "expected_version": 1})
    assert leader.get(f"/api/cases/{pk}").json()["fields"] == {**data, "danger": "severe"}
    line = Line.objects.filter(thread=f"case:{pk}").latest("thread_number")
    assert lines.data_of(line)["fields"] == {**data, "danger": "severe"}
    page = leader.get(f"/cases/{pk}/").content.decode()
    assert "Danger of the bank</dt><dd>severe" in page
    assert "measured it: crack wide, so severe" in page
    assert '<span class="muted">severe</span>' in leader.get("/cases/").content.decode()
    assert verify_database().ok


def test_it_changes_with_what_it_is_made_of_and_decides_what_is_possible(leader: Client) -> None:
    pk = measured(leader, crack="wide", undercut=False, metres=3)
    assert Case.objects.get(pk=pk).fields["danger"] == "slight"
    assert leader.get(f"/api/cases/{pk}").json()["acts"] == ["again", "leave"]
    other = measured(leader, crack="fine", undercut=True, metres=3)
    assert Case.objects.get(pk=other).fields["danger"] == "serious"
    assert post(leader, f"/{other}/acts/leave", {"expected_version": 2}).status_code == 409
    post(leader, f"/{other}/acts/again", {"data": {"crack": "wide"}, "expected_version": 2})
    assert Case.objects.get(pk=other).fields["danger"] == "severe"
    assert post(leader, f"/{other}/acts/shore", {"expected_version": 3}).json()["where"] == "shored"
    done = post(leader, f"/{other}/acts/shore", {"data": {"shored": "stone"}, "expected_version": 3})
    assert done.status_code == 200


def test_nobody_gives_it(leader: Client) -> None:
    pk = opened(leader)
    data = {"crack": "none", "undercut": False, "metres": 3, "danger": "severe"}
    answer = post(leader, f"/{pk}/acts/measure", {"data": data, "expected_version": 1})
    assert (answer.status_code, answer.json()["where"]) == (422, "danger")
    form = leader.get(f"/cases/{pk}/acts/measure/").content.decode()
    assert 'name="danger"' not in form


def test_the_public_page_says_what_it_is_made_of(leader: Client) -> None:
    page = leader.get("/kinds/bank/").content.decode()
    assert "worked out of: Crack, Undercut at its foot, Length in metres" in page


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "crack": st.sampled_from(["none", "fine", "wide"]),
        "undercut": st.booleans(),
        "metres": st.integers(0, 5000) | st.sampled_from([9, 10]),
    },
)


@given(answers=ANSWERS)
def test_whatever_is_given_there_is_one_answer(answers: dict[str, Any]) -> None:
    """The table, by hand; without all three there is none."""
    if len(answers) < 3:
        assert graded(KIND, {**answers, "danger": "severe"}) == answers
        return
    crack, undercut, metres = answers["crack"], answers["undercut"], answers["metres"]
    if crack == "wide" and undercut:
        wanted = "severe"
    elif undercut or (crack != "none" and metres >= 10):
        wanted = "serious"
    else:
        wanted = "slight"
    assert graded(KIND, answers) == {**answers, "danger": wanted}
