"""A department officer is of one department of the city, whichever way the role is given; nobody else is of any."""

from __future__ import annotations

import pytest
from django.test import Client
from typer.testing import CliRunner

from blockwise.access import actions
from blockwise.access.actors import OPERATOR, Held, actor_for
from blockwise.access.models import Grant, User
from blockwise.cli.main import command
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import Invalid
from blockwise.rooms import Role
from tests.people import People, person, signed_in

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture
def somebody() -> User:
    return person("somebody")


@pytest.fixture
def administrator() -> Client:
    return signed_in(person("root", (Role.ADMINISTRATOR, "99")))


@pytest.mark.parametrize(
    ("role", "department"),
    [
        (Role.DEPARTMENT_OFFICER, ""), (Role.DEPARTMENT_OFFICER, "parks"), (Role.DEPARTMENT_OFFICER, "住房建设局"),
        (Role.CLERK, "housing"),
    ],
)  # fmt: skip
def test_another_is_refused_by_name(somebody: User, role: Role, department: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.grant(somebody, role, "99", OPERATOR, department=department)
    assert refused.value.where == "department"
    assert Grant.objects.filter(user=somebody).count() == 0


def test_the_reporter_s_role_is_given_to_nobody(somebody: User) -> None:
    with pytest.raises(Invalid, match="no such role"):
        actions.grant(somebody, Role.REPORTER, "99", OPERATOR)


def test_over_the_api_it_is_given_shown_and_on_the_record(somebody: User, administrator: Client) -> None:
    body = {"role": "department_officer", "block": "99", "department": "housing"}
    given = administrator.post(f"/api/users/{somebody.pk}/grants", body, content_type="application/json")
    assert (given.status_code, given.json()["department"]) == (201, "housing")
    assert actor_for(somebody).held == (Held("department_officer", "99", "housing"),)
    line = Line.objects.filter(thread=f"user:{somebody.pk}", act="role_granted").last()
    assert line is not None
    assert data_of(line)["department"] == "housing"
    me = signed_in(somebody).get("/api/me").json()
    assert me["roles"] == [{"role": "department_officer", "block": "99", "department": "housing"}]
    assert verify_database().ok


def test_on_the_page_it_is_chosen_by_its_words(somebody: User, administrator: Client) -> None:
    page = administrator.get(f"/people/{somebody.pk}").content.decode()
    assert '<option value="housing">housing</option>' in page
    assert 'value="reporter"' not in page
    form = {"role": "department_officer", "block": "99", "department": "housing"}
    assert administrator.post(f"/people/{somebody.pk}/roles", form).status_code == 302
    assert "housing" in administrator.get(f"/people/{somebody.pk}").content.decode().partition("Give a role")[0]
    refused = administrator.post(f"/people/{somebody.pk}/roles", {**form, "department": ""})
    assert refused.status_code == 422


def test_from_the_shell(somebody: User) -> None:
    done = CliRunner().invoke(
        command("user"), ["user", "grant", "somebody", "department_officer", "99", "--department", "housing"]
    )
    assert done.exit_code == 0
    assert actor_for(somebody).held[0].department == "housing"


def test_two_departments_are_two_roles(somebody: User, people: People) -> None:
    for department in ("housing", "transport"):
        actions.grant(somebody, Role.DEPARTMENT_OFFICER, "99", OPERATOR, department=department)
    assert {held.department for held in actor_for(somebody).held} == {"housing", "transport"}
