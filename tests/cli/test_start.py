"""What the operator's commands write belongs to their account alone."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from blockwise.cli.start import counted
from tests.servers import Home, Server


def open_to_others(folder: Path) -> list[str]:
    return [path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.mark.slow
def test_a_new_home_and_what_is_in_it_are_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.blockwise("migrate", BLOCKWISE_SECRET_KEY="")
    assert open_to_others(home.folder) == []
    with Server(home) as server:
        until = time.monotonic() + 20
        while not (home.folder / "blockwise.sqlite3-wal").exists():  # there with the first who reads
            assert time.monotonic() < until
            httpx.get(f"{server.url}/readyz")
        assert set(open_to_others(home.folder)) <= {"server.log"}  # the test's own
        assert httpx.get(f"{server.url}/static/icon.svg").status_code == 200


@pytest.mark.slow
def test_so_are_an_export_and_a_backup(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.blockwise("migrate", BLOCKWISE_SECRET_KEY="")
    home.blockwise("ledger", "export", "--whole", str(tmp_path / "export"))
    home.blockwise("backup", str(tmp_path / "backup"))
    assert open_to_others(tmp_path / "backup") == open_to_others(tmp_path / "export") == []


def test_one_is_one() -> None:
    assert [counted(count, "seal") for count in (0, 1, 2_000)] == ["0 seals", "1 seal", "2,000 seals"]
