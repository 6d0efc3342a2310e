"""What an operator types wrongly is said in words, and nothing is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import transaction
from typer.testing import CliRunner

from blockwise.cli.ledger import app
from blockwise.ledger import vault
from blockwise.ledger.lines import Entry, data_of, write
from blockwise.ledger.models import DataKey, Line
from tests.ledger.homes import Home


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
