"""What the machine, the database or a setting refuses is told on the terminal in words, by every command."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError

from blockwise.cli import refusals
from blockwise.exchange.folder import read_folder
from blockwise.problems import Conflict
from tests.servers import Home


def told(error: Exception, capsys: pytest.CaptureFixture[str], status: int = 1) -> str:
    with pytest.raises(SystemExit) as ended, refusals.told(status):
        raise error
    assert ended.value.code == status
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Conflict("It is taken.", where="x", fix="Take another."), "x: It is taken. Take another.\n"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device. Make room there, "),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), "/x/y: Permission denied. Give this account "),
        (OSError(errno.EROFS, "Read-only file system", "/x/y"), "/x/y: Read-only file system. Give this account "),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/x/y"), "/x/y: Not a directory. Check the name.\n"),
        (OSError("odd"), "odd. Check the name.\n"),
        (sqlite3.OperationalError("database or disk is full"), "The database: database or disk is full. Make room"),
        (OperationalError("attempt to write a readonly database"), "The database: attempt to write a readonly databa"),
        (OperationalError("connection refused\nIs it there?\n"), "The database: connection refused. Check DATABASE_"),
        (OperationalError("no such table: places_city"), "no such table: places_city. Run `blockwise migrate`.\n"),
        (DatabaseError(), "The database: DatabaseError. Check DATABASE_URL, and that it answers.\n"),
    ],
)
def test_words_instead_of_a_traceback(error: Exception, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in told(error, capsys)


def test_a_folder_that_cannot_be_used_is_told_by_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "units.csv").touch()
    with pytest.raises(SystemExit), refusals.told(1):
        read_folder(tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert "city.yaml: the file is missing. Add it to the folder." in lines
    assert len(lines) > 5


@pytest.mark.parametrize("error", [ValueError("ours"), BrokenPipeError(errno.EPIPE, "Broken pipe")])
def test_a_fault_of_the_program_and_a_reader_who_left_are_no_refusals(error: Exception) -> None:
    with pytest.raises(type(error)), refusals.told(1):
        raise error


def test_developers_keep_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BLOCKWISE_DEBUG", "1")
    with pytest.raises(OperationalError), refusals.told(1):
        raise OperationalError("locked")
    assert told(Conflict("Ours."), capsys, 2) == "Ours.\n"


FORM = "Give postgresql://user:password@host:port/name"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "environment", "status", "what"),
    [
        ("verify", {"DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"}, 2, "Check DATABASE_URL"),
        ("verify", {"DATABASE_URL": "mysql://u:hidden@h/x"}, 2, f"DATABASE_URL: mysql:// is not known. {FORM}"),
        ("verify", {"DATABASE_URL": "postgresql://u:hidden@h:abc/x"}, 2, f"DATABASE_URL: This is no address. {FORM}"),
        ("verify", {"DATABASE_URL": "u:hidden@h/x"}, 2, "DATABASE_URL: u:// is not known."),
        ("verify", {"DATABASE_URL": "//u:hidden@h/x"}, 2, "DATABASE_URL: This is no address."),
        ("verify", {"DATABASE_URL": "postgresql://u:hidden@h"}, 2, "DATABASE_URL: It names no database."),
        ("serve", {"BLOCKWISE_THREADS": "abc"}, 1, "BLOCKWISE_THREADS: 'abc' is no such number. Give 1 to 1,000."),
        ("serve", {"BLOCKWISE_THREADS": "0"}, 1, "BLOCKWISE_THREADS: '0' is no such number."),
        ("serve", {"BLOCKWISE_LOG": "LOUD"}, 1, "BLOCKWISE_LOG: 'LOUD' is no level. Give DEBUG, INFO,"),
        ("serve --port 99999", {}, 2, "'--port'"),
        ("serve --port 0", {}, 2, "'--port'"),
        ("demo run --port 99999", {}, 2, "'--port'"),
        ("demo run --city /does/not/exist", {}, 1, "/does/not/exist: There is no such folder. Name the folder that"),
        ("city new /proc/x", {}, 1, "/proc/x: "),
        ("city new /etc/passwd", {}, 1, "/etc/passwd: There is something there already. Give another name."),
        ("backup /proc/x", {}, 2, "/proc/"),
        ("ledger export /does/not/exist", {}, 2, "the folder it lies in must be there."),
        ("migrate", {"BLOCKWISE_HOME": "/proc/x"}, 1, "/proc/x: No such file or directory. Check the name;"),
        ("erase case:1 --reason x", {"BLOCKWISE_HOME": "/proc/x"}, 2, "/proc/x: There is no record here"),
    ],
)
def test_commands_that_cannot_go_on(
    words: str, environment: dict[str, str], status: int, what: str, migrated: Home
) -> None:
    done = migrated.blockwise(*words.split(), check=False, **environment)
    assert (done.returncode, "Traceback" in done.stderr, "hidden" in done.stderr) == (status, False, False), done.stderr
    assert what in done.stderr


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    home.blockwise("migrate")
    return home


@pytest.mark.slow
def test_a_folder_that_is_not_there_gets_no_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert Home(home).blockwise("demo", "run", "--city", str(tmp_path / "none"), check=False).returncode == 1
    assert not home.exists()
