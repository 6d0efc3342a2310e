import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError

from blockwise.ledger import triggers
from blockwise.ledger.models import Head, Line, Seal
from tests.ledger.by_hand import drop_triggers

pytestmark = pytest.mark.django_db
SQLITE_ONLY = "REPLACE is SQLite's"


def refused(sql: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("table", ["ledger_line", "ledger_seal"])
@pytest.mark.parametrize("change", ["UPDATE {} SET hash = 'x' WHERE number = 1", "DELETE FROM {} WHERE number = 1"])
def test_update_and_delete_are_forbidden(record: dict, table: str, change: str) -> None:
    refused(change.format(table))
    assert (Line.objects.count(), Seal.objects.count()) == (40, 3)


@pytest.mark.parametrize("key", ["number", "thread, thread_number", "rowid"])
def test_replace_over_an_existing_key_is_forbidden_on_sqlite(record: dict, key: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip(SQLITE_ONLY)
    before = Line.objects.get(number=5)
    new = {"number": "99", "thread": "'case:9'", "thread_number": "1", "rowid": "99"}
    new |= {name: f"(SELECT {name} FROM ledger_line WHERE number = 5)" for name in key.split(", ")}
    refused(
        f"INSERT OR REPLACE INTO ledger_line ({', '.join(new)}, recorded_at, actor, act, block, canonical, hash)"
        f" VALUES ({', '.join(new.values())}, '2026-01-01', 'a', 'b', '', '{{}}', 'x')"
    )
    assert Line.objects.get(number=5).hash == before.hash


def test_replacing_a_seal_is_forbidden_on_sqlite(record: dict) -> None:
    if connection.vendor != "sqlite":
        pytest.skip(SQLITE_ONLY)
    refused("INSERT OR REPLACE INTO ledger_seal SELECT * FROM ledger_seal WHERE number = 2")


def test_truncate_and_a_replica_role_are_forbidden_on_postgresql(record: dict) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("TRUNCATE is PostgreSQL's")
    refused("TRUNCATE ledger_line")
    refused("TRUNCATE ledger_seal")
    refused("SET LOCAL session_replication_role = replica; DELETE FROM ledger_line WHERE number = 1")


def test_a_dropped_or_altered_trigger_is_noticed_and_put_back() -> None:
    assert triggers.missing() == []
    drop_triggers()
    names = triggers.missing()
    assert len(names) == (9 if connection.vendor == "sqlite" else 7)
    triggers.install()
    assert triggers.missing() == []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_line_no_delete")
            cursor.execute(
                "CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line WHEN OLD.number < 0"
                " BEGIN SELECT RAISE(ABORT, 'ledger_line is append-only'); END"
            )
        else:
            cursor.execute("ALTER TABLE ledger_line DISABLE TRIGGER ledger_line_no_change")
    assert triggers.missing() == ["ledger_line_no_delete" if connection.vendor == "sqlite" else "ledger_line_no_change"]


@pytest.mark.django_db(transaction=True)
def test_every_migrate_puts_triggers_and_head_back() -> None:
    drop_triggers()
    Head.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []
    assert Head.objects.get().number == 0


def test_a_lost_head_row_begins_again_at_the_last_line(record: dict) -> None:
    Head.objects.all().delete()
    triggers.install()
    last = Line.objects.get(number=40)
    assert Head.objects.values_list("number", "recorded_at").get() == (40, last.recorded_at)


def test_a_second_line_of_one_number_is_an_integrity_error(record: dict) -> None:
    line = Line.objects.get(number=40)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        line.save(force_insert=True)
