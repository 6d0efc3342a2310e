"""`blockwise demo run --city`: another city has a home of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blockwise.cli.demo import _own_home


def test_each_folder_has_its_own_home_and_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "one" / "town", tmp_path / "two" / "town", tmp_path / "one" / ".." / "one" / "town"):
        monkeypatch.setenv("BLOCKWISE_HOME", "")
        monkeypatch.delenv("BLOCKWISE_HOME")
        _own_home(folder)
        found.append(os.environ["BLOCKWISE_HOME"])
    assert found[0] == found[2] != found[1]
    assert all(home.startswith("var/town-") for home in found)


def test_a_home_that_was_given_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOCKWISE_HOME", "/elsewhere")
    _own_home(tmp_path)
    assert os.environ["BLOCKWISE_HOME"] == "/elsewhere"
