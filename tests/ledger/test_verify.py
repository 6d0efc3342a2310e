"""Every change of one line is found and named, by both verifiers, in the database and in its export."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from blockwise.ledger import keys, seals, verify
from blockwise.ledger.export import export
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import DataKey, Head, Line, Seal, Sealed
from blockwise.problems import Invalid
from tests.ledger import independent_verifier
from tests.ledger.by_hand import drop_triggers, rewrite_from, to_sqlite

pytestmark = pytest.mark.django_db
Held = dict[str, Any]
COLUMNS = {
    "number": "999", "thread": "'case:77'", "thread_number": "77", "recorded_at": "'2026-01-01 00:00:00'",
    "actor": "'user:77'", "act": "'forged'", "block": "'99'", "canonical": "replace(canonical, 'user', 'usur')",
    "hash": f"'{'ab' * 32}'",
}  # fmt: skip
IN_EXPORT = {"number", "canonical", "hash"}  # the other columns are copies, which an export leaves out


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def named(path: Path, held: Held | None) -> tuple[int, str] | None:
    try:
        read = independent_verifier.from_sqlite if path.suffix == ".sqlite3" else independent_verifier.from_export
        independent_verifier.verify(*read(path), held)
    except independent_verifier.Misfit as misfit:
        return misfit.args[:2]
    return None


def found(held: Held | None, folder: Path) -> dict[str, tuple[int, str] | None]:
    """What each verifier names, in the database and in the export."""
    outside = {held["number"]: held} if held else {}
    (folder / "x.jsonl").unlink(missing_ok=True)
    export(folder / "x.jsonl")
    faults = {
        "database": verify.verify_database(outside).fault,
        "export": verify.verify_export(folder / "x.jsonl", outside).fault,
    }
    return {name: (fault.number, fault.thread) if fault else None for name, fault in faults.items()} | {
        "database, independently": named(to_sqlite(folder / "x.sqlite3"), held),
        "export, independently": named(folder / "x.jsonl", held),
    }


def all_name(number: int, thread: str, *, exported: bool = True) -> dict[str, tuple[int, str] | None]:
    place = (number, thread)
    return {
        "database": place, "export": place if exported else None,
        "database, independently": place, "export, independently": place if exported else None,
    }  # fmt: skip


NOTHING = dict.fromkeys(all_name(0, ""))


def lines_of(step: int) -> range:
    return range(1, 37, step)


def pace() -> Any:
    """Every sixth line in the quick suite, every line in the whole one."""
    return pytest.mark.parametrize(
        "step", [pytest.param(6, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)]
    )


def test_an_untouched_record_verifies(record: Held, tmp_path: Path) -> None:
    assert found(record, tmp_path) == found(None, tmp_path) == NOTHING
    report = verify.verify_database({3: record})
    assert (report.lines, report.seals, report.sealed_to, report.held, report.texts) == (40, 3, 36, 1, {"opened": 13})


@pace()
@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_named(record: Held, tmp_path: Path, column: str, step: int) -> None:
    drop_triggers()
    for number in lines_of(step):
        with undone():
            thread = Line.objects.get(number=number).thread
            sql(f"UPDATE ledger_line SET {column} = {COLUMNS[column]} WHERE number = {number}")
            there = "" if column == "number" else thread
            assert found(record, tmp_path) == all_name(number, there, exported=column in IN_EXPORT), number
    assert found(record, tmp_path) == NOTHING


@pace()
def test_a_line_rewritten_with_its_own_right_hash_is_named(record: Held, tmp_path: Path, step: int) -> None:
    drop_triggers()
    for number in lines_of(step):
        with undone():
            line = Line.objects.get(number=number)
            line.canonical = line.canonical.replace("user", "usur")
            line.actor = json.loads(line.canonical)["actor"]
            line.hash = verify.rows.canonical.sha256(line.canonical)
            line.save()
            assert found(record, tmp_path) == all_name(number, line.thread), number


@pace()
def test_a_deleted_line_is_named(record: Held, tmp_path: Path, step: int) -> None:
    drop_triggers()
    for number in lines_of(step):
        with undone():
            Line.objects.filter(number=number).delete()
            assert found(record, tmp_path) == all_name(number, ""), number


def forged(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [texts[0] | {"act": "forged"}, *texts]


def swapped(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [texts[1], texts[0], *texts[2:]]


def removed(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return texts[1:]


def altered(texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [texts[0] | {"actor": "user:77"}, *texts[1:]]


@pace()
@pytest.mark.parametrize("change", [forged, swapped, removed, altered])
def test_a_record_rewritten_without_a_flaw_from_one_line_on_is_named_there(
    record: Held, tmp_path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], step: int
) -> None:
    drop_triggers()
    for number in lines_of(step):
        with undone():
            rewrite_from(number, change)
            Head.objects.update(number=Line.objects.count())
            thread = Line.objects.get(number=number).thread
            assert found(record, tmp_path) == all_name(number, thread), number


@pace()
def test_lines_with_their_numbers_swapped_are_named_at_the_first(record: Held, tmp_path: Path, step: int) -> None:
    drop_triggers()
    for number in lines_of(step):
        with undone():
            thread = Line.objects.get(number=number + 1).thread
            sql(f"UPDATE ledger_line SET number = 999 WHERE number = {number}")
            sql(f"UPDATE ledger_line SET number = {number} WHERE number = {number + 1}")
            sql(f"UPDATE ledger_line SET number = {number + 1} WHERE number = 999")
            database = (number, thread)
            assert found(record, tmp_path) == all_name(number, "") | {
                "database": database, "database, independently": database,
            }, number  # fmt: skip


def test_a_line_squeezed_in_is_named(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    Line.objects.create(**{**Line.objects.values().get(number=7), "number": 0, "thread_number": 99})
    assert found(record, tmp_path)["database"] == found(record, tmp_path)["database, independently"] == (1, "")


@pytest.mark.parametrize(
    "change",
    ["first_line = 2", "last_line = 37", "last_line = 12", "root = 'x'", "previous = 'x'", "key = 'x'", "hash = 'x'",
     "sealed_at = '2026-01-01 00:00:00'", "signature = 'x'", "number = 9"],
)  # fmt: skip
def test_a_changed_seal_is_named_by_its_first_line(record: Held, tmp_path: Path, change: str) -> None:
    drop_triggers()
    sql(f"UPDATE ledger_seal SET {change} WHERE number = 3")
    assert found(record, tmp_path) == all_name(12, Line.objects.get(number=12).thread)


def test_changed_hashes_of_a_seal_are_named_by_its_first_line(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    Seal.objects.filter(number=3).update(leaves=bytes(25 * 32))
    assert found(record, tmp_path) == all_name(12, Line.objects.get(number=12).thread)


@pytest.mark.parametrize(("number", "line"), [(1, 1), (2, 11), (3, 37)])
def test_a_deleted_seal_is_noticed(record: Held, tmp_path: Path, number: int, line: int) -> None:
    drop_triggers()
    Seal.objects.filter(number=number).delete()
    expected = 12 - 1 if number == 2 else line
    place = found(record, tmp_path)["database"]
    assert place is not None
    assert place[0] == (expected if number < 3 else 12)
    assert set(found(record, tmp_path).values()) == {place}


def resign_all() -> None:
    Seal.objects.all().delete()
    seals.seal_all()


def test_who_owns_the_keys_is_caught_by_the_seal_kept_elsewhere_and_only_by_it(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    rewrite_from(5, altered)
    resign_all()
    assert found(None, tmp_path) == NOTHING
    assert found(record, tmp_path) == all_name(1, Line.objects.get(number=1).thread)


def test_signing_again_with_the_same_ranges_is_caught_too(record: Held, tmp_path: Path) -> None:
    for first_changed, expected in ((5, 1), (20, 12)):
        with undone():
            drop_triggers()
            rewrite_from(first_changed, altered)
            Seal.objects.filter(last_line__gte=first_changed).delete()
            for most in (10, 1, 25):
                if first_changed <= 11 or most == 25:
                    seals.make_seal(most)
            assert found(record, tmp_path) == all_name(expected, Line.objects.get(number=expected).thread)


def test_signing_again_after_the_seal_kept_elsewhere_is_beyond_the_scheme(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    rewrite_from(38, altered)
    seals.seal_all()
    assert found(record, tmp_path) == NOTHING


def test_a_seal_by_another_key_is_not_believed(record: Held, tmp_path: Path, home: Path) -> None:
    (home / "keys" / "seal.pem").unlink()
    known = (home / "keys" / "seal.pub").read_text()
    seals.make_seal()
    (home / "keys" / "seal.pub").write_text(known)
    place = (37, Line.objects.get(number=37).thread)
    assert set(found(record, tmp_path).values()) == {place}


def test_unsealed_lines_are_found_where_they_do_not_recompute(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    with undone():
        sql("UPDATE ledger_line SET canonical = replace(canonical, 'user', 'usur') WHERE number = 39")
        assert found(record, tmp_path) == all_name(39, Line.objects.get(number=39).thread)
    with undone():
        Line.objects.filter(number=40).delete()
        report = verify.verify_database()
        assert report.fault is not None
        assert (report.fault.number, report.fault.why) == (40, "it is missing, the head row knows of it")
    with undone():
        Head.objects.update(number=39)
        report = verify.verify_database()
        assert report.fault is not None
        assert (report.fault.number, report.fault.why) == (40, "it was written past the head row")


def test_the_end_cut_off_is_noticed_by_the_seal_kept_elsewhere(record: Held, tmp_path: Path) -> None:
    drop_triggers()
    Line.objects.filter(number__gt=11).delete()
    Seal.objects.filter(number=3).delete()
    Head.objects.update(number=11, recorded_at=Line.objects.get(number=11).recorded_at)
    assert found(None, tmp_path) == NOTHING
    assert found(record, tmp_path) == all_name(12, "")


@pytest.mark.parametrize("column", ["thread", "name", "digest", "ciphertext"])
def test_an_altered_sealed_text_is_named_by_its_line(record: Held, column: str) -> None:
    row = Sealed.objects.order_by("id")[4]
    line = Line.objects.get(canonical__contains=row.digest)
    value = b"x" * 60 if column == "ciphertext" else "x"
    Sealed.objects.filter(pk=row.pk).update(**{column: value})
    report = verify.verify_database()
    assert report.fault is not None
    assert (report.fault.number, report.fault.thread) == (line.number, line.thread)


def test_a_text_deleted_or_a_key_destroyed_without_a_line_is_named(record: Held) -> None:
    with undone():
        Sealed.objects.order_by("id")[3].delete()
        report = verify.verify_database()
        assert report.fault is not None
        assert report.fault.number == 12
    with undone():
        DataKey.objects.filter(thread=Line.objects.get(number=15).thread).update(wrapped=None)
        report = verify.verify_database()
        assert report.fault is not None
        assert report.fault.thread == Line.objects.get(number=15).thread


def test_without_the_master_key_the_chain_is_verified_and_the_texts_counted_as_shut(record: Held, home: Path) -> None:
    (home / "keys" / "master.json").unlink()
    report = verify.verify_database({3: record})
    assert report.ok
    assert report.texts == {"not opened": 13}
    assert "13 sealed texts could not be opened" in report.doubts[0]
    assert "seal.json does not name the seal that this home made last" in report.doubts[1]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[" * 100_000, '{"number": 1}', "\x00", '{"a":1.5}', '{"a":"\\ud800"}'],
)
def test_text_that_is_no_line_but_rightly_hashed_is_a_finding_not_a_crash(record: Held, text: str) -> None:
    if "\x00" in text and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL cannot hold U+0000")
    drop_triggers()
    Line.objects.filter(number=39).update(canonical=text, hash=verify.rows.canonical.sha256(text))
    report = verify.verify_database()
    assert report.fault is not None
    assert report.fault.number == 39


@pytest.mark.parametrize("change", ["number = 'abc'", "number = 5.5", "canonical = X'ff00'", "recorded_at = 'x'",
                                    "thread = X'ff'", "thread_number = 'x'", "hash = 7"])  # fmt: skip
def test_sqlite_cells_of_any_type_are_a_finding_not_a_crash(record: Held, change: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite keeps any type in any column")
    drop_triggers()
    sql(f"UPDATE ledger_line SET {change} WHERE number = 9")
    report = verify.verify_database({3: record})
    assert report.fault is not None
    assert report.fault.number == (6 if "5.5" in change else 9)


def test_a_line_that_is_no_text_is_not_exported_and_leaves_no_file(record: Held, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite keeps any type in any column")
    drop_triggers()
    for change in ("canonical = X'ff00'", "hash = X'ff'"):
        with undone():
            sql(f"UPDATE ledger_line SET {change} WHERE number = 9")
            with pytest.raises(Invalid, match="line 9: This line is no text"):
                export(tmp_path / "x.jsonl")
            assert list(tmp_path.glob("*.jsonl*")) == list(tmp_path.glob(".*")) == []


def test_an_export_cut_short_or_of_something_else_is_refused(record: Held, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert export(path) == 40
    whole = path.read_text().split("\n")
    for text in ("\n".join(whole[:-2]), "\n".join(whole[1:]), "", "{}\n", "[1]\n", "\x00"):
        path.write_text(text)
        with pytest.raises(Invalid, match=r"x\.jsonl"):
            verify.verify_export(path)


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", '{"number":1}', "1"])
def test_what_is_no_seal_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seal.json"
    path.write_text(text)
    with pytest.raises(Invalid, match=r"seal\.json"):
        verify.held_seals(path)


def test_seals_kept_elsewhere_are_read_one_or_many(record: Held, tmp_path: Path) -> None:
    path = tmp_path / "seals.json"
    every = [seals.public(seal) for seal in Seal.objects.order_by("number")]
    path.write_text(json.dumps(record, indent=2))
    assert verify.held_seals(path) == {3: record}
    path.write_text("\n".join(json.dumps(seal) for seal in every) + "\n")
    held = verify.held_seals(path)
    assert held == {1: every[0], 2: every[1], 3: every[2]}
    assert verify.verify_database(held).held == 3
    path.write_text(json.dumps(record | {"last_line": 30}))
    with pytest.raises(Invalid):
        verify.held_seals(path)


def test_a_home_that_knows_no_seal_key_believes_only_what_a_seal_kept_elsewhere_pins(record: Held, home: Path) -> None:
    (home / "keys" / "seal.pub").unlink()
    assert keys.known_seal_keys() == []
    assert verify.verify_database({3: record}).ok
    fault = verify.verify_database().fault
    assert fault is not None
    assert (fault.number, "key that is not known" in fault.why) == (1, True)


def signed_by_another(home: Path) -> None:
    """The whole record rewritten and sealed again in the same ranges, by somebody who has the database alone."""
    drop_triggers()
    rewrite_from(5, altered)
    Seal.objects.all().delete()
    away = home.rename(home.with_name("away"))
    for most in (10, 1, 25):
        seals.make_seal(most)
    shutil.rmtree(home)
    away.rename(home)


def without_seals(home: Path) -> None:
    drop_triggers()
    rewrite_from(5, altered)
    Seal.objects.all().delete()


@pytest.mark.parametrize("change", [signed_by_another, without_seals])
@pytest.mark.parametrize("noted", [True, False])
def test_who_can_only_write_to_the_database_is_found_without_a_seal_kept_elsewhere(
    record: Held, home: Path, change: Callable[[Path], None], noted: bool
) -> None:
    if noted:
        seals.note(record)
    assert verify.verify_database().ok
    change(home)
    report = verify.verify_database()
    assert report.fault is not None
    assert report.fault.number == 1
    if noted:
        with pytest.raises(seals.UnsealableError, match=r"seal 3, noted in seal\.json"):
            seals.seal_all()


def test_the_seal_noted_in_the_home_is_missed_and_its_likeness_is_not_taken_for_it(record: Held) -> None:
    seals.note(record)
    drop_triggers()
    with undone():
        Line.objects.filter(number__gt=11).delete()
        Seal.objects.filter(number=3).delete()
        Head.objects.update(number=11)
        fault = verify.verify_database().fault
        assert fault is not None
        assert (fault.number, fault.why) == (12, "seal 3, noted in this home, is not in the ledger")
    for first_changed, expected in ((5, 1), (20, 12)):
        with undone():
            rewrite_from(first_changed, altered)
            Seal.objects.filter(last_line__gte=first_changed).delete()
            seals.note_path().unlink()
            for most in (10, 1, 25):
                if first_changed <= 11 or most == 25:
                    seals.make_seal(most)
            seals.note(record)
            fault = verify.verify_database().fault
            assert fault is not None
            assert fault.number == expected
            assert "it is not the one noted in this home; it was signed again" in fault.why


def test_a_home_with_nothing_sealed_yet_verifies() -> None:
    with transaction.atomic():
        write([Entry("system", "loaded", "system:operator")])
    assert keys.known_seal_keys() == []
    assert verify.verify_database().ok
