"""What an operator types wrongly is said in words, and nothing is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from typer.testing import CliRunner

from blockwise import clock
from blockwise.access.actors import actor_for
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cli import erasing
from blockwise.cli.ledger import app
from blockwise.ledger import vault
from blockwise.ledger.lines import Entry, data_of, write
from blockwise.ledger.models import DataKey, Line
from blockwise.rooms import Role
from tests.cases.engine.test_engine import NOW, hazard
from tests.ledger.homes import Home
from tests.people import make_city, person
from tests.recorded import on_record


def asked(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


@pytest.fixture
def sealed(home: Path, transactional_db: None) -> None:
    with transaction.atomic():
        digest = vault.seal("case:1", "note", "x")
        write([Entry("case:1", "note", "user:1", "0101", {"sealed": {"note": digest}})])


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("", "A reason is needed."),
        (" \t", "A reason is needed."),
        ("  ", "A reason is needed."),
        ("two\nlines", "cannot be shown"),
        ("x" * 201, "Give at most 200 characters."),
        ("13912345678 张三 110101199003071234", "This looks like"),
        ("110101199003071234", "an identity number"),
        ("asked for by (415) 555-2671", "a phone number"),
    ],
)
def test_a_reason_that_may_not_stay_for_good_is_refused(sealed: None, home: Path, reason: str, why: str) -> None:
    status, said = asked("erase", "case:1", "--reason", reason)
    assert (status, why in said) == (2, True)
    assert (Line.objects.count(), DataKey.objects.get().wrapped is None) == (1, False)
    assert not (home / "erasures.jsonl").exists()


def test_a_reason_is_recorded_as_it_was_given(sealed: None, home: Path) -> None:
    assert asked("erase", "case:1", "--reason", f"  {'因' * 200} ") == (0, "case:1 erased, line 2\n")
    assert data_of(Line.objects.get(number=2))["reason"] == "因" * 200
    assert json.loads((home / "erasures.jsonl").read_text())["reason"] == "因" * 200


@pytest.fixture
def open_case(home: Path, transactional_db: None) -> Iterator[Case]:
    make_city()
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    inspector = actor_for(person("inspector", (Role.BLOCK_LEADER, "9901")))
    with clock.at(NOW):
        yield hazard(inspector)
    registry.forget()


@pytest.mark.parametrize("answers", ["", "n\n", "y\n", "y\n999\n", "y\n\n"])
def test_an_open_case_is_not_erased_by_one_slip(open_case: Case, answers: str) -> None:
    done = CliRunner().invoke(app, ["erase", open_case.thread, "--reason", "asked for"], input=answers)
    assert done.exit_code == 1
    assert "is open" in done.output
    assert "the exact place" in done.output
    assert DataKey.objects.get(thread=open_case.thread).wrapped is not None


def test_an_open_case_is_erased_when_it_was_asked_twice(open_case: Case) -> None:
    answers = f"y\n{open_case.pk}\n"
    done = CliRunner().invoke(app, ["erase", open_case.thread, "--reason", "asked for"], input=answers)
    assert (done.exit_code, f"{open_case.thread} erased" in done.output) == (0, True)
    assert DataKey.objects.get(thread=open_case.thread).wrapped is None


def test_a_case_that_changed_while_it_was_asked_is_not_erased(open_case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(number: int, _units: list[str]) -> None:
        with on_record():
            Case.objects.filter(pk=number).update(version=2)

    monkeypatch.setattr(erasing, "_ask", meanwhile)
    status, said = asked("erase", open_case.thread, "--reason", "asked for")
    assert (status, "nothing erased" in said) == (0, True)
    assert DataKey.objects.get(thread=open_case.thread).wrapped is not None


def test_a_rotation_goes_on_without_a_lost_master_key_when_told_to(sealed: None, home: Path) -> None:
    (home / "keys" / "master.json").unlink()
    status, said = asked("keys", "rotate")
    assert (status, "is not in this home" in said) == (2, True)
    assert not (home / "keys" / "master.json").exists()
    status, said = asked("keys", "rotate", "--without-old")
    assert (status, "1 threads erased whose master key is lost" in said) == (0, True)
    assert DataKey.objects.get().wrapped is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    ["verify", "keys rotate", "keys forget", "erase case:1 --reason asked", "backup x", "ledger export x", "seal make",
     "seal show"],
)  # fmt: skip
@pytest.mark.parametrize("empty", [True, False])
def test_a_home_that_was_never_migrated_is_told_and_left_as_it_is(tmp_path: Path, words: str, empty: bool) -> None:
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    if not empty:
        home.file.touch()
    done = home.run(*words.replace(" x", f" {tmp_path / 'x'}").split())
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "Run `blockwise migrate`" in done.stderr
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left - {"secret_key"} == ({home.file.name} if not empty else set())


def test_an_export_for_anybody_is_verified_and_a_line_that_is_shown_is_found_in_it(
    open_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, seal, proof = (str(tmp_path / name) for name in ("public.jsonl", "seal.json", "proof.json"))
    assert asked("ledger", "export", file) == (2, "ledger: Nothing is sealed yet. Run `blockwise seal make` first.\n")
    assert asked("seal", "make")[0] == 0
    (tmp_path / "seal.json").write_text(asked("seal", "show")[1])
    monkeypatch.setattr("blockwise.ledger.public.real_now", lambda: clock.real_now() + timedelta(days=1))
    count = Line.objects.count()
    assert asked("ledger", "export", file) == (0, f"{count} lines written to {file}\n")
    last = Line.objects.get(thread=open_case.thread).number
    assert asked("ledger", "prove", str(last), proof) == (0, f"line {last} written to {proof}\n")
    status, said = asked("verify", "--export", file, "--seal", seal, "--proof", proof)
    assert (status, f"{count} lines counted, 1 seal up to line {count}, 1 of them" in said) == (0, True)
    assert "counted here: day " in said
    text = (tmp_path / "public.jsonl").read_text()
    assert [one for one in ("fire.exit", open_case.block_id, open_case.opened_by) if f'"{one}"' in text] == []
    (tmp_path / "public.jsonl").write_text(text.replace('"day":"2', '"day":"3'))
    assert asked("verify", "--export", file)[0] == 1
    assert asked("verify", "--proof", proof)[0] == 2
    assert asked("ledger", "prove", "999", f"{proof}2")[0] == 2
    assert asked("ledger", "export", "--whole", f"{file}2") == (0, f"{count} lines written to {file}2\n")
    assert "fire.exit" in (tmp_path / "public.jsonl2").read_text()
