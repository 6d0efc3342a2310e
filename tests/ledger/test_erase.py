import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from blockwise.clock import real_now
from blockwise.ledger import erase, vault, verify
from blockwise.ledger.lines import Entry, data_of, write
from blockwise.ledger.models import DataKey, Head, Line, Sealed
from blockwise.problems import Invalid, NotFound
from tests.ledger.by_hand import drop_triggers

MOMENT = "2026-11-21T01:02:03.000004Z"

pytestmark = pytest.mark.django_db(transaction=True)


def opened(thread: str, text: str) -> str:
    with transaction.atomic():
        digest = vault.seal(thread, "note", text)
        write([Entry(thread, "note", "user:1", "0101", {"sealed": {"note": digest}})])
    return digest


def test_erasing_destroys_the_key_deletes_the_texts_and_says_so_on_the_record(home: Path) -> None:
    digest, other = opened("case:1", "张三"), opened("case:2", "李四")
    made_at = erase.canonical.moment(DataKey.objects.get(thread="case:1").created_at)
    line = erase.erase("case:1", "user:9", "asked for by the caller")
    assert line is not None
    assert (line.number, line.thread, line.act, line.actor, line.block) == (3, "case:1", "erased", "user:9", "0101")
    key = DataKey.objects.get(thread="case:1")
    assert key.wrapped is None
    assert key.erased_at is not None
    erased_at = erase.canonical.moment(key.erased_at)
    assert data_of(line) == {"texts": 1, "files": 0, "reason": "asked for by the caller", "erased_at": erased_at}
    assert list(Sealed.objects.values_list("thread", flat=True)) == ["case:2"]
    assert vault.open_many([("case:1", digest), ("case:2", other)]) == {
        ("case:1", digest): None,
        ("case:2", other): "李四",
    }
    first = Line.objects.get(number=1).hash
    assert [json.loads(each) for each in (home / "erasures.jsonl").read_text().splitlines()] == [
        {"thread": "case:1", "key_made_at": made_at, "erased_at": erased_at, "actor": "user:9",
         "reason": "asked for by the caller", "first": first},
    ]  # fmt: skip
    assert verify.verify_database().texts == {"erased": 1, "opened": 1}


def test_erasing_twice_is_one_line_and_nothing_sealed_is_nothing_to_erase(home: Path) -> None:
    opened("case:1", "x")
    assert erase.erase("case:1", "user:9", "once") is not None
    assert erase.erase("case:1", "user:9", "twice") is None
    with pytest.raises(NotFound):
        erase.erase("case:99", "user:9", "nothing")
    assert Line.objects.count() == 2
    assert len((home / "erasures.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_never_cut_nor_left_out(reason: str) -> None:
    opened("case:1", "x")
    with pytest.raises(ValueError, match="empty or longer than 200"):
        erase.erase("case:1", "user:9", reason)
    assert Line.objects.count() == 1


def test_an_erasure_is_never_part_of_what_may_be_rolled_back() -> None:
    opened("case:1", "x")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        erase.erase("case:1", "user:9", "inside")


def test_a_crash_between_journal_and_commit_is_finished_at_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = opened("case:1", "x")
    note = erase.note

    def crash(erasure: erase.Erasure) -> None:
        note(erasure)
        raise KeyboardInterrupt

    monkeypatch.setattr(erase, "note", crash)
    with pytest.raises(KeyboardInterrupt):
        erase.erase("case:1", "user:9", "asked for")
    assert vault.open_("case:1", digest) == "x"
    assert erase.finish() == 1
    assert erase.finish() == 0
    with pytest.raises(vault.Erased):
        vault.open_("case:1", digest)
    assert verify.verify_database().ok


def test_another_case_of_the_same_number_is_not_erased_again() -> None:
    """After an older backup was restored, numbers are given a second time."""
    opened("case:1", "x")
    erase.erase("case:1", "user:9", "asked for")
    drop_triggers()
    Line.objects.all().delete()
    DataKey.objects.all().delete()
    digest = opened("case:1", "somebody else's")
    assert erase.finish() == 0
    assert vault.open_("case:1", digest) == "somebody else's"


def test_an_older_database_whose_keys_were_dated_anew_does_not_bring_a_contact_back() -> None:
    digest = opened("case:1", "x")
    kept, texts = DataKey.objects.get(), list(Sealed.objects.all())
    erase.erase("case:1", "user:9", "asked for")
    drop_triggers()
    Line.objects.filter(act="erased").delete()
    Head.objects.update(number=1, recorded_at=Line.objects.get().recorded_at)
    kept.created_at += timedelta(microseconds=1)
    kept.save()
    Sealed.objects.bulk_create(texts)
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, fault.thread) == (1, "case:1")
    assert fault.why == "its erasure is noted in this home, yet the key is there"
    assert erase.finish() == 1
    with pytest.raises(vault.Erased):
        vault.open_("case:1", digest)
    assert verify.verify_database().ok


def test_a_note_of_an_earlier_version_tells_its_key_by_its_date(home: Path) -> None:
    opened("case:1", "x")
    erased = {"thread": "case:1", "key_made_at": "2026-01-01T00:00:00.000000Z", "erased_at": MOMENT, "actor": "user:9"}
    (home / "erasures.jsonl").write_text(json.dumps(erased | {"reason": "asked for"}) + "\n")
    assert erase.finish() == 0
    made_at = erase.canonical.moment(DataKey.objects.get().created_at)
    (home / "erasures.jsonl").write_text(json.dumps(erased | {"key_made_at": made_at, "reason": "asked for"}) + "\n")
    assert erase.finish() == 1
    assert verify.verify_database().ok


@pytest.mark.parametrize(("by", "why"), [(6, "its thread's key was made after it"),
                                         (-3700, "its thread's key was made long before it")])  # fmt: skip
def test_a_key_of_another_date_than_its_line_is_found(by: int, why: str) -> None:
    opened("case:1", "x")
    assert verify.verify_database().ok
    DataKey.objects.update(created_at=DataKey.objects.get().created_at + timedelta(seconds=by))
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, fault.why) == (1, why)


def test_a_key_made_while_the_last_line_was_ahead_of_the_clock_fits() -> None:
    opened("case:1", "x")
    ahead = real_now() + timedelta(days=1)
    Head.objects.update(recorded_at=ahead)
    opened("case:2", "x")
    opened("case:3", "x")
    DataKey.objects.filter(thread="case:2").update(created_at=ahead)
    assert verify.verify_database().ok


def test_texts_put_back_or_a_key_taken_away_after_the_erasure_are_found() -> None:
    opened("case:1", "x")
    texts = list(Sealed.objects.all())
    erase.erase("case:1", "user:9", "asked for")
    Sealed.objects.bulk_create(texts)
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, fault.why) == (2, "its thread was erased, yet sealed texts of it are there")
    Sealed.objects.all().delete()
    DataKey.objects.all().delete()
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, fault.why) == (2, "its key was not destroyed when it says")


def test_a_journal_cut_off_in_its_last_line_is_read_up_to_there(home: Path) -> None:
    for number in (1, 2):
        opened(f"case:{number}", "x")
        erase.erase(f"case:{number}", "user:9", "asked for")
    whole = (home / "erasures.jsonl").read_text()
    (home / "erasures.jsonl").write_text(whole[:-20])
    assert [each.thread for each in erase.JOURNAL.noted()] == ["case:1"]
    opened("case:3", "x")
    erase.erase("case:3", "user:9", "asked for")
    assert [each.thread for each in erase.JOURNAL.noted()] == ["case:1", "case:3"]
    (home / "erasures.jsonl").write_text(f"garbage\n{whole}")
    with pytest.raises(Invalid, match=r"erasures\.jsonl:1"):
        erase.JOURNAL.noted()


def test_a_key_put_back_after_its_erasure_is_found() -> None:
    opened("case:1", "x")
    wrapped = DataKey.objects.get().wrapped
    erase.erase("case:1", "user:9", "asked for")
    DataKey.objects.update(wrapped=wrapped)
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, fault.why) == (2, "its thread was erased, yet the key is there")


def test_sqlite_overwrites_what_it_frees() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such setting")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone()[0] == 1
