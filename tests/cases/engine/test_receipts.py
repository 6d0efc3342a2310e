"""A receipt: whoever reported a case follows that case, and none other, and does what is theirs, without an account."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import Session, User
from blockwise.cases import engine
from blockwise.cases.engine import looks, one_look, receipts
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case
from blockwise.ledger import erase, lines
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import NotFound, TooMany
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in

LAMP = (Path(__file__).parents[1] / "kinds" / "format_2" / "lamp.yaml").read_text(encoding="utf-8")
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def clerk(city: object) -> User:
    store_kinds({"lamp": LAMP})
    cache.clear()
    return person("clerk", (Role.CLERK, "9901"), name="窗口", name_en="Counter Li")


def opened(user: User) -> Case:
    lon, lat = point_in("99010101")
    data = {"place": {"lon": lon, "lat": lat, "kind": "street"}, "reporter": {"name": "王", "phone": "19900000001"}}
    return Case.objects.get(pk=engine.open_case("lamp", data, actor_for(user)).case)


def test_the_code_is_told_once_to_whoever_takes_it_in(clerk: User, client: Client) -> None:
    client.force_login(clerk)
    lon, lat = point_in("99010101")
    body = {"kind": "lamp", "data": {"place": {"lon": lon, "lat": lat, "kind": "street"}}}
    made = client.post("/api/cases", body, content_type="application/json", headers={"idempotency-key": "a1"}).json()
    assert re.fullmatch(rf"{made['case']}-[2-9A-Z]{{5}}-[2-9A-Z]{{5}}", made["receipt"])
    again = client.post("/api/cases", body, content_type="application/json", headers={"idempotency-key": "a1"}).json()
    assert (again["receipt"], again["again"]) == (made["receipt"], True)
    code = made["receipt"].partition("-")[2]
    for path in (f"/api/cases/{made['case']}", f"/cases/{made['case']}/", f"/api/cases/{made['case']}/lines"):
        answer = client.get(path).content.decode()
        assert code not in answer
        assert code.replace("-", "") not in answer


def test_by_hand_it_shows_the_own_case_and_takes_what_is_theirs(clerk: User, client: Client) -> None:
    case = opened(clerk)
    looks.look(case.pk, "ask_back", actor_for(clerk))
    assert client.get("/receipt/", headers=ENGLISH).status_code == 200
    page = client.post("/receipt/", {"code": receipts.of(case).lower()}, headers=ENGLISH).content.decode()
    assert ">told<" in page
    assert "Ask back" in page  # what the contact was looked at for
    assert "Counter Li" not in page  # never by whom
    assert "19900000001" not in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    given = {"code": receipts.of(case), "more": "it hums", "key": "k", "version": version[1]}
    assert client.post("/receipt/acts/add/", given, headers=ENGLISH).status_code == 200
    case.refresh_from_db()
    line = Line.objects.get(thread=case.thread, act="add")
    assert (line.actor, case.stage) == (f"reporter:{case.pk}", "told")
    client.force_login(clerk)
    told = client.get(f"/cases/{case.pk}/", headers=ENGLISH).content.decode()
    assert "Whoever reported it added to it" in told
    assert "it hums" in told
    assert verify_database().ok


def test_it_tells_nothing_of_others_in_the_matter(clerk: User, client: Client) -> None:
    others = """parties:
  neighbour: {zh: 邻居, en: neighbour, fields: [name]}
stages:
"""
    act = """acts:
  name_neighbour:
    zh: 登记邻居
    en: Enter a neighbour
    sentence: {zh: "{actor}登记{party}", en: "{actor} entered {party}"}
    roles: [clerk]
    from: [told]
    party: neighbour
  visit:
    zh: 上门
    en: Call on the neighbour
    sentence: {zh: "{actor}上门", en: "{actor} called on them"}
    roles: [clerk]
    from: [told]
    needs: [neighbour]
"""
    text = LAMP.replace("stages:\n", others, 1).replace("acts:\n", act, 1).replace("kind: lamp", "kind: lamps")
    assert check(text, "lamps.yaml") == ()
    store_kinds({"lamps": text})
    who = actor_for(clerk)
    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "kind": "street"}
    case = Case.objects.get(pk=engine.open_case("lamps", {"place": place}, who).case)
    engine.act(case.pk, "name_neighbour", {"details": {"name": "MARK"}}, who, expected_version=1)
    one_look.at_party(case.pk, 1, "visit", who)
    page = client.post("/receipt/", {"code": receipts.of(case)}, headers=ENGLISH).content.decode()
    assert [word for word in ("neighbour", "MARK", "Call on") if word in page] == []
    assert "Nobody so far." in page


def test_it_withdraws_and_asks_for_more(clerk: User) -> None:
    case = opened(clerk)
    who = receipts.reporter(case)
    engine.act(case.pk, "withdraw", {}, who, expected_version=1)
    engine.act(case.pk, "reopen", {"more": "still dark"}, who, expected_version=2)
    case.refresh_from_db()
    assert (case.stage, case.final) == ("told", False)


def test_it_opens_no_other_case_and_no_other_act(clerk: User, client: Client) -> None:
    case, other = opened(clerk), opened(clerk)
    who = receipts.reporter(case)
    for number, act in ((other.pk, "withdraw"), (case.pk, "give"), (case.pk, "mend"), (case.pk, "nothing")):
        with pytest.raises(NotFound):
            engine.act(number, act, {"work": "x", "assignee": "clerk"}, who, expected_version=1)
    answer = client.post("/receipt/acts/close/", {"code": receipts.of(case), "version": "1"}, headers=ENGLISH)
    assert answer.status_code == 404
    for path in ("/cases/", f"/cases/{case.pk}/", "/api/cases", "/mine/"):
        assert client.get(path).status_code in (302, 401, 403)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "1",
        "{pk}",
        "{pk}-",
        "{pk}-AAAAA-AAAAA",
        "{pk}-{other}",
        "999999999999999999-{own}",
        "٣-{own}",
        "{pk}-{own}-",
    ],
)
def test_a_wrong_code_is_refused_in_the_same_words(clerk: User, client: Client, wrong: str) -> None:
    case, other = opened(clerk), opened(clerk)
    own, others = (receipts.of(one).partition("-")[2] for one in (case, other))
    code = wrong.format(pk=case.pk, own=own, other=others)
    answer = client.post("/receipt/", {"code": code}, headers=ENGLISH)
    assert answer.status_code == 404
    assert "No receipt has this code, or it has ended." in answer.content.decode()


def test_what_a_town_behind_one_address_mistypes_locks_nobody_out(clerk: User) -> None:
    case = opened(clerk)
    for _try in range(200):
        with pytest.raises(NotFound):
            receipts.case_of("1-AAAAA", "192.0.2.1")
    assert receipts.case_of(receipts.of(case), "192.0.2.1").pk == case.pk


def test_wrong_ones_are_counted_by_network_and_right_ones_are_not(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "OF_NETWORK", (30, 3600))
    case = opened(clerk)
    code = receipts.of(case)
    for _try in range(receipts.OF_NETWORK[0]):
        assert receipts.case_of(code, "192.0.2.1").pk == case.pk
        with pytest.raises(NotFound):
            receipts.case_of(f"{case.pk}-AAAAA-AAAAA", "192.0.2.1")
    with pytest.raises(TooMany):
        receipts.case_of(code, "192.0.2.1")
    assert receipts.case_of(code, "192.0.2.2").pk == case.pk  # nobody is locked out by what another network tried


@pytest.mark.django_db(transaction=True)
def test_it_ends_when_the_case_is_erased(clerk: User) -> None:
    case = opened(clerk)
    code = receipts.of(case)
    assert receipts.case_of(code, "192.0.2.1").pk == case.pk
    erase.erase(case.thread, "retention", "system:worker")
    with pytest.raises(NotFound):
        receipts.case_of(code, "192.0.2.1")


def test_the_same_form_sent_twice_is_one_act(clerk: User, client: Client) -> None:
    case = opened(clerk)
    given = {"code": receipts.of(case), "more": "it hums", "key": "k", "version": "1"}
    for _twice in range(2):
        assert client.post("/receipt/acts/add/", given, headers=ENGLISH).status_code == 200
    assert Line.objects.filter(thread=case.thread, act="add").count() == 1


def test_nobody_fills_the_record_by_a_receipt(clerk: User, client: Client) -> None:
    case = opened(clerk)
    given = {"code": receipts.of(case), "more": "", "key": "k", "version": "1"}
    for _try in range(receipts.ACTS[0]):
        assert client.post("/receipt/acts/add/", given).status_code == 422
    assert client.post("/receipt/acts/add/", given | {"more": "x"}).status_code == 429
    assert client.post("/receipt/", {"code": receipts.of(case)}).status_code == 200  # it is still shown


def test_what_is_refused_stays_in_the_form(clerk: User, client: Client) -> None:
    case = opened(clerk)
    given = {"code": receipts.of(case), "more": "", "key": "k", "version": "1"}
    answer = client.post("/receipt/acts/add/", given, headers=ENGLISH)
    assert answer.status_code == 422
    assert re.search(r'<details class="ask" open>\s*<summary>Add', answer.content.decode())


CHANGES: list[tuple[str, str, str]] = [
    ("open", "roles: [clerk, block_leader, volunteer]", "roles: [clerk, reporter]"),
    ("view", "view: [clerk, block_leader,", "view: [reporter, clerk, block_leader,"),
    (
        "a contact",
        "roles: [clerk]\n    from: [told, mended]\n    contact",
        "roles: [reporter]\n    from: [told, mended]\n    contact",
    ),
    (
        "an effect",
        "roles: [clerk, block_leader]\n    from: [told]\n    effects: [pass",
        "roles: [reporter]\n    from: [told]\n    effects: [pass",
    ),
    ("by", "roles: [inspector, department_officer, volunteer, clerk]", "roles: [inspector, reporter]"),
]


@pytest.mark.parametrize(("_what", "old", "new"), CHANGES, ids=[what for what, _old, _new in CHANGES])
def test_a_kind_cannot_make_the_reporter_one_who_works_on_cases(_what: str, old: str, new: str) -> None:
    assert old in LAMP
    assert "reporter" in {fault.code for fault in check(LAMP.replace(old, new), "lamp.yaml")}


def test_acts_of_a_reporter_are_of_format_2() -> None:
    assert check(LAMP, "lamp.yaml") == ()
    first = LAMP.replace("format: 2\n", "")
    assert "format" in {fault.code for fault in check(first, "lamp.yaml") if fault.line > 60}


def test_a_kind_without_acts_of_a_reporter_gives_no_receipt(clerk: User, kinds: None) -> None:
    who: Actor = actor_for(clerk)
    lon, lat = point_in("99010101")
    data: dict[str, Any] = {
        "type": "fire.exit",
        "description": "x",
        "place": {"lon": lon, "lat": lat, "kind": "street"},
    }
    case = Case.objects.get(pk=engine.open_case("hazard", data, who).case)
    assert receipts.of(case) == ""
    assert "receipt" not in lines.data_of(Line.objects.get(thread=case.thread, act="open"))["sealed"]


def test_until_it_is_told_it_lies_nowhere_in_the_open(clerk: User, client: Client) -> None:
    """Whoever copies the database between the form and the page after it finds no code in a session."""
    client.force_login(clerk)
    lon, lat = point_in("99010101")
    form = {"place.lon": lon, "place.lat": lat, "place.kind": "street", "place.text": "x", "key": "k"}
    answer = client.post("/cases/open/lamp/", form, headers=ENGLISH)
    assert answer.status_code == 302, answer.content.decode()
    code = receipts.of(Case.objects.get())
    kept = json.dumps([row.get_decoded() for row in Session.objects.all()])
    assert "_messages" in kept
    assert "Taken in" not in kept
    assert code not in kept
    assert code.partition("-")[2] not in kept
    assert code in client.get(answer["Location"], headers=ENGLISH).content.decode()
    assert code not in client.get(answer["Location"], headers=ENGLISH).content.decode()
    assert "_messages" not in json.dumps([row.get_decoded() for row in Session.objects.all()])
