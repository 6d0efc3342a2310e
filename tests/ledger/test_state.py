"""What somebody with the database's password changes past the record, row by row: `verify` names each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from blockwise import clock
from blockwise.access.actions import grant, make_token, revoke_token, set_active
from blockwise.access.actors import WORKER, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import clocks
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, CaseClock
from blockwise.changes import UnrecordedChange, waiting
from blockwise.ledger import begin, sample, verify
from blockwise.ledger.lines import MOST_ROWS, Entry, write
from blockwise.ledger.models import Head, Line
from blockwise.messages import actions as messages
from blockwise.places.models import Block, ClosureReason, RoadClosure
from blockwise.rooms import Role
from blockwise.units.actions import set_status
from blockwise.units.models import Assignment, Unit
from tests.ledger import independent_verifier
from tests.ledger.by_hand import drop_triggers, insert, to_sqlite
from tests.people import People, person, point_in

LATER = "2027-01-01 00:00:00"


@pytest.fixture
def worked(people: People, forces: None) -> Iterator[dict[str, int]]:
    """Case 1 has been sent P1, case 2 waits; a person with a role and a token that was ended; a road is closed."""
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    dispatcher, lon_lat = people.actor("in_charge"), point_in("99010101")
    place = {"lon": lon_lat[0], "lat": lon_lat[1], "text": "1 Harbour Road", "kind": "street"}
    data = {"type": "crime.theft", "place": place, "channel": "phone", "description": "A bicycle."}
    first, second = (engine.open_case("call", data, dispatcher).case for _each in range(2))
    engine.act(first, "send", {"units": ["P1"]}, dispatcher, expected_version=1)
    clocks.escalate_due(clock.now() + timedelta(hours=9))
    given = grant(people.outsider, Role.ANALYST, "9901", WORKER)
    token, _secret = make_token(people.outsider, "robot", ["cases:read"], WORKER)
    revoke_token(token.pk, WORKER)
    set_active(people.outsider, False, WORKER)
    times = {"starts_at": clock.now(), "ends_at": clock.now() + timedelta(hours=1)}
    with transaction.atomic():
        RoadClosure.objects.create(edge=1, reason=ClosureReason.FIRE, **times)
        write([Entry("system", "roads_closed", "system:test")])
    clock_row, sent = CaseClock.objects.filter(case=first)[0], Assignment.objects.get()
    yield {
        "first": first, "second": second, "clock": clock_row.pk, "sent": sent.pk, "grant": given.pk, "token": token.pk,
        "outsider": people.outsider.pk, "in_charge": people.in_charge.pk,
    }  # fmt: skip
    registry.forget()


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def fault() -> str:
    report = verify.verify_database()
    assert report.fault is not None
    return report.fault.why


BY_HAND = [  # by whose hand; what is changed; the table, the row and the column that are named, and both values
    ("stage", "UPDATE cases_case SET stage = 'closed' WHERE id = {first}", "cases_case", "{first}", "stage",
     '"closed", and by the line it is "dispatched"'),
    ("final", "UPDATE cases_case SET final = NOT final WHERE id = {first}", "cases_case", "{first}", "final", "true"),
    ("type", "UPDATE cases_case SET type = 'order.noise' WHERE id = {second}", "cases_case", "{second}", "type",
     '"order.noise", and by the line it is "crime.theft"'),
    ("block", "UPDATE cases_case SET block_id = '990201' WHERE id = {second}", "cases_case", "{second}", "block_id",
     '"990201", and by the line it is "99010101"'),
    ("time", f"UPDATE cases_case SET opened_at = '{LATER}' WHERE id = {{second}}", "cases_case", "{second}",
     "opened_at", '"2027-01-01T00:00:00.000000Z", and by the line it is "20'),
    ("end", f"UPDATE cases_case SET closed_at = '{LATER}' WHERE id = {{second}}", "cases_case", "{second}", "closed_at",
     '"2027-01-01T00:00:00.000000Z", and by the line it is null'),
    ("sensitivity", "UPDATE cases_case SET sensitive = NOT sensitive WHERE id = {second}", "cases_case", "{second}",
     "sensitive", "true, and by the line it is false"),
    ("priority", "UPDATE cases_case SET priority = 4 WHERE id = {second}", "cases_case", "{second}", "priority", "4"),
    ("outcome", "UPDATE cases_case SET outcome = 'done' WHERE id = {second}", "cases_case", "{second}", "outcome",
     '"done", and by the line it is ""'),
    ("fields", "UPDATE cases_case SET fields = '{{\"x\": 1}}' WHERE id = {second}", "cases_case", "{second}", "fields",
     '{{"x": 1}}, and by the line it is {{'),
    ("version", "UPDATE cases_case SET version = 9 WHERE id = {second}", "cases_case", "{second}", "version", "9"),
    ("merged", "UPDATE cases_case SET primary_id = {first} WHERE id = {second}", "cases_case", "{second}",
     "primary_id", "{first}, and by the line it is null"),
    ("clock's due time", f"UPDATE cases_caseclock SET due_at = '{LATER}' WHERE id = {{clock}}", "cases_caseclock",
     "{clock}", "due_at", '"2027-01-01T00:00:00.000000Z"'),
    ("clock's level", "UPDATE cases_caseclock SET level = 0 WHERE level > 0", "cases_caseclock", "", "level",
     "0, and by the line it is"),
    ("assignment's time", f"UPDATE units_assignment SET dispatched_at = '{LATER}'", "units_assignment", "{sent}",
     "dispatched_at", '"2027-01-01T00:00:00.000000Z"'),
    ("assignment ended", f"UPDATE units_assignment SET cleared_at = '{LATER}'", "units_assignment", "{sent}",
     "cleared_at", "and by the line it is null"),
    ("unit's status", "UPDATE units_unit SET status_id = 'meal', meaning = 'unavailable' WHERE code = 'P1'",
     "units_unit", "P1", "status_id", '"meal", and by the line it is "sent"'),
    ("role", "UPDATE access_grant SET role = 'administrator' WHERE id = {grant}", "access_grant", "{grant}", "role",
     '"administrator", and by the line it is "analyst"'),
    ("role's block", "UPDATE access_grant SET block_id = '99' WHERE id = {grant}", "access_grant", "{grant}",
     "block_id", '"99", and by the line it is "9901"'),
    ("password", "UPDATE access_user SET password = 'md5$a$b' WHERE id = {in_charge}", "access_user", "{in_charge}",
     "password", "and by the line it is"),
    ("let in", "UPDATE access_user SET is_active = NOT is_active WHERE id = {outsider}", "access_user", "{outsider}",
     "is_active", "true, and by the line it is false"),
    ("token in force again", "UPDATE access_apitoken SET revoked_at = NULL", "access_apitoken", "{token}",
     "revoked_at", "null, and by the line it is"),
    ("kind's text", "UPDATE cases_kindtext SET text = 'x' WHERE kind = 'hazard'", "cases_kindtext", "", "text",
     "and by the line it is"),
    ("kind in force", "UPDATE cases_kindtext SET current = NOT current WHERE kind = 'hazard'", "cases_kindtext", "",
     "current", "false, and by the line it is true"),
    ("block's parent", "UPDATE places_block SET parent_id = '9902' WHERE code = '990101'", "places_block", "990101",
     "parent_id", '"9902", and by the line it is "9901"'),
    ("road opened", f"UPDATE places_roadclosure SET ends_at = '{LATER}'", "places_roadclosure", "", "ends_at",
     '"2027-01-01T00:00:00.000000Z"'),
    ("message", "UPDATE inbox_message SET topic = 'another' WHERE topic = 'escalated'", "inbox_message", "", "topic",
     '"another", and by the line it is "escalated"'),
]  # fmt: skip


def test_what_was_done_through_blockwise_fits(worked: dict[str, int]) -> None:
    report = verify.verify_database()
    assert report.ok, report.fault
    assert report.rows > 50


def test_a_value_changed_by_hand_is_named_with_both(worked: dict[str, int]) -> None:
    unnamed = {}
    for name, statement, table, row, column, values in BY_HAND:
        with undone():
            sql(statement.format(**worked))
            report = verify.verify_database()
        said = report.fault.why if report.fault else "verified"
        named = (f"the row {row.format(**worked)}", f"of {table} has {column}", values.format(**worked))
        if not all(part in said for part in named):
            unnamed[name] = said
    assert unnamed == {}


def test_a_row_that_is_gone_renumbered_or_invented_is_named(worked: dict[str, int]) -> None:
    for statement, said in (
        (
            "UPDATE access_grant SET id = 990000 WHERE id = {grant}",
            "the row 990000 of access_grant is there, and no line",
        ),
        ("DELETE FROM access_grant WHERE id = {grant}", "the row {grant} of access_grant, which it made or changed"),
        ("DELETE FROM units_assignment", "the row {sent} of units_assignment, which it made or changed"),
        ("DELETE FROM cases_caseclock WHERE case_id = {second}", "of cases_caseclock, which it made or changed"),
        ("DELETE FROM inbox_message", "of inbox_message, which it made or changed"),
    ):
        with undone():
            sql(statement.format(**worked))
            assert said.format(**worked) in fault()
    with undone():
        Case.objects.filter(pk=worked["second"]).values()
        names = ", ".join(column.column for column in Case._meta.concrete_fields if not column.primary_key)
        sql(f"INSERT INTO cases_case (id, {names}) SELECT 77, {names} FROM cases_case WHERE id = {worked['second']}")
        assert "the row 77 of cases_case is there, and no line made it" in fault()
    with undone():
        second = worked["second"]
        for table in ("cases_caseclock", "cases_idempotency"):
            sql(f"DELETE FROM {table} WHERE case_id = {second}")
        sql(f"DELETE FROM cases_case WHERE id = {second}")
        assert f"the row {second} of cases_case, which it made or changed, is not there" in fault()


def test_the_tail_of_the_record_cut_off_and_the_heads_time(worked: dict[str, int]) -> None:
    with undone():
        sql(f"UPDATE ledger_head SET recorded_at = '{LATER}'")
        assert "the head row says that it was recorded at 2027-01-01T00:00:00.000000Z" in fault()
    drop_triggers()
    last = Line.objects.order_by("number").last()
    assert last is not None
    before = Line.objects.get(number=last.number - 1)
    with undone():
        Line.objects.filter(number=last.number).delete()
        Head.objects.update(number=before.number, recorded_at=before.recorded_at)
        assert "places_roadclosure is there, and no line made it" in fault()
    with undone():
        text = json.loads(last.canonical)
        text["state"]["places_roadclosure"] = {}
        Line.objects.filter(number=last.number).delete()
        insert(text)
        assert "places_roadclosure is there, and no line made it" in fault()


def test_the_first_difference_names_the_line_that_says_otherwise(worked: dict[str, int]) -> None:
    sql(f"UPDATE cases_case SET stage = 'closed' WHERE id = {worked['first']}")
    found = verify.verify_database().fault
    assert found is not None
    assert found.thread == f"case:{worked['first']}"
    assert Line.objects.get(number=found.number).act in ("send", "escalated")


def test_no_row_changes_without_a_line() -> None:
    """Whoever forgets it is refused before the commit; a savepoint taken back takes its changes back."""
    with pytest.raises(UnrecordedChange, match="in the transaction of its line"):
        User(login="late", name="x").save()


@pytest.mark.django_db(transaction=True)
def test_a_commit_without_a_line_is_refused() -> None:
    def block(code: str) -> Block:
        return Block(code=code, name=code, level=0, shape=b"x", lon_e7=0, lat_e7=0)

    for change in (
        lambda: block("1").save(),
        lambda: Block.objects.bulk_create([block("1")]),
    ):
        with pytest.raises(UnrecordedChange), transaction.atomic():
            change()
        assert not Block.objects.exists()
    with transaction.atomic():
        block("1").save()
        write([Entry("system", "x", "system:test")])
    for work in (
        lambda: Block.objects.update(name="y"),
        lambda: Block.objects.all().delete(),
        lambda: Block.objects.get().delete(),
    ):
        with pytest.raises(UnrecordedChange), transaction.atomic():
            work()
        assert Block.objects.get().name == "1"
    with transaction.atomic():
        with undone():
            Block.objects.update(name="z")
            write([Entry("system", "x", "system:test")])
        assert not waiting(connection)
        Block.objects.update(name="w")
        write([Entry("system", "x", "system:test")])
    assert verify.verify_database().ok
    assert json.loads(Line.objects.get(number=2).canonical)["state"] == {"places_block": {"1": {"name": "w"}}}


def test_a_line_of_a_savepoint_taken_back_gives_back_what_it_took(db: None) -> None:
    with transaction.atomic():
        user = person("one")
        with undone():
            write([Entry("system", "x", "system:test")])
        (line,) = write([Entry("system", "y", "system:test")])
    assert str(user.pk) in json.loads(line.canonical)["state"]["access_user"]


def test_many_rows_go_into_lines_of_their_own(db: None) -> None:
    with transaction.atomic():
        count = 2 * MOST_ROWS + 1
        RoadClosure.objects.bulk_create(RoadClosure(edge=n, reason="fire", starts_at=clock.now()) for n in range(count))
        (line,) = write([Entry("system", "roads_closed", "system:test")])
    assert (line.number, line.act) == (3, "roads_closed")
    sizes = [len(json.loads(one.canonical)["state"]["places_roadclosure"]) for one in Line.objects.order_by("number")]
    assert sizes == [MOST_ROWS, 1, MOST_ROWS]
    assert verify.verify_database().ok


def test_the_rows_of_another_case_are_not_in_a_cases_line(worked: dict[str, int], people: People) -> None:
    """A line may be shown to whoever is concerned by its case."""
    for line in Line.objects.filter(thread__startswith="case:"):
        rows = json.loads(line.canonical).get("state", {}).get("cases_case", {})
        assert set(rows) <= {line.thread.removeprefix("case:")}


def test_no_name_and_no_password_is_in_a_line(worked: dict[str, int]) -> None:
    whole = "".join(Line.objects.values_list("canonical", flat=True))
    for user in User.objects.all():
        assert user.password not in whole
        assert f'"{user.login}"' not in whole


def test_a_record_of_an_earlier_version_takes_the_rows_in_once(worked: dict[str, int]) -> None:
    drop_triggers()
    for line in Line.objects.order_by("number"):
        text = json.loads(line.canonical)
        text.pop("state", None)  # absent where a line says no row
        Line.objects.filter(pk=line.pk).delete()
        insert(_chained(text))
    report = verify.verify_database()
    assert report.ok, report.fault
    assert report.doubts == ["the rows are in no line of this record yet; run `blockwise migrate`"]
    assert begin.begin() > 50
    assert begin.begin() == 0
    report = verify.verify_database()
    assert (report.ok, report.doubts) == (True, []), report.fault
    Unit.objects.filter(pk="P2").update(crew=9)
    with undone():
        assert "units_unit has crew 9" in fault()
    set_status("P2", "meal", WORKER)
    assert verify.verify_database().ok


def _chained(text: dict[str, object]) -> dict[str, object]:
    before = Line.objects.filter(thread=text["thread"], number__lt=text["number"]).order_by("number").last()
    return {**text, "previous": before.hash if before else ""}


def test_what_cannot_be_read_is_named(worked: dict[str, int]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite keeps any type in any column")
    for change in ("fields = '[]'", "version = 'x'", "block_id = X'ff'", "priority = 1.5"):
        with undone():
            sql(f"UPDATE cases_case SET {change} WHERE id = {worked['second']}")
            assert f"the row {worked['second']} of cases_case has {change.split(' ')[0]}" in fault()


def test_what_goes_outside_names_its_line(worked: dict[str, int]) -> None:
    with transaction.atomic():
        entry = Entry("system", "x", "system:test")
        (line,) = write([entry], naming=lambda line: messages.put("publication", {"n": 1}, line))
    assert verify.verify_database().ok
    (said,) = json.loads(line.canonical)["state"]["inbox_message"].values()
    assert (said["line"], said["topic"]) == (line.number, "publication")


def test_an_actor_is_read_with_their_rows_as_before(people: People) -> None:
    assert actor_for(people.in_charge).id == f"user:{people.in_charge.pk}"


def test_a_second_verifier_does_the_cases(worked: dict[str, int], tmp_path: Path) -> None:
    def said() -> str:
        return independent_verifier.main(to_sqlite(tmp_path / "x.sqlite3"))

    assert said() == "verified"
    for name, statement, table, row, column, _values in BY_HAND:
        if table in independent_verifier.ROWS and row:
            with undone():
                sql(statement.format(**worked))
                assert f"row {row.format(**worked)} of {table}: {column} is" in said(), name
    with undone():
        sql("DELETE FROM units_assignment")
        assert f"row {worked['sent']} of units_assignment is gone" in said()
    with undone():
        sql(f"UPDATE units_assignment SET id = 99 WHERE id = {worked['sent']}")
        assert "row 99 of units_assignment was made by no line" in said()


def test_a_worker_meets_what_was_changed_of_a_case_or_a_person(worked: dict[str, int]) -> None:
    threads = [f"case:{worked['first']}", f"case:{worked['second']}"]
    assert sample.first_unfit(threads) is None
    assert set(threads) <= set(sample.some(worked["second"]))
    for _name, statement, table, row, column, values in BY_HAND:
        if table in independent_verifier.ROWS and row:
            with undone():
                sql(statement.format(**worked))
                found = sample.first_unfit(threads)
                assert found is not None
                assert f"the row {row.format(**worked)} of {table} has {column}" in found[1]
                assert values.format(**worked) in found[1]
    with undone():
        sql("DELETE FROM units_assignment")
        found = sample.first_unfit(threads)
        assert found is not None
        assert "units_assignment, which it made or changed, is not there" in found[1]
