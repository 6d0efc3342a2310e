"""What anybody may have of the record proves by its seals, and says of a line only what is true of at least five."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from blockwise.ledger import keys, lines, public, public_check, seals
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line, Seal
from blockwise.ledger.public import Group
from blockwise.problems import Conflict, Invalid, NotFound
from tests.ledger import independent_public
from tests.ledger.by_hand import drop_triggers

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
FACTS = {"block": "01", "kind": "call", "family": "fire"}


class Sorted:
    """Opened cases of one kind together, five or more."""

    def day(self, moment: datetime) -> date:
        return moment.date()

    def groups(self, lines: Sequence[Line]) -> list[Group]:
        opened = [line for line in lines if line.act == "open"]
        return [Group(FACTS, opened), Group({}, [line for line in lines if line.act != "open"])]


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three days of 12 lines, seven of them openings, a seal a day; the third day is today. The last seal."""
    for number in range(36):
        now = MONDAY + timedelta(days=number // 12, minutes=number)
        monkeypatch.setattr(lines, "real_now", lambda now=now: now)
        monkeypatch.setattr(seals, "real_now", lambda now=now: now)
        monkeypatch.setattr(public, "real_now", lambda now=now: now)
        with transaction.atomic():
            act = "open" if number % 12 < 7 else "status"
            write([Entry(f"case:{number}", act, "user:3", "010203", {"type": "family.violence"})])
        if number % 12 == 11:
            seals.make_seal()
    last = seals.latest()
    assert last is not None
    return last


def exported(folder: Path, name: str = "public.jsonl") -> Path:
    public.export(folder / name, Sorted())
    return folder / name


def verdicts(path: Path, held: dict[str, Any] | None = None, proof: dict[str, Any] | None = None) -> tuple[bool, bool]:
    """Whether it verifies, by the product and by the other verifier."""
    try:
        ours = public_check.verify_public(path, {held["number"]: held} if held else {}, proof).fault == ""
    except Invalid:
        ours = False
    try:
        independent_public.verify(path, held, proof)
    except (independent_public.Misfit, ValueError, KeyError, TypeError):
        return ours, False
    return ours, True


def groups_in(path: Path) -> list[dict[str, Any]]:
    return [one["group"] for text in path.read_text().splitlines() if "group" in (one := json.loads(text))]


def test_it_verifies_against_a_seal_kept_elsewhere_by_both_verifiers(days: dict[str, Any], tmp_path: Path) -> None:
    path = exported(tmp_path)
    assert verdicts(path) == verdicts(path, days) == (True, True)
    report = public_check.verify_public(path, {3: days})
    assert (report.lines, report.seals, report.sealed_to, report.held) == (24, 3, 36, 1)


def test_it_counts_the_days_that_are_over_and_no_line_by_itself(days: dict[str, Any], tmp_path: Path) -> None:
    found = groups_in(exported(tmp_path))
    assert [{**one, "lines": len(one["lines"])} for one in found] == [
        {"day": "2026-05-04", **FACTS, "lines": 7},
        {"day": "2026-05-04", "lines": 5},
        {"day": "2026-05-05", **FACTS, "lines": 7},
        {"day": "2026-05-05", "lines": 5},
    ]


def test_neither_type_nor_cell_nor_second_nor_actor_nor_hash_of_a_line_is_in_it(
    days: dict[str, Any], tmp_path: Path
) -> None:
    text = exported(tmp_path).read_text()
    for line in Line.objects.all():
        moment = line.recorded_at.isoformat()[:19]
        hidden = {"family.violence", "010203", "user:3", line.thread, line.hash}
        sealed = {seal.sealed_at.isoformat()[:19] for seal in Seal.objects.all()}
        assert [one for one in hidden | ({moment} - sealed) if one in text] == []


def test_a_lines_digest_cannot_be_tried_without_the_salt(days: dict[str, Any], tmp_path: Path) -> None:
    """Who knows every byte of every line finds none of them: the salt is the home's."""
    text = exported(tmp_path).read_text()
    assert [line.number for line in Line.objects.all() if public.digest_of(line.hash, b"") in text] == []
    assert [line.number for line in Line.objects.all() if public.digest_of(line.hash, bytes(32)) in text] == []


def test_a_second_file_of_the_same_days_says_nothing_more(days: dict[str, Any], tmp_path: Path) -> None:
    assert groups_in(exported(tmp_path)) == groups_in(exported(tmp_path, "again.jsonl"))


@pytest.mark.parametrize("number", [1, 8, 12, 13, 24])
def test_a_line_that_is_shown_is_proven_in_its_group(days: dict[str, Any], tmp_path: Path, number: int) -> None:
    path, proof = exported(tmp_path), public.prove(number)
    day = "2026-05-04" if number <= 12 else "2026-05-05"
    expected = {"day": day, **(FACTS if number in (1, 13) else {})}
    assert public_check.verify_public(path, {3: days}, proof).shown == expected
    assert independent_public.verify(path, days, proof) == expected


PROOFS: list[Callable[[dict[str, Any]], object]] = [
    lambda proof: proof.update(line=proof["line"].replace("user:3", "user:4")),
    lambda proof: proof.update(salt="00" * 32),
    lambda proof: proof.update(salt="x"),
    lambda proof: proof.update(seal=2),
    lambda proof: proof.update(seal=9),
    lambda proof: proof.update(path=proof["path"][:-1]),
    lambda proof: proof.update(path=[*proof["path"], "00" * 32]),
    lambda proof: proof.update(path=["00" * 32, *proof["path"][1:]]),
    lambda proof: proof.update(path=7),
    lambda proof: proof.update(public.prove(30)),  # of today: not counted yet
]


@pytest.mark.parametrize("change", PROOFS)
def test_a_proof_of_something_else_is_found_out(
    days: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    path, proof = exported(tmp_path), public.prove(5)
    change(proof)
    assert verdicts(path, days, proof) == (False, False)


def _group(at: int, **changes: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda records: [one["group"] for one in records if "group" in one][at].update(changes)


def _merged(records: list[dict[str, Any]]) -> None:
    first, second = [one for one in records if "group" in one][:2]
    first["group"]["lines"] = sorted(first["group"]["lines"] + second["group"]["lines"])
    records.remove(second)


def _swapped(records: list[dict[str, Any]]) -> None:
    first, second = [one["group"] for one in records if "group" in one][:2]
    first["lines"][0], second["lines"][0] = second["lines"][0], first["lines"][0]
    first["lines"].sort()
    second["lines"].sort()


CHANGES: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "another family": _group(0, family="water"),
    "another block": _group(0, block="02"),
    "another day": _group(0, day="2026-05-03"),
    "a day after the next": _group(0, day="2026-06-03"),
    "a fact more": _group(1, actor="user:3"),
    "half the facts": _group(1, block="01"),
    "no lines": _group(1, lines=[]),
    "no digests": _group(1, lines=["x"]),
    "a made-up line": _group(1, lines=["0" * 64]),
    "two groups in one": _merged,
    "lines exchanged": _swapped,
    "a group left out": lambda records: records.pop(4),
    "a group twice": lambda records: records.insert(5, records[4]),
    "groups exchanged": lambda records: records.insert(4, records.pop(5)),
    "a seal left out": lambda records: records.pop(2),
    "the last seal left out": lambda records: records.pop(3),
    "a seal after a group": lambda records: records.insert(4, records.pop(3)),
    "a seal changed": lambda records: records[2]["seal"].update(root="00" * 32),
    "a count changed": lambda records: records[-1]["end"].update(lines=23),
    "no signature": lambda records: records[-1]["end"].update(signature="00" * 64),
    "no end": lambda records: records.pop(),
    "more after the end": lambda records: records.append(records[-1]),
    "another format": lambda records: records[0].update(format="blockwise-ledger-1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_the_file_is_found_by_both_verifiers(
    days: dict[str, Any], tmp_path: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    path = exported(tmp_path)
    records = [json.loads(text) for text in path.read_text().splitlines()]
    change(records)
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    assert verdicts(path) == verdicts(path, days) == (False, False)


def test_signed_again_with_another_key_it_is_found_out_by_a_seal_kept_elsewhere(
    days: dict[str, Any], tmp_path: Path
) -> None:
    """Who holds no key of the home's can make a file that agrees with itself, and no more."""
    (keys.folder() / "seal.pem").unlink()
    drop_triggers()
    Seal.objects.all().delete()
    seals.seal_all()
    path = exported(tmp_path)
    assert verdicts(path) == (True, True)
    assert verdicts(path, days) == (False, False)


def test_a_group_too_small_to_be_told_apart_is_refused_even_if_it_is_signed(
    days: dict[str, Any], tmp_path: Path
) -> None:
    class Telling(Sorted):
        def groups(self, lines: Sequence[Line]) -> list[Group]:
            return [Group(FACTS, lines[:4]), Group({}, lines[4:])]

    public.export(tmp_path / "x.jsonl", Telling())
    assert verdicts(tmp_path / "x.jsonl") == (False, False)


def test_a_day_of_which_a_line_is_not_sealed_is_not_counted(days: dict[str, Any], tmp_path: Path) -> None:
    drop_triggers()
    Seal.objects.filter(number__gte=2).delete()
    path = exported(tmp_path)
    assert {group["day"] for group in groups_in(path)} == {"2026-05-04"}
    assert verdicts(path) == (True, True)


def test_a_record_that_was_changed_is_not_signed_again(days: dict[str, Any], tmp_path: Path) -> None:
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_line SET canonical = replace(canonical, 'violence', 'quarrel') WHERE number = 9")
    with pytest.raises(Invalid, match="line 9"):
        exported(tmp_path)
    assert list(tmp_path.glob("*.jsonl*")) == list(tmp_path.glob(".*")) == []


def test_before_the_first_seal_and_with_another_key_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="Nothing is sealed yet"):
        exported(tmp_path)
    with transaction.atomic():
        write([Entry("system", "x", "user:1", "", {})])
    seals.make_seal()
    (keys.folder() / "seal.pem").unlink()
    with pytest.raises(Conflict, match="another key"):
        exported(tmp_path)


def test_only_a_sealed_line_is_proven(days: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        public.prove(37)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"format": "blockwise-proof-1"}'])
def test_what_is_no_proof_is_refused(days: dict[str, Any], tmp_path: Path, text: str) -> None:
    (tmp_path / "proof.json").write_text(text)
    with pytest.raises(Invalid, match="no proof"):
        public_check.verify_public(exported(tmp_path), {}, public_check.proof_in(tmp_path / "proof.json"))
