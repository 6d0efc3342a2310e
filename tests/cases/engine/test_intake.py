"""What was first reported stays as it was: by every act, by hand in the database, and over an upgrade."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from blockwise.access.actors import PUBLIC, REPLAY, WORKER, Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.engine import intake, objections
from blockwise.cases.models import Case, Intake
from blockwise.cli import start
from blockwise.ledger import begin, erase, sample, triggers, verify
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from blockwise.site import checks
from tests.cases.stories import at, call, hazard
from tests.ledger.by_hand import drop_triggers, insert
from tests.people import person, point_in

EAST = dict(zip(("lon", "lat"), point_in("99010202"), strict=True))


def row(case: int) -> dict[str, Any]:
    return Intake.objects.filter(pk=case).values().get()


def test_it_holds_what_was_first_reported(dispatcher: Actor) -> None:
    case = call(dispatcher, "05-06T10:00", channel="web").pk
    assert row(case) == {
        "case_id": case,
        "kind": "call",
        "type": "crime.theft",
        "reported_at": at("05-06T10:00"),
        "block": "99010101",
        "channel": "web",
        "source": "public",
        "place_kind": "street",
    }


def test_no_act_changes_a_bit_of_it(dispatcher: Actor) -> None:
    first, story = call(dispatcher), call(dispatcher, "05-06T10:01")
    before = row(story.pk)
    story.does("correct", "05-06T10:05", type="order.noise", priority=1, place={**EAST, "kind": "dwelling"})
    story.does("merge", "05-06T10:06", primary=first.pk, apart=True)
    story.does("unmerge", "05-06T10:07").does("close", "05-06T10:08", outcome="founded")
    assert (story.case.type, story.case.block_id, story.case.place_kind) == ("order.noise", "99010202", "dwelling")
    assert row(story.pk) == before


@pytest.mark.django_db(transaction=True)
def test_an_erased_case_keeps_it(dispatcher: Actor, home: object) -> None:
    story = call(dispatcher, description="told in confidence").does("close", "05-06T10:10", outcome="founded")
    before = row(story.pk)
    erase.erase(story.case.thread, WORKER.id, "kept long enough")
    assert row(story.pk) == before
    assert verify.verify_database().ok


WHO: list[tuple[tuple[Role, ...], str, str]] = [
    ((Role.CALL_TAKER,), "phone", "public"),
    ((Role.CALL_TAKER, Role.DISPATCHER, Role.OVERSIGHT), "app", "public"),
    ((Role.CALL_TAKER,), "officer", "official"),
    ((Role.DISPATCHER,), "alarm", "official"),
    ((Role.CREW,), "phone", "official"),
    ((Role.CALL_TAKER, Role.CREW), "phone", "official"),
    ((Role.DISPATCHER, Role.BLOCK_LEADER), "web", "official"),
]


@pytest.mark.parametrize(("roles", "channel", "source"), WHO)
def test_the_source_follows_from_the_account(kinds: None, roles: tuple[Role, ...], channel: str, source: str) -> None:
    who = actor_for(person("who", *((role, "9901") for role in roles)))
    assert row(call(who, channel=channel).pk)["source"] == source


def test_whoever_finds_a_hazard_in_the_own_block_is_official(leader: Actor) -> None:
    assert row(hazard(leader, channel="phone").pk)["source"] == "official"


def test_the_public_itself_and_calls_of_the_past_are_public(kinds: None) -> None:
    assert row(call(REPLAY).pk)["source"] == "public"
    assert row(call(WORKER).pk)["source"] == "official"
    case = engine.open_case("objection", {**_objection(), "place": {"found": "none"}}, PUBLIC).case
    assert row(case)["source"] == "public"


def _objection() -> dict[str, str]:
    declared = objections.declared()
    assert declared
    return {"type": declared.types[0].code, "objection": "Too wide.", "about": "KT1-T2-T3"}


BY_HAND = (
    "UPDATE cases_intake SET type = 'x'",
    "UPDATE cases_intake SET source = 'public' WHERE case_id = {case}",
    "DELETE FROM cases_intake WHERE case_id = {case}",
)


@pytest.mark.parametrize("statement", BY_HAND)
def test_the_database_refuses_to_change_it(dispatcher: Actor, statement: str) -> None:
    case = call(dispatcher).pk
    before = row(case)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(case=case))
    assert row(case) == before


def test_it_cannot_be_replaced_or_emptied(dispatcher: Actor) -> None:
    case = call(dispatcher).pk
    connection.check_constraints()
    replaced = "INSERT OR REPLACE INTO cases_intake SELECT * FROM cases_intake"
    statement = replaced if connection.vendor == "sqlite" else "TRUNCATE cases_intake"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert row(case)["type"] == "crime.theft"


def test_the_server_does_not_start_without_its_triggers(dispatcher: Actor) -> None:
    table = "" if connection.vendor == "sqlite" else " ON cases_intake"
    name = "cases_intake_no_delete" if connection.vendor == "sqlite" else "cases_intake_no_change"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{table}")
    assert name in "".join(checks.migrated())


def test_a_row_changed_past_the_triggers_is_named(dispatcher: Actor) -> None:
    case = call(dispatcher).pk
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_intake SET source = 'official'")
    report = verify.verify_database()
    assert report.fault is not None
    assert f"the row {case} of cases_intake has source" in report.fault.why
    found = sample.first_unfit([f"case:{case}"])
    assert found is not None
    assert "source" in found[1]


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _earlier(*cases: int, change: Change = lambda text: text) -> None:
    """As the version before left the record: no rows, and no opening line that says one."""
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_intake")
    chain: dict[str, str] = {}
    for line in Line.objects.order_by("number"):
        text = json.loads(line.canonical)
        text.get("state", {}).pop("cases_intake", None)
        if text["act"] == "open" and text["thread"] in {f"case:{case}" for case in cases}:
            text = change(text)
        text["previous"] = chain.get(text["thread"], "")
        Line.objects.filter(pk=line.pk).delete()
        insert(text)
        chain[text["thread"]] = Line.objects.get(pk=line.pk).hash
    connection.check_constraints()  # those that wait for the commit hold up what changes a table
    triggers.install()


def _without_rule(text: dict[str, Any]) -> dict[str, Any]:
    return {**text, "data": {name: value for name, value in text["data"].items() if name != "rule"}}


def test_a_record_of_an_earlier_version_takes_them_in_once(dispatcher: Actor, leader: Actor) -> None:
    stories = [call(dispatcher), call(dispatcher, channel="officer"), hazard(leader)]
    stories[0].does("correct", "05-06T10:05", type="order.noise", place={**EAST, "kind": "dwelling"})
    with transaction.atomic():
        claimed = {"lon": EAST["lon"], "lat": EAST["lat"], "kind": "street"}
        when = at("05-06T09:00")
        late = engine.open_case("call", {"type": "crime.theft", "place": claimed}, dispatcher, happened_at=when).case
    before = {pk: row(pk) for pk in [*(story.pk for story in stories), late]}
    _earlier()
    assert any("not taken in" in said for said in checks.migrated())
    assert begin.begin() == 4
    assert begin.begin() == 0
    assert {pk: row(pk) for pk in before} == before
    assert (verify.verify_database().ok, intake.unread(), list(checks.migrated())) == (True, [], [])
    assert sample.first_unfit(f"case:{pk}" for pk in before) is None


def test_a_case_whose_opening_cannot_be_read_is_named_and_not_guessed(
    dispatcher: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = call(dispatcher).pk, call(dispatcher).pk
    _earlier(first, change=_without_rule)
    assert begin.begin() == 1
    assert (begin.due(), intake.unread()) == (False, [first])
    assert not Intake.objects.filter(pk=first).exists()
    assert row(second)["source"] == "public"
    start.migrate(verbosity=0)
    assert f"case {first}: its opening line cannot be read" in capsys.readouterr().out


def test_every_case_has_its_row(dispatcher: Actor) -> None:
    call(dispatcher), hazard(dispatcher)
    assert Intake.objects.count() == Case.objects.count() == 2
