"""One case that was damaged is shown as such, by its number and with the reason, and everything else as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import clocks, retention
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, CaseClock, KindText
from blockwise.cases.queries import health
from blockwise.cases.queries.damage import damaged
from blockwise.ledger.models import DataKey, Line, Sealed
from blockwise.places.current import forget
from blockwise.places.models import Block
from blockwise.rooms import Role
from blockwise.site import feed
from blockwise.units.models import Crew
from tests.people import People, person, point_in, signed_in
from tests.recorded import on_record

Take = Callable[..., Case]
PLACE, TEXT = "1 Harbour Road", "the door is blue"
NOT_SHOWN = {"en": "cannot be shown", "zh-hans": "无法"}


def flipped(blob: Any) -> bytes:
    box = bytearray(bytes(blob))
    box[len(box) // 2] ^= 1
    return bytes(box)


def key(case: Case) -> None:
    row = DataKey.objects.get(thread=case.thread)
    DataKey.objects.filter(pk=row.pk).update(wrapped=flipped(row.wrapped))


def no_key(case: Case) -> None:
    DataKey.objects.filter(thread=case.thread).delete()


def text(case: Case) -> None:
    for row in Sealed.objects.filter(thread=case.thread):
        Sealed.objects.filter(pk=row.pk).update(ciphertext=flipped(row.ciphertext))


def stage(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(stage="nowhere")


def type_(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(type="nothing.such")


def block(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(block=f"{case.block_id[:6]}ZZ")


def kind_hash(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(kind_text="0" * 64)


def kind_text(case: Case) -> None:
    """Its own text, which no other case stands under, is no YAML any more."""
    damaged_text = KindText.objects.create(
        digest="1" * 64, kind=case.kind, text="stages: [", current=False, stored_at=clock.real_now()
    )
    Case.objects.filter(pk=case.pk).update(kind_text=damaged_text)
    registry.forget()


def kind_name(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(kind="nonsense")


def promise(case: Case) -> None:
    row = CaseClock.objects.filter(case=case, stopped_at=None).order_by("due_at")[0]
    CaseClock.objects.filter(pk=row.pk).update(name="nonsense")


def pauses(case: Case) -> None:
    CaseClock.objects.filter(case=case).update(pauses=[["yesterday", "x"], None])


def overwrite(case: Case, table: str, column: str, value: str) -> None:
    """As a disk would: SQLite takes any text. PostgreSQL has types of its own, and there the stage is damaged."""
    if connection.vendor != "sqlite":
        return stage(case)
    own = "id" if table == "cases_case" else "case_id"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {own} = %s", [value, case.pk])
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    return None


def fields(case: Case) -> None:
    overwrite(case, "cases_case", "fields", '{"injured": tr')


def digests(case: Case) -> None:
    overwrite(case, "cases_case", "sealed", '{"place" "x"}')


def opened(case: Case) -> None:
    overwrite(case, "cases_case", "opened_at", "2026-1q-27 10:00:00")


def due(case: Case) -> None:
    overwrite(case, "cases_caseclock", "due_at", "2026-13-47 10:00:00")


def pause(case: Case) -> None:
    overwrite(case, "cases_caseclock", "pauses", "[[")


VAULT = (key, no_key, text)
COLUMNS = (stage, type_, block, kind_hash, kind_text, kind_name, promise, pauses)
DAMAGES = (*VAULT, *COLUMNS, fields, digests, opened, due, pause)
TORN = {"fields", "digests", "opened"}


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def damage(request: pytest.FixtureRequest) -> Iterator[Callable[[Case], None]]:
    """Does the damage, and takes back afterwards what a database with its keys in order would not keep."""
    kept: list[Case] = []

    def done(case: Case) -> None:
        kept.append(case)
        request.param(case)

    yield done
    for case in kept:
        Case.objects.filter(pk=case.pk).update(block=case.block_id, kind_text=case.kind_text_id)
    registry.forget()


def page(user: User, address: str, language: str = "en") -> str:
    answer = signed_in(user, language).get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.content.decode()[-400:]}"
    return answer.content.decode()


LISTS = ("/console/", "/console/fresh", "/cases/", "/cases/?state=open", "/cases/sheet/", "/blocks/990101/")
OF_ONE = ("/cases/{}/", "/console/{}/", "/console/{}/panel")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_list_and_page_says_it_and_shows_the_others(
    call: Take, people: People, damage: Callable[[Case], None], language: str
) -> None:
    broken, whole = call(type="fire.alarm", description=TEXT), call(description=TEXT)
    damage(broken)
    for address in LISTS:
        found = page(people.in_charge, address, language)
        assert NOT_SHOWN[language] in found, address
        assert str(broken.pk) in found, address
        assert PLACE in found, address
        assert f"/{whole.pk}" in found or f" {whole.pk}</td>" in found, address
    assert f'<span class="what">{broken.pk} ' in page(people.in_charge, "/console/fresh", language)
    for address in OF_ONE:
        assert NOT_SHOWN[language] in page(people.in_charge, address.format(broken.pk), language), address
        found = page(people.in_charge, address.format(whole.pk), language)
        assert PLACE in found
        assert TEXT in found
    assert NOT_SHOWN[language] not in page(people.in_charge, f"/cases/{whole.pk}/", language)


def test_the_map_and_the_forms_of_acts_go_on(call: Take, people: People, damage: Callable[[Case], None]) -> None:
    broken, whole = call(), call()
    damage(broken)
    desk = signed_in(people.in_charge)
    calls = {one["id"]: one for one in desk.get("/console/live").json()["calls"]}
    assert calls[whole.pk]["point"] is not None
    if broken.pk in calls:
        assert NOT_SHOWN["en"] in calls[broken.pk]["words"]
    for pk in (broken.pk, whole.pk):
        for address in (f"/console/{pk}/ways", f"/console/{pk}/recommendation", f"/console/{pk}/form/send"):
            assert desk.get(address).status_code < 500, address
        for address in (f"/cases/{pk}/acts/note/", f"/console/{pk}/form/correct", f"/cases/{pk}/acts/merge/"):
            assert desk.get(address).status_code < 500, address
    assert desk.get(f"/console/{whole.pk}/recommendation").status_code == 200


def test_the_api_says_it_and_gives_the_others(call: Take, people: People, damage: Callable[[Case], None]) -> None:
    broken, whole = call(), call()
    before = signed_in(people.in_charge).get(f"/api/cases/{whole.pk}").json()
    damage(broken)
    desk = signed_in(people.in_charge)
    listed = {one["id"]: one for one in desk.get("/api/cases").json()["cases"]}
    assert listed[whole.pk]["fault"] == ""
    assert listed[whole.pk]["place"]["text"] == PLACE
    one = desk.get(f"/api/cases/{broken.pk}")
    assert (one.status_code, one.json()["id"]) == (200, broken.pk)
    assert NOT_SHOWN["en"] in one.json()["fault"]
    assert "promise" in one.json()["fault"] or listed[broken.pk]["fault"] == one.json()["fault"]
    assert desk.get(f"/api/cases/{whole.pk}").json() == before
    assert desk.get(f"/api/cases/{broken.pk}/lines").status_code == 200


def test_an_act_on_it_is_done_or_refused_in_words_and_others_go_on(
    call: Take, dispatcher: Actor, people: People, damage: Callable[[Case], None]
) -> None:
    broken, whole = call(), call()
    damage(broken)
    desk = signed_in(people.in_charge)
    for act, data in (("note", {"note": "x"}), ("send", {"units": ["P1"]})):
        answer = desk.post(f"/api/cases/{broken.pk}/acts/{act}", {"data": data}, "application/json", headers=csrf(desk))
        assert answer.status_code != 500, answer.content
        assert answer.status_code < 300 or answer.json()["title"]
    engine.act(whole.pk, "send", {"units": ["P2"]}, dispatcher)


def csrf(browser: Client) -> dict[str, str]:
    browser.get("/cases/")
    return {"X-CSRFToken": browser.cookies["csrftoken"].value} if "csrftoken" in browser.cookies else {}


def test_the_stream_goes_on(call: Take, dispatcher: Actor, damage: Callable[[Case], None]) -> None:
    broken, whole = call(), call()
    damage(broken)
    threads = [line["thread"] for line in feed.visible(dispatcher, feed.load(0))]
    assert whole.thread in threads
    assert broken.thread in threads


def test_a_crew_keeps_its_phone(call: Take, dispatcher: Actor, damage: Callable[[Case], None]) -> None:
    broken = call()
    engine.act(broken.pk, "send", {"units": ["P1"]}, dispatcher)
    crew = person("crew", (Role.CREW, "99"))
    Crew.objects.create(user=crew, unit_id="P1")
    damage(broken)
    found = page(crew, "/field/")
    assert NOT_SHOWN["en"] in found
    assert str(broken.pk) in found
    assert page(crew, "/field/P1/now")


def test_a_leader_keeps_the_own_page(
    kinds: None, people: People, damage: Callable[[Case], None], request: pytest.FixtureRequest
) -> None:
    """Of a case whose kind cannot be read, nobody knows whether it is sensitive: a leader is not shown it."""
    lead = person("lead", (Role.BLOCK_LEADER, "990101"))
    broken, whole = (hazard(people.actor("in_charge")) for _ in range(2))
    damage(broken)
    found = page(lead, "/mine/")
    assert f"/cases/{whole.pk}/" in found
    assert PLACE in found
    damaged_in = request.node.callspec.id
    torn = damaged_in in TORN and connection.vendor == "sqlite"
    unknown = damaged_in in {"kind_hash", "kind_text"} or torn
    assert (f"/cases/{broken.pk}/" in found, NOT_SHOWN["en"] in found) == (not unknown or torn, not unknown or torn)
    assert signed_in(lead).get(f"/cases/{broken.pk}/").status_code == (404 if unknown else 200)


def hazard(actor: Actor) -> Case:
    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "text": PLACE, "kind": "premises"}
    data = {"type": "fire.exit", "description": TEXT, "place": place}
    return Case.objects.get(pk=engine.open_case("hazard", data, actor).case)


def test_health_names_it_and_stays_ready(
    call: Take, damage: Callable[[Case], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _whole = call(), call()
    monkeypatch.setattr(health, "_found", (float("-inf"), []))
    assert health.cases().figure == "0 damaged"
    damage(broken)
    monkeypatch.setattr(health, "_found", (float("-inf"), []))
    found = health.cases()
    assert (found.ok, found.vital, found.figure) == (False, False, f"damaged: {broken.pk}")


def test_health_counts_what_it_does_not_name(call: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "NAMED", 2)
    monkeypatch.setattr(health, "_found", (float("-inf"), []))
    numbers = [call().pk for _ in range(4)]
    Case.objects.update(stage="nowhere")
    assert health.cases().figure == f"damaged: {numbers[0]}, {numbers[1]} and 2 more"
    assert list(damaged()) == numbers


def test_a_sealed_text_that_was_damaged_is_not_called_erased(call: Take, people: People) -> None:
    case = call(description=TEXT)
    text(case)
    found = page(people.in_charge, f"/cases/{case.pk}/")
    assert "(damaged: it does not open)" in found
    assert "(erased)" not in found


def test_a_line_that_was_altered_stops_neither_its_case_nor_the_stream(
    call: Take, people: People, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = call()
    line = Line.objects.filter(thread=case.thread).first()
    assert line is not None
    rows = list(Line.objects.order_by("number"))
    for row in rows:
        row.canonical = row.canonical[:-1] if row.number == line.number else row.canonical
    monkeypatch.setattr("blockwise.ledger.lines.thread_lines", lambda thread: [r for r in rows if r.thread == thread])
    monkeypatch.setattr(feed, "lines_after", lambda number, most: rows)
    assert "This line was altered and cannot be read." in page(people.in_charge, f"/cases/{case.pk}/")
    assert case.thread in [one["thread"] for one in feed.visible(dispatcher, feed.load(0))]


def test_promises_of_others_are_raised(call: Take, damage: Callable[[Case], None]) -> None:
    broken, whole = call(), call()
    damage(broken)
    assert clocks.escalate_due(clock.now() + timedelta(days=1)) > 0
    assert CaseClock.objects.filter(case=whole, level__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_where_one_kind_cannot_be_read_the_cases_of_the_others_are_erased_in_time_and_its_own_are_kept(
    call: Take,
) -> None:
    broken, whole = call(), call()
    with on_record():
        kind_text(broken)
        Case.objects.update(final=True, end_received_at=clock.now() - timedelta(days=4000))
    assert retention.erase_ended(clock.now()) == 1
    assert DataKey.objects.get(thread=broken.thread).wrapped is not None
    assert DataKey.objects.get(thread=whole.thread).wrapped is None


@pytest.mark.parametrize("missing", ["990101", "99010101"])
def test_a_block_that_is_missing_from_the_tree_takes_nothing_with_it(
    call: Take, people: People, dispatcher: Actor, missing: str
) -> None:
    """Neither the cases in it nor those below it; its neighbours have their names."""
    inside, beside = call("99010101"), call("99010201")
    lead = person("lead", (Role.BLOCK_LEADER, "990102"))
    kept = Block.objects.get(pk=missing)
    Block.objects.filter(pk=missing)._raw_delete("default")  # as the database itself would lose it
    forget()
    try:
        for address in (*LISTS[:-1], "/blocks/990102/", *(form.format(inside.pk) for form in OF_ONE)):
            found = page(people.in_charge, address)
            assert PLACE in found, address
        assert (NOT_SHOWN["en"] in page(people.in_charge, f"/cases/{inside.pk}/")) == (missing == inside.block_id)
        assert NOT_SHOWN["en"] not in page(people.in_charge, f"/cases/{beside.pk}/")
        assert page(lead, "/mine/")
        assert len(signed_in(people.in_charge).get("/console/live").json()["calls"]) == 2
        assert len(feed.visible(dispatcher, feed.load(0))) > 2
        assert clocks.escalate_due(clock.now() + timedelta(days=1)) > 0
    finally:
        kept.save(force_insert=True)
        forget()


def test_who_looks_at_a_list_asks_no_more_for_a_damaged_row(
    call: Take, people: People, damage: Callable[[Case], None], django_assert_max_num_queries: Any
) -> None:
    broken = call()
    [call() for _ in range(3)]
    desk = signed_in(people.in_charge)
    desk.get("/console/fresh")
    with django_assert_max_num_queries(100) as before:
        desk.get("/console/fresh")
    damage(broken)
    with django_assert_max_num_queries(len(before) + 2):  # the text of a kind is looked for again, once a second
        desk.get("/console/fresh")
