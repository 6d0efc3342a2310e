"""A file comes to a case, is seen by those alone who may, and is gone with the case; each look and copy is a line."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.engine import attaching, custody, looks
from blockwise.cases.models import Case, Upload
from blockwise.cases.queries.attached import attached
from blockwise.ledger import erase, lines, sealed_files, verify
from blockwise.ledger.models import Line, SealedFile
from blockwise.problems import Forbidden, Invalid, NotFound, Problem, TooMany
from blockwise.rooms import Role
from tests.attachments import samples
from tests.people import People, person, point_in, signed_in

RAW = "application/octet-stream"


@pytest.fixture
def case(dispatcher: Actor) -> Case:
    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "text": "街口", "kind": "street"}
    data = {"type": "fire.exit", "place": place, "description": "Boxes in the stairway", "channel": "phone"}
    return Case.objects.get(pk=engine.open_case("hazard", data, dispatcher).case)


def noted(case: Case, actor: Actor, *contents: bytes) -> list[str]:
    names = [attaching.send(case.pk, content, actor).name for content in contents]
    engine.act(case.pk, "note", {"note": "see the files", "files": names}, actor)
    return names


def counts() -> tuple[int, int, int]:
    return Upload.objects.count(), SealedFile.objects.count(), Line.objects.count()


def test_a_file_is_sealed_named_by_its_hash_and_told_by_the_acts_line(case: Case, dispatcher: Actor) -> None:
    (name,) = noted(case, dispatcher, samples.picture())
    row = SealedFile.objects.get(name=name)
    assert hashlib.sha256(bytes(row.box)).hexdigest() == name
    told = lines.data_of(Line.objects.get(act="note"))["attachments"]
    assert [(one["name"], one["field"], one["type"], one["width"]) for one in told] == [
        (name, "files", "image/jpeg", 640)
    ]
    assert Upload.objects.count() == 0
    opened = custody.look(case.pk, name, dispatcher, act="note")
    assert (opened.type, opened.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    look = Line.objects.get(act="attachment_look")
    assert (look.actor, lines.data_of(look)["rule"], lines.data_of(look)["for"]) == (
        dispatcher.id, "attachment.look call_taker 9901", "note",
    )  # fmt: skip
    assert verify.verify_database().texts["files"] == 1


def test_where_it_was_taken_and_by_which_phone_is_found_nowhere(case: Case, dispatcher: Actor, tmp_path: Path) -> None:
    contents = [samples.picture(), samples.HEIC.read_bytes(), samples.pdf(), samples.wav(), samples.m4a()]
    for name in noted(case, dispatcher, *contents):
        assert b"PLANTED" not in custody.look(case.pk, name, dispatcher, act="note").content
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                assert not any("PLANTED" in _text(value) for value in row), table


def _text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def test_verify_names_the_line_whose_file_was_altered_or_is_gone(case: Case, dispatcher: Actor) -> None:
    (name,) = noted(case, dispatcher, samples.wav())
    assert verify.verify_database().ok
    box = bytes(SealedFile.objects.get(name=name).box)
    SealedFile.objects.filter(name=name).update(box=box[:-1] + bytes([box[-1] ^ 1]))
    number = Line.objects.get(act="note").number
    for _way in range(2):
        fault = verify.verify_database().fault
        assert fault is not None
        assert (fault.number, name[:12] in fault.why) == (number, True)
        SealedFile.objects.filter(name=name).delete()
    with pytest.raises(NotFound):
        custody.look(case.pk, name, dispatcher, act="note")


@pytest.mark.django_db(transaction=True)
def test_with_the_case_its_files_are_erased(case: Case, dispatcher: Actor) -> None:
    (name,) = noted(case, dispatcher, samples.picture())
    attaching.send(case.pk, samples.wav(), dispatcher)
    line = erase.erase(case.thread, "user:1", "asked for")
    assert line is not None
    assert lines.data_of(line)["files"] == 3
    assert (SealedFile.objects.count(), Upload.objects.count(), attached(case, dispatcher)) == (0, 0, [])
    with pytest.raises(Problem):
        custody.look(case.pk, name, dispatcher, act="note")
    with pytest.raises(Problem):
        attaching.send(case.pk, samples.wav(), dispatcher)
    assert verify.verify_database().ok


REFUSED: list[tuple[bytes, int, str]] = [
    (samples.encrypted_pdf(), 422, "not-examined"),
    (samples.bomb(), 422, "not-examined"),
    (samples.picture()[:900], 422, "not-examined"),
    (b"MZ" + bytes(900), 415, "unknown-type"),
    (b"<svg><script>alert(1)</script></svg>", 415, "unknown-type"),
    (b"", 415, "unknown-type"),
    (bytes(25_000_001), 413, "too-large"),
]


@pytest.mark.parametrize(("content", "status", "code"), REFUSED)
def test_what_is_not_kept_leaves_nothing(content: bytes, status: int, code: str, case: Case, people: People) -> None:
    before = counts()
    answer = signed_in(people.in_charge).post(f"/api/cases/{case.pk}/attachments", content, content_type=RAW)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert "clean" not in answer.content.decode()
    assert counts() == before


def test_over_the_api_it_is_sent_once_named_and_opened(case: Case, people: People) -> None:
    client, sound = signed_in(people.in_charge), samples.wav()
    once = [
        client.post(f"/api/cases/{case.pk}/attachments", sound, content_type=RAW, headers={"idempotency-key": "one"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in once] == [201, 200]
    name = once[0].json()["name"]
    assert (once[1].json()["name"], once[0].json()["facts"]) == (name, {"ms": 1000})
    body = {"data": {"note": "listen", "files": [name]}}
    assert client.post(f"/api/cases/{case.pk}/acts/note", body, content_type="application/json").status_code == 200
    again = client.post(f"/api/cases/{case.pk}/acts/note", body, content_type="application/json")
    assert (again.status_code, again.json()["where"]) == (422, "files")
    assert [one["name"] for one in client.get(f"/api/cases/{case.pk}/attachments").json()] == [name]
    opened = client.post(
        f"/api/cases/{case.pk}/attachments/{name}", {"act": "note", "copy": True}, content_type="application/json"
    )
    assert (opened.status_code, opened["Content-Type"], opened.content[:4]) == (200, "audio/wav", b"RIFF")
    assert lines.data_of(Line.objects.get(act="attachment_look"))["copy"] is True
    for path in (f"/api/cases/{case.pk}/attachments/{name}", reverse("case-attachment", args=[case.pk])):
        assert client.get(path).status_code == 405


def test_who_may_not_see_the_case_is_told_what_everybody_is_told(case: Case, dispatcher: Actor) -> None:
    (name,) = noted(case, dispatcher, samples.wav())
    stranger = signed_in(person("olga", (Role.DISPATCHER, "9902")))
    for number in (case.pk, 987654):
        answers = [
            stranger.post(f"/api/cases/{number}/attachments", samples.wav(), content_type=RAW),
            stranger.get(f"/api/cases/{number}/attachments"),
            stranger.post(f"/api/cases/{number}/attachments/{name}", {"act": "note"}, content_type="application/json"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({answer.json()["detail"] for answer in answers}) == 1
    assert stranger.post(reverse("case-attachment", args=[case.pk]), {"open": name, "act": "note"}).status_code == 404
    assert Line.objects.filter(act="attachment_look").count() == 0


def test_it_is_opened_for_an_act_that_is_open_and_counted_with_the_looks(
    case: Case, dispatcher: Actor, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = noted(case, dispatcher, samples.wav())
    for act in ("", "close", "no_such_act"):
        with pytest.raises(Forbidden):
            custody.look(case.pk, name, leader, act=act)
    with pytest.raises(NotFound):
        custody.look(case.pk, "0" * 64, dispatcher, act="note")
    monkeypatch.setattr(looks, "MOST", 2)
    for _ in range(2):
        custody.look(case.pk, name, dispatcher, act="note")
    with pytest.raises(TooMany):
        custody.look(case.pk, name, dispatcher, act="note")
    assert Line.objects.filter(act="attachment_look").count() == 2


def test_only_who_sent_a_file_names_it_and_what_nobody_names_is_gone_after_a_day(
    case: Case, dispatcher: Actor, leader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = attaching.send(case.pk, samples.picture(), dispatcher)
    with pytest.raises(Invalid):
        engine.act(case.pk, "note", {"note": "mine", "files": [sent.name]}, leader)
    for wrong in (["x"], [sent.name] + ["0" * 64] * 7, {"a": 1}, 5):
        with pytest.raises(Invalid):
            engine.act(case.pk, "note", {"note": "wrong", "files": wrong}, dispatcher)
    with pytest.raises(NotFound):
        custody.look(case.pk, sent.name, dispatcher, act="note")  # it waits: no line tells of it
    assert sum(attaching.sweep()) == 0
    later = clock.real_now() + attaching.KEPT_FOR + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert (sum(attaching.sweep()), Upload.objects.count(), SealedFile.objects.count()) == (1, 0, 0)


def test_no_more_waits_for_one_person_than_may(case: Case, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attaching, "MOST_WAITING", 1)
    attaching.send(case.pk, samples.wav(), dispatcher)
    with pytest.raises(TooMany):
        attaching.send(case.pk, samples.wav(), dispatcher)


def sent_by_form(client: Client, case: Case, *contents: bytes, **more: Any) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = [SimpleUploadedFile("holiday.exe", content) for content in contents]
    return client.post(reverse("case-act", args=[case.pk, "note"]), {"note": "n", "key": "k1", "files": files, **more})


def test_by_a_form_and_a_doubled_click_is_one_note(case: Case, people: People) -> None:
    client = signed_in(people.in_charge)
    assert [sent_by_form(client, case, samples.picture()).status_code for _ in range(2)] == [302, 302]
    assert (Line.objects.filter(act="note").count(), SealedFile.objects.count(), Upload.objects.count()) == (1, 2, 0)
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    assert page.count("data:image/jpeg;base64,") == 1
    assert "holiday" not in page
    name = lines.data_of(Line.objects.get(act="note"))["attachments"][0]["name"]
    opened = client.post(reverse("case-attachment", args=[case.pk]), {"open": name, "act": "note"})
    assert (opened["Content-Type"], opened["Cache-Control"]) == ("image/jpeg", "no-store")
    assert opened["Content-Disposition"] == f'inline; filename="{case.pk}-{name[:8]}.jpg"'


def test_a_form_that_is_refused_keeps_what_was_sent(case: Case, people: People) -> None:
    client = signed_in(people.in_charge)
    answer = sent_by_form(client, case, samples.picture(), samples.encrypted_pdf())
    page = answer.content.decode()
    assert (answer.status_code, "Not examined: it is encrypted." in page) == (422, True)
    (row,) = Upload.objects.all()
    assert f'value="{row.name}" checked' in page
    assert sent_by_form(client, case, files=[row.name], key="k2").status_code == 302
    assert sealed_files.count(case.thread) == 2


def test_of_a_sensitive_case_no_thumbnail_is_shown(case: Case, dispatcher: Actor) -> None:
    noted(case, dispatcher, samples.picture())
    assert [bool(one.thumb) for one in attached(case, dispatcher, thumbs=True)] == [True]
    Case.objects.filter(pk=case.pk).update(sensitive=True)
    case.refresh_from_db()
    assert [bool(one.thumb) for one in attached(case, dispatcher, thumbs=True)] == [False]
