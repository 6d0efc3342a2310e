"""A kind with every type of field that came with format 2: its form, its page, and its own public page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import strip_tags

from blockwise.access.models import User
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.queries.damage import damaged
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

WORKS = (Path(__file__).parents[1] / "kinds" / "format_2" / "works.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
GIVEN = {
    "place.lon": str(LON), "place.lat": str(LAT), "place.kind": "street", "place.text": "1 Harbour Road",
    "measures": ["fence", "lamps"], "closed.from": "2026-12-01", "closed.to": "2026-12-05", "width": "3.5",
}  # fmt: skip


@pytest.fixture
def desk(city: object) -> Iterator[Client]:
    store_kinds({"works": WORKS})
    yield signed_in(person("desk", (Role.CALL_TAKER, "99"), (Role.BLOCK_LEADER, "99")))
    registry.forget()


def words(answer: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.decode()))


def test_a_case_is_opened_and_allowed_by_its_forms(desk: Client) -> None:
    form = desk.get("/cases/open/works/").content.decode()
    assert form.count('type="checkbox" name="measures"') == 3
    assert 'type="date"' in form
    assert 'inputmode="decimal"' in form
    assert desk.post("/cases/open/works/", GIVEN).status_code == 302
    case = Case.objects.get()
    assert case.fields == {
        "measures": ["fence", "lamps"], "closed": {"from": "2026-12-01", "to": "2026-12-05"}, "width": "3.50",
    }  # fmt: skip
    at = f"/cases/{case.pk}/"
    form = desk.get(f"{at}acts/allow/", headers={"accept-language": "en"}).content.decode()
    assert 'value="3.50"' in form
    assert "Deposit · CNY" in form
    given = {"begins": "08:30", "deposit": "1250", "width": "3.50", "version": "1"}
    leader = signed_in(person("leader", (Role.BLOCK_LEADER, "99")))
    assert leader.post(f"{at}acts/allow/", given).status_code == 302
    for language, said in (
        ("en", ("fence, lamps at night", "2026-12-01 to 2026-12-05", "allowed it from 08:30, deposit 1250.00 CNY")),
        ("zh-hans", ("围挡、夜间警示灯", "2026-12-01至2026-12-05", "许可，08:30开工，保证金1250.00 CNY")),
    ):
        page = words(signed_in(User.objects.get(login="desk"), language).get(at).content)
        assert [one for one in said if one not in page] == []


def test_what_was_wrong_is_said_beside_it_and_the_rest_is_kept(desk: Client) -> None:
    answer = desk.post("/cases/open/works/", {**GIVEN, "closed.to": "2026-11-30"}, headers={"accept-language": "en"})
    form = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="w-closed.to">It ends before it begins.' in form
    assert form.count('name="measures" value="fence" checked') == form.count('value="lamps" checked') == 1
    assert 'value="detour" checked' not in form
    assert 'value="2026-12-01"' in form
    without = {name: value for name, value in GIVEN.items() if not name.startswith(("closed", "measures"))}
    assert desk.post("/cases/open/works/", without).status_code == 422
    assert Case.objects.count() == 0


def test_a_row_that_was_damaged_is_shown_and_said_to_be(desk: Client) -> None:
    desk.post("/cases/open/works/", GIVEN)
    case = Case.objects.get()
    Case.objects.filter(pk=case.pk).update(fields={**case.fields, "closed": "2026", "measures": {"fence": 1}})
    assert list(damaged()) == [case.pk]
    assert desk.get(f"/cases/{case.pk}/").status_code == 200
    assert desk.get(f"/cases/{case.pk}/acts/extend/").status_code in (200, 409)


def test_the_public_page_of_the_kind_tells_them(desk: Client) -> None:
    page = words(Client().get("/kinds/works/", headers={"accept-language": "en"}).content)
    for said in ("Format of the text", "several choices", "decimal number", "amount of money", "CNY", "time of day"):
        assert said in page
