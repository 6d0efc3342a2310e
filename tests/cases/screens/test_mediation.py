"""A dispute written as YAML alone, told over HTTP: two sides with their own keys and consent, three sittings, a second
person who confirms, and a promise of the other side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from blockwise.access.models import User
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case, CaseClock, Party
from blockwise.ledger.verify import verify_database
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

TEXT = (Path(__file__).parents[1] / "kinds" / "format_2" / "mediation.yaml").read_text(encoding="utf-8")
SITTING = {"where_held": "hall"}


@pytest.fixture
def desk(city: object) -> User:
    store_kinds({"mediation": TEXT})
    return person("desk", (Role.DISPATCHER, "9901"), name="王台", name_en="Desk Wang")


class Dispute:
    """One case over the API, as whoever `by` is."""

    def __init__(self, client: Client) -> None:
        self.client = client
        lon, lat = point_in("99010101")
        data = {"story": "MARK noise", "place": {"lon": lon, "lat": lat, "kind": "street"}}
        answer = client.post("/api/cases", {"kind": "mediation", "data": data}, "application/json")
        assert answer.status_code == 201, answer.content
        self.pk, self.version = answer.json()["case"], 1

    def do(self, act: str, by: Client | None = None, status: int = 200, **data: Any) -> dict[str, Any]:
        body = {"data": data, "expected_version": self.version}
        answer = (by or self.client).post(f"/api/cases/{self.pk}/acts/{act}", body, "application/json")
        assert answer.status_code == status, (act, answer.content.decode())
        told: dict[str, Any] = answer.json()
        self.version = told.get("version", self.version) if status == 200 else self.version
        return told


def test_it_may_be_used() -> None:
    assert check(TEXT, "mediation.yaml", ["community"]) == ()


def test_from_the_first_word_to_what_was_promised(desk: User) -> None:
    client, second = signed_in(desk), signed_in(person("second", (Role.DISPATCHER, "99"), name_en="Second"))
    one = Dispute(client)
    one.do("name_applicant", details={"name": "MARK 张", "contact": "19900000001"})
    one.do("name_respondent", details={"firm": "MARK 公司"})
    one.do("ask_consent", party=2, consent="given")
    one.do("call_in")
    for number in range(3):
        one.do("sit", **SITTING)
        one.do("rise", came_to="adjourned" if number < 2 else "agreed", minutes_of="MARK said")
    assert "3" in one.do("sit", status=409, **SITTING)["detail"]
    one.do("agree", terms="MARK terms")
    assert "somebody else" in one.do("confirm", status=403)["detail"]
    one.do("confirm", by=second)
    promise = CaseClock.objects.get(case=one.pk, name="perform")
    assert (promise.theirs, promise.stopped_at) == (True, None)
    one.do("performed")
    assert Case.objects.get(pk=one.pk).final
    assert verify_database().ok
    whole = client.get(f"/api/cases/{one.pk}").json()
    said = [(row["number"], row["state"], row["fields"]["came_to"]) for row in whole["rounds"]]
    assert said == [(1, "ended", "adjourned"), (2, "ended", "adjourned"), (3, "ended", "agreed")]
    parties = client.get(f"/api/cases/{one.pk}/parties").json()
    assert [(row["party"], row["role"], row["consent"]) for row in parties] == [
        (1, "applicant", ""),
        (2, "respondent", "given"),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("sitting 1", "respondent 2 consents")), ("zh-hans", ("第1次调解", "被申请人2同意调解"))],
)
def test_its_page_says_it_in_both_languages_and_names_nobody(desk: User, language: str, words: tuple[str, ...]) -> None:
    client = signed_in(desk, language)
    one = Dispute(client)
    one.do("name_applicant", details={"name": "MARKED 张", "contact": "19900000001"})
    one.do("name_respondent", details={"firm": "MARKED 公司"})
    one.do("ask_consent", party=2, consent="given")
    one.do("sit", **SITTING)
    page = client.get(f"/cases/{one.pk}/").content.decode()
    assert [word for word in words if word not in page] == []
    assert "MARKED" not in page
    assert "19900000001" not in page
    for path in (f"/api/cases/{one.pk}", f"/api/cases/{one.pk}/lines", "/cases/", "/api/cases"):
        assert "MARKED" not in client.get(path).content.decode()


def test_one_side_is_looked_at_alone_and_erased_alone(desk: User) -> None:
    client = signed_in(desk)
    one = Dispute(client)
    one.do("name_applicant", details={"name": "MARK 张"})
    one.do("name_respondent", details={"firm": "MARK 公司"})
    look = client.post(f"/api/cases/{one.pk}/parties/2/look", {"act": "call_in"}, "application/json")
    assert (look.status_code, look.json()) == (200, {"firm": "MARK 公司"})
    assert Party.objects.filter(case=one.pk, erased=False).count() == 2


def test_the_neighbour_and_the_outsider_see_nothing_of_it(desk: User) -> None:
    one = Dispute(signed_in(desk))
    one.do("name_applicant", details={"name": "MARK 张"})
    for who in (person("beside", (Role.DISPATCHER, "9902")), person("nobody")):
        other = signed_in(who)
        answers = [
            other.get(f"/cases/{one.pk}/").status_code,
            other.get(f"/api/cases/{one.pk}").status_code,
            other.post(f"/api/cases/{one.pk}/acts/sit", {"data": SITTING}, "application/json").status_code,
            other.post(f"/api/cases/{one.pk}/parties/1/look", {"act": "call_in"}, "application/json").status_code,
        ]
        assert set(answers) <= {403, 404}
