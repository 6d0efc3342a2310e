"""`blockwise replay`: an option that would be passed over is refused before anything is played."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from blockwise.cli.main import command


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--hours", "1"], "--hours changes nothing with a replay"),
        (["--live", "--speed", "60"], "--speed changes nothing with --live"),
        (["--live", "--dispatch", "historic"], "--dispatch changes nothing with --live"),
    ],
)
def test_an_option_that_changes_nothing_is_refused(words: list[str], what: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command("replay"), ["replay", str(tmp_path), *words], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert what in done.output
