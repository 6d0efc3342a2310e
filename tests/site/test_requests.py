"""What hostile and broken requests get: a clear 4xx, as a problem document under /api/, and headers of safety."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from blockwise.access.models import User
from blockwise.site.logs import JsonLines
from tests.people import People, point_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def taker(client: Client, people: People) -> Client:
    client.force_login(people.in_charge)
    return client


def post(client: Client, body: bytes | str, address: str = "/api/cases") -> Any:
    return client.post(address, body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"", 422, "body"),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[]", 422, "body"),
        (b'{"kind": "call", "data": {}, "dta": {}}', 422, "body.dta"),
        (b'{"kind": "call", "data": {}, "Ann Lee, 5 Elm": {}}', 422, "body.…, …"),
        (b"{}", 422, "body.kind"),
        (b'{"kind": 1, "data": {}}', 422, "body.kind"),
        (b'{"kind": "call", "data": {"a": NaN}}', 400, "body"),
        (b'{"kind": "call", "data": {"a": -Infinity}}', 400, "body"),
        (b'{"kind": "call", "data": {"text": "\\u0000"}}', 400, "body"),
        (b'{"kind": "call", "data": {"text": ["\\ud800"]}}', 400, "body"),
        (b'{"kind": "call", "data": {"\\udfff": 1}}', 400, "body"),
        (b'{"kind": "\\u0000", "data": {}}', 400, "body"),
        (b"[" * 100_000, 400, None),
        (b'{"kind": "call", "data": {"priority": 1' + b"0" * 5000 + b"}}", 400, None),
        (b'{"kind": "nowhere", "data": {}}', 404, "kind"),
    ],
)
def test_a_broken_body_is_refused_with_what_where_and_what_to_do(
    taker: Client, body: bytes, status: int, where: str | None
) -> None:
    answer = post(taker, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["fix"]
    assert problem.get("where") == where
    assert problem["instance"] == f"/requests/{answer['X-Request-ID']}"


@pytest.mark.parametrize(
    "address",
    [
        "/api/cases?kind=%00",
        "/api/cases?kind=%ED%A0%80",
        "/api/cases?kind=%FF",
        "/api/cases/%00",
        "/cases/?q=%00",
        "/%ED%A0%80",
        "/a%00b",
    ],
)
def test_text_that_no_text_may_hold_is_refused(taker: Client, address: str) -> None:
    answer = taker.get(address)
    assert answer.status_code == 400
    assert "U+0000" in answer.json()["detail"]


@pytest.mark.parametrize("body", ["login=%00&password=x", "login=%ED%A0%80", "login=a&password=%FF"])
def test_a_form_with_such_text_is_refused(client: Client, city: object, body: str) -> None:
    answer = client.post("/login/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_a_form_with_files_is_looked_through_too(client: Client, city: object) -> None:
    assert client.post("/login/", {"login": "a\x00b"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("get", "/api/nowhere", 404, "not-found"),
        ("delete", "/api/cases", 405, "method-not-allowed"),
        ("get", "/api/cases/x", 422, "invalid"),
        ("get", "/api/cases/99999999999999999999999", 422, "invalid"),
        ("get", "/api/blocks/at?lon=nan&lat=0", 422, "invalid"),
    ],
)
def test_every_refusal_under_api_is_a_problem_document(
    taker: Client, method: str, address: str, status: int, code: str
) -> None:
    answer = getattr(taker, method)(address)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"/problems/{code}"


def test_a_fault_of_ours_is_told_without_a_word_of_what_it_was(
    taker: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("王小明 13800138000")

    monkeypatch.setattr("blockwise.cases.queries.listing.listed", broken)
    answer = taker.get("/api/cases")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/failed")
    assert "王小明" not in answer.content.decode()
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    line = json.loads(JsonLines(messages=False).format(record))
    assert "王小明" not in str(line)
    assert line["error"] == "RuntimeError"
    assert "test_requests.py" in line["trace"][-1]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/json; charset=gbk", "application/x-www-form-urlencoded"],
)
def test_a_body_of_another_type_is_refused(taker: Client, content_type: str) -> None:
    answer = taker.post("/api/cases", b'{"kind": "call", "data": {}}', content_type=content_type)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unknown-type")
    assert answer.json()["fix"] == "Send Content-Type: application/json."


def test_a_form_with_files_is_no_body_of_the_api(taker: Client) -> None:
    assert taker.post("/api/cases", {"kind": "call"}).status_code == 415  # multipart/form-data


def test_json_in_another_encoding_is_refused(taker: Client) -> None:
    assert post(taker, '{"kind": "call", "data": {}}'.encode("utf-16")).status_code == 400


def test_a_full_disk_is_told_as_such(taker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: Any, **_more: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("blockwise.cases.engine.open_case", full)
    answer = post(taker, '{"kind": "call", "data": {}}')
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
    assert "disk" in answer.json()["detail"]


@pytest.mark.parametrize("words", ["database is locked", "canceling statement due to lock timeout"])
def test_a_database_that_others_write_is_busy_and_not_broken(
    taker: Client, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def locked(*_given: Any, **_more: Any) -> None:
        raise OperationalError(words)

    monkeypatch.setattr("blockwise.cases.engine.open_case", locked)
    monkeypatch.setattr("blockwise.cases.queries.listing.listed", locked)
    refused = post(taker, '{"kind": "call", "data": {}}')
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/busy")
    assert refused["Retry-After"] == "10"
    for page in (taker.get("/cases/"), taker.get("/cases/", headers={"HX-Request": "true"})):
        assert (page.status_code, page["Retry-After"]) == (503, "10")
        assert "Try again in a few seconds." in page.content.decode()


def test_a_session_without_its_csrf_token_changes_nothing(people: People) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.in_charge)
    answer = post(strict, json.dumps({"kind": "call", "data": {}}))
    assert (answer.status_code, answer.json()["where"]) == (403, "X-CSRFToken")


@pytest.mark.parametrize("address", ["/", "/login/", "/api/cases", "/nowhere", "/healthz"])
def test_every_answer_carries_the_headers_of_safety(client: Client, city: object, address: str) -> None:
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"]
    assert len(answer["X-Request-ID"]) == 16


def test_a_call_by_another_name_is_one_warning_that_does_not_repeat_it(
    client: Client, city: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert client.get("/login/", headers={"host": "wangxiaoming.example"}).status_code == 400
        assert client.get("/api/cases?limit=x").status_code != 200
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warned.count("host not among BLOCKWISE_HOSTS") == 1
    assert "wangxiaoming" not in str([vars(record) for record in caplog.records if record.name.startswith("blockwise")])


def test_the_log_has_the_path_and_never_the_query(taker: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blockwise.access_log"):
        taker.get("/api/cases?type=wangxiaoming")
    members = [record.members for record in caplog.records if record.name == "blockwise.access_log"]  # type: ignore[attr-defined]  # our own extra
    assert [(one["method"], one["route"], one["status"]) for one in members] == [("GET", "/api/cases", 422)]
    assert "wangxiaoming" not in str([vars(record) for record in caplog.records])


def test_the_log_has_the_route_and_nothing_of_a_path_that_was_typed(
    taker: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "blockwise.access_log"):
        for address in ("/api/cases/987654321", "/cases/王小明13800138000/", "/blocks/ZZ98/"):
            taker.get(address)
    members = [record.members for record in caplog.records if record.name == "blockwise.access_log"]  # type: ignore[attr-defined]  # our own extra
    assert [one["route"] for one in members] == ["/api/cases/<case_id>", None, "/blocks/<slug:code>/"]
    written = "".join(JsonLines(messages=True).format(record) for record in caplog.records)
    assert not [typed for typed in ("987654321", "13800138000", "ZZ98") if typed in written]


@pytest.mark.parametrize(
    ("asked", "language"), [("zh-CN,zh;q=0.9", "zh-hans"), ("en-GB", "en"), ("fr", "en"), ("", "en")]
)
def test_the_browser_chooses_the_language(client: Client, city: object, asked: str, language: str) -> None:
    assert client.get("/", headers={"accept-language": asked})["Content-Language"] == language


def test_a_switch_is_kept_with_the_person(people: People) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.post("/language/", {"language": "zh-hans", "next": "/"})
    assert browser.get("/")["Content-Language"] == "zh-hans"  # by cookie
    browser.force_login(people.in_charge)
    browser.post("/language/", {"language": "en", "next": "/"})
    browser.post("/language/", {"language": "nonsense", "next": "https://elsewhere.example/"})
    assert User.objects.get(pk=people.in_charge.pk).language == "en"
    elsewhere = Client(headers={"accept-language": "zh-CN"})
    elsewhere.force_login(people.in_charge)
    assert elsewhere.get("/")["Content-Language"] == "en"


def test_two_consoles_of_one_login_speak_two_languages(people: People) -> None:
    first, second = Client(headers={"accept-language": "en"}), Client(headers={"accept-language": "en"})
    for console in (first, second):
        console.force_login(people.in_charge)
        assert console.get("/")["Content-Language"] == "en"
    second.post("/language/", {"language": "zh-hans", "next": "/"})
    assert [console.get("/")["Content-Language"] for console in (first, second)] == ["en", "zh-hans"]


def test_the_switch_leads_nowhere_else(client: Client, city: object) -> None:
    answer = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_the_openapi_document_is_3_1_and_names_every_refusal(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len(operations) > 20
    for operation in operations:
        refused = {status: one for status, one in operation["responses"].items() if status >= "400"}
        assert {"400", "401", "500"} <= set(refused)
        assert all(one["$ref"].startswith("#/components/responses/") for one in refused.values())
    stream = document["paths"]["/api/stream"]["get"]
    assert "text/event-stream" in stream["responses"]["200"]["content"]


def test_a_parameter_that_is_not_known_is_refused_rather_than_left_out(taker: Client) -> None:
    for query in ("phone=13900000001", "kind=call&q=301", "Kind=call"):
        answer = taker.get(f"/api/cases?{query}")
        assert (answer.status_code, answer.json()["detail"]) == (422, "This parameter is not known.")
    assert answer.json()["where"] == "query.Kind"
    assert "cursor" in answer.json()["fix"]
    assert taker.get("/api/cases?priority=1&limit=5").status_code == 200
    assert taker.get("/api/me?x=1").status_code == 422


def test_details_of_a_call_hold_no_field_that_stands_beside_them(taker: Client) -> None:
    lon, lat = point_in("99010101")
    call = {"type": "medical.fall", "place": {"lon": lon, "lat": lat}, "details": {"type": "fire.building"}}
    answer = post(taker, json.dumps(call), "/api/calls")
    assert (answer.status_code, answer.json()["where"]) == (422, "details.type")
    answer = post(taker, json.dumps({**call, "details": {}, "priority": True}), "/api/calls")
    assert (answer.status_code, answer.json()["where"]) == (422, "body.priority")
