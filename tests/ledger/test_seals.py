import json
from pathlib import Path

import pytest
from django.db import transaction

from blockwise.ledger import merkle, seals
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line, Seal
from blockwise.problems import Invalid
from tests.ledger.by_hand import drop_triggers
from tests.ledger.independent_verifier import signed

pytestmark = pytest.mark.django_db


def test_a_seal_covers_the_lines_since_the_last_and_names_it(record: dict) -> None:
    made = list(Seal.objects.order_by("number"))
    assert [(seal.first_line, seal.last_line) for seal in made] == [(1, 10), (11, 11), (12, 36)]
    assert [seal.previous for seal in made] == ["", made[0].hash, made[1].hash]
    for seal in made:
        hashes = Line.objects.filter(number__range=(seal.first_line, seal.last_line)).order_by("number")
        leaves = b"".join(bytes.fromhex(line.hash) for line in hashes)
        assert bytes(seal.leaves) == leaves
        assert seal.root == merkle.root_of(leaves)


def test_the_public_seal_verifies_by_itself_and_a_changed_one_does_not(record: dict) -> None:
    assert seals.signature_holds(record)
    assert signed(record)
    for name in record:
        value = record[name]
        other = value + 1 if isinstance(value, int) else ("a" if value[0] != "a" else "b") + value[1:]
        assert not seals.signature_holds(record | {name: other}), name
    assert record == json.loads(json.dumps(record))


def test_no_news_no_seal() -> None:
    assert seals.make_seal() is None
    assert seals.latest() is None
    write([Entry("system", "go", "user:1")])
    assert seals.make_seal() is not None
    assert seals.make_seal() is None


def test_much_news_is_sealed_in_pieces() -> None:
    write([Entry("system", "go", "user:1")] * 10)
    assert seals.seal_all(4) == 3
    assert [seal.last_line for seal in Seal.objects.order_by("number")] == [4, 8, 10]


@pytest.mark.parametrize("change", ["hash = 'x'", "canonical = '{}'", "number = 99"])
def test_lines_that_do_not_fit_are_never_signed(record: dict, change: str) -> None:
    drop_triggers()
    with transaction.atomic():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE ledger_line SET {change} WHERE number = 38")
    with pytest.raises(seals.UnsealableError, match="line 38"):
        seals.make_seal()


@pytest.mark.django_db(transaction=True)
def test_the_last_seal_that_was_kept_is_noted_in_the_home(home: Path) -> None:
    for expected in (1, 2):
        with transaction.atomic():
            write([Entry("system", "go", "user:1")])
        assert seals.seal_all() == 1
        assert seals.noted() == seals.latest()
        assert json.loads((home / "seal.json").read_text())["number"] == expected
    with transaction.atomic():
        write([Entry("system", "go", "user:1")])
        seals.make_seal()
        transaction.set_rollback(True)
    assert seals.noted() == seals.latest()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"number": 1}'])
def test_a_note_that_is_no_seal_is_refused_by_its_name(record: dict, home: Path, text: str) -> None:
    seals.note(record | {"last_line": 30})
    with pytest.raises(Invalid, match=r"seal\.json"):
        seals.noted()
    (home / "seal.json").write_text(text)
    with pytest.raises(Invalid, match=r"seal\.json"):
        seals.make_seal()
