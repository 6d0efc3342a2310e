"""Running a command of the mathematics in the test's own process, and as a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from blockwise.cli.main import command

ROOT = Path(__file__).resolve().parents[2]


def answer(*words: object) -> dict[str, Any]:
    """What the command answers with --json; the test fails when it refuses."""
    done = CliRunner().invoke(command(str(words[0])), [*map(str, words), "--json"])
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout, parse_constant=_no_constant)
    return found


def report(*words: object) -> str:
    """What the command prints for people."""
    done = CliRunner().invoke(command(str(words[0])), [*map(str, words)])
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    return done.stdout


def refusal(*words: object) -> dict[str, Any]:
    """The error object of a command that must refuse, with status 2 and nothing on standard output.

    It names a file or an option, and says what to do.
    """
    done = CliRunner().invoke(command(str(words[0])), [*map(str, words), "--json"])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    told: dict[str, Any] = json.loads(done.stderr)
    assert set(told) == {"error", "file", "line", "fix"}
    assert told["file"] or "--" in told["error"], told
    assert told["fix"], told
    return told


def program(*words: object) -> subprocess.CompletedProcess[str]:
    """The command as a process, with no Django in it."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "there.is.none"}
    line = [sys.executable, "-m", "blockwise.cli.main", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=120)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
