"""A checklist is gone through whole, stands on the case, its line, its page and the API, and leads to a hazard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from blockwise.access.models import User
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.conditions import holds
from blockwise.cases.kinds.model import RESULTS, Condition
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case, KindText
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import Invalid
from blockwise.rooms import Role, house
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in
from tests.recorded import recorded

TEXT = (Path(__file__).parents[1] / "kinds" / "format_2" / "inspection.yaml").read_text(encoding="utf-8")
KIND = parse_kind(TEXT)
ITEMS = ("extinguisher", "hydrant", "exit_sign")
LON, LAT = point_in("99010101")
PLACE = {"lon": LON, "lat": LAT, "kind": "premises", "text": "1 Harbour Road"}
WELL = {"extinguisher": "ok", "hydrant": "not_applicable", "exit_sign": "ok"}
BAD = {**WELL, "extinguisher": "fault"}


@pytest.fixture
def inspector(city: object) -> Iterator[Client]:
    store_kinds({"inspection": TEXT, "hazard": registry.builtin_texts()["hazard"]})
    yield signed_in(person("inspector", (Role.INSPECTOR, "99")))
    registry.forget()


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/cases{path}", body, content_type="application/json")


def opened(client: Client) -> int:
    return int(post(client, "", {"kind": "inspection", "data": {"place": PLACE}}).json()["case"])


def checked(client: Client, results: dict[str, str]) -> int:
    pk = opened(client)
    body = {"data": {"equipment": results, "found": "压力不足 MARK"}, "expected_version": 1}
    answer = post(client, f"/{pk}/acts/check", body)
    assert answer.status_code == 200, answer.content
    return pk


def words(answer: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.decode()))


def test_a_checklist_is_gone_through_and_a_fault_becomes_a_hazard(inspector: Client) -> None:
    pk = checked(inspector, BAD)
    case = inspector.get(f"/api/cases/{pk}").json()
    assert case["fields"] == {"equipment": BAD}
    assert case["acts"] == ["check_again", "report", "close"]
    line = Line.objects.filter(thread=f"case:{pk}").latest("thread_number")
    assert lines.data_of(line)["fields"] == {"equipment": BAD}
    body = {"data": {"found": "灭火器压力不足"}, "expected_version": 2}
    done = post(inspector, f"/{pk}/acts/report", body | {"expected_version": case["version"]})
    assert done.status_code == 200, done.content
    hazard = Case.objects.get(kind="hazard")
    assert (hazard.type, hazard.place_kind, hazard.fields) == ("fire.equipment", "premises", {})
    assert "description" in hazard.sealed
    for language, said in (
        ("en", "checked the fire equipment. at fault: Fire extinguisher; in order: Exit sign; not applicable: Indoor"),
        ("zh-hans", "检查消防器材。有问题：灭火器；完好：疏散指示标志；不适用：室内消火栓"),
    ):
        page = words(signed_in(User.objects.get(login="inspector"), language).get(f"/cases/{pk}/").content)
        assert said in page
    assert verify_database().ok


def test_without_a_fault_no_hazard_is_opened(inspector: Client) -> None:
    pk = checked(inspector, WELL)
    assert inspector.get(f"/api/cases/{pk}").json()["acts"] == ["check_again", "close"]
    refused = post(inspector, f"/{pk}/acts/report", {"data": {"found": "x"}, "expected_version": 2})
    assert refused.status_code == 409
    assert "Fire equipment is with some item at fault" in refused.json()["fix"]
    assert not Case.objects.filter(kind="hazard").exists()


def test_going_through_it_again_replaces_what_was_found(inspector: Client) -> None:
    pk = checked(inspector, BAD)
    body = {"data": {"equipment": WELL}, "expected_version": 2}
    assert post(inspector, f"/{pk}/acts/check_again", body).status_code == 200
    assert Case.objects.get(pk=pk).fields == {"equipment": WELL}
    found = [
        lines.data_of(line)["fields"]["equipment"]
        for line in Line.objects.filter(thread=f"case:{pk}", act__startswith="check").order_by("thread_number")
    ]
    assert found == [BAD, WELL]
    assert verify_database().ok


@pytest.mark.parametrize(
    ("results", "where"),
    [
        ({"extinguisher": "ok", "exit_sign": "ok"}, "equipment.hydrant"),
        ({**WELL, "hydrant": ""}, "equipment.hydrant"),
        ({**WELL, "hydrant": "broken"}, "equipment.hydrant"),
        ({**WELL, "hydrant": ["ok"]}, "equipment.hydrant"),
        ({**WELL, "sprinkler": "ok"}, "equipment.sprinkler"),
        ("ok", "equipment"),
        (["ok"], "equipment"),
        ({}, "equipment.extinguisher"),
        (None, "equipment"),
    ],
)
def test_what_is_missing_or_unknown_is_refused_by_name(inspector: Client, results: Any, where: str) -> None:
    pk = opened(inspector)
    body = {"data": {"equipment": results, "found": "x"}, "expected_version": 1}
    answer = post(inspector, f"/{pk}/acts/check", body)
    assert (answer.status_code, answer.json()["where"]) == (422, where)
    assert Case.objects.get(pk=pk).fields == {}


def test_the_form_asks_for_each_item_and_keeps_what_was_chosen(inspector: Client) -> None:
    pk = opened(inspector)
    at = f"/cases/{pk}/acts/check/"
    form = inspector.get(at, headers={"accept-language": "en"}).content.decode()
    assert "<legend>Fire equipment" in form
    assert form.count('role="radiogroup"') == 3
    assert form.count('type="radio"') == 9
    given = {"equipment.extinguisher": "fault", "equipment.exit_sign": "ok", "found": "low pressure", "version": "1"}
    answer = inspector.post(at, given, headers={"accept-language": "en"})
    form = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="w-equipment.hydrant">This is needed: Indoor hydrant.' in form
    assert form.count('name="equipment.extinguisher" value="fault" data-item required checked') == 1
    assert form.count('name="equipment.exit_sign" value="ok" data-item required checked') == 1
    assert "low pressure" in form
    assert inspector.post(at, {**given, "equipment.hydrant": "not_applicable"}).status_code == 302
    assert Case.objects.get(pk=pk).fields == {"equipment": BAD}
    again = inspector.get(f"/cases/{pk}/acts/check_again/").content.decode()
    assert " checked>" not in again  # each time it is looked at anew


def test_programs_are_told_what_is_asked(inspector: Client) -> None:
    answer = inspector.get("/api/openapi.json").json()
    found = [one for one in schemas(answer) if set(one.get("properties", {})) == set(ITEMS)]
    assert found
    assert {tuple(one["required"]) for one in found} == {ITEMS}
    assert {tuple(each["enum"]) for one in found for each in one["properties"].values()} == {RESULTS}


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("properties"), dict):
        yield node
    for one in below:
        yield from schemas(one)


def test_the_public_page_shows_every_item(inspector: Client) -> None:
    page = words(inspector.get("/kinds/inspection/").content)
    assert "Indoor hydrant" in page
    assert "Fire equipment is with some item at fault" in page


def test_what_is_no_longer_on_the_list_stays_on_the_record(inspector: Client) -> None:
    pk = checked(inspector, BAD)
    fewer = re.sub(r"      extinguisher: .*\n", "      hose: {zh: 水带, en: Hose}\n", TEXT)
    recorded(lambda: KindText.objects.filter(kind="inspection").update(current=False))()
    registry.forget()
    store_kinds({"inspection": fewer})
    recorded(
        lambda: Case.objects.filter(pk=pk).update(kind_text=KindText.objects.get(current=True, kind="inspection"))
    )()
    page = words(inspector.get(f"/cases/{pk}/", headers={"accept-language": "en"}).content)
    assert "at fault: extinguisher; in order: Exit sign" in page
    assert "Hose" not in page


def test_the_word_is_of_format_2() -> None:
    text = TEXT.replace("format: 2\n", "").replace("place: premises\n", "")
    assert {fault.code for fault in check(text, "inspection.yaml")} == {"format"}


FIELD = next(field for field in KIND.fields if field.name == "equipment")


@given(st.dictionaries(st.sampled_from((*ITEMS, "sprinkler")), st.sampled_from((*RESULTS, "", "broken"))))
def test_every_item_has_a_result_or_nothing_is_taken(results: dict[str, str]) -> None:
    """And the list is at fault exactly when some item is."""
    whole = set(results) == set(ITEMS) and set(results.values()) <= set(RESULTS)
    try:
        kept = house().field_types[FIELD.type].parse(FIELD, results)
    except Invalid:
        assert not whole
        return
    assert whole
    assert kept == results
    faulty = "fault" in results.values()
    for wanted, so in (("fault", faulty), ("ok", not faulty)):
        assert holds(KIND, Condition((("equipment", (wanted,)),)), {"equipment": kept}) == so
