"""How an analysis command refuses and prints, on a command made for it."""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from blockwise.cli import answers
from blockwise.exchange.tables import fault

app = typer.Typer()


@app.callback()
def group() -> None:
    """A group, as the whole command is one."""


def _known(number: float) -> bool:
    return number < 90 or number >= 99


@app.command(cls=answers.Refusing)
def half(
    number: Annotated[float, typer.Option(max=100, callback=answers.within("below 90 or 99", _known))],
    as_json: answers.Json = False,
) -> None:
    """Halve a number."""
    if number < 0:
        raise fault("numbers.csv", 7, "It is negative.", "Give a positive one.")
    if number == 13:
        raise ValueError("Thirteen is not halved.")
    with answers.about("--number", "Give another one."):
        math.sqrt(number - 1)
    with answers.about(Path("halves.csv"), "Correct it."):
        math.log(number - 2)
    if number == 99:
        raise MemoryError

    def report() -> Iterator[Any]:
        yield answers.table({"half": [number / 2] * 3, "名": ["[b]", None, "丙"]}, "Halves", most=2)

    with answers.progress() as step:
        step("halving", 1.0)
    values = {"half": number / 2, "all": np.array([1.0, np.nan]), "more": (np.int64(3), float("inf"))}
    answers.give(values, as_json, report)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["half", *words])


def test_json_is_one_object_without_what_json_has_not() -> None:
    done = run("--number", "3", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"half": 1.5, "all": [1.0, None], "more": [3, None]}


def test_the_report_shows_rows_as_they_are_written() -> None:
    done = run("--number", "3")
    assert done.exit_code == 0
    assert "丙" not in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[:4]] == [
        ["Halves"],
        ["half", "名"],
        ["1.5", "[b]"],
        ["1.5", "-"],
    ]
    assert "and 1 more" in done.stdout


@pytest.mark.parametrize(
    ("words", "error", "file", "line"),
    [
        (("--number", "-1"), "It is negative.", "numbers.csv", 7),
        (("--number", "13"), "Thirteen is not halved.", None, None),
        (("--number", "99"), "The data do not fit into memory.", None, None),
        (("--number", "many"), "Invalid value for '--number'", None, None),
        (("--number", "101"), "Invalid value for '--number'", None, None),
        (("--number", "91"), "Invalid value for '--number': 91.0 is not below 90 or 99.", None, None),
        (("--number", "0"), "--number: math domain error", None, None),
        (("--number", "2"), "math domain error", "halves.csv", None),
        (("--numbr", "1"), "No such option: --numbr", None, None),
        ((), "Missing option '--number'.", None, None),
        (("--number", "1", "2"), "Got unexpected extra argument(s) (2)", None, None),
    ],
)
def test_every_refusal_is_one_object_with_status_2(
    words: tuple[str, ...], error: str, file: str | None, line: int | None
) -> None:
    done = run(*words)
    told = json.loads(done.stderr)
    assert (done.exit_code, done.stdout) == (2, "")
    assert set(told) == {"error", "file", "line", "fix"}
    assert (told["error"].startswith(error), told["file"], told["line"]) == (True, file, line), told
    assert told["fix"]


def test_help_is_no_refusal() -> None:
    assert run("--help").exit_code == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567.8, "1,234,568"),
        (0.000012345678, "1.23457e-05"),
        (1234567, "1,234,567"),
        (True, "True"),
        (float("nan"), "-"),
    ],
)
def test_cells_of_a_report(value: Any, shown: str) -> None:
    console = Console(width=60)
    with console.capture() as captured:
        console.print(answers.table({"x": [value]}))
    assert captured.get().split()[1] == shown


def test_long_work_shows_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real pseudo-terminal as standard error."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", terminal)
        with answers.progress() as step:
            step("halving", 0.5)
    shown = ""
    with os.fdopen(ours, "rb", buffering=0) as screen, contextlib.suppress(OSError):  # that is how its end is told
        while piece := screen.read(4096):
            shown += piece.decode()
    assert "halving" in shown
    assert "50%" in shown


def test_what_a_solver_writes_by_itself_is_no_part_of_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(ValueError), answers.quiet():
        ctypes.CDLL(None).puts(b"kept back by the C library")
        os.write(1, b"written at once\n")
        raise ValueError
    os.write(1, b"the answer\n")
    out, err = capfd.readouterr()
    assert out == "the answer\n"
    assert ("kept back" in err, "at once" in err) == (True, True)
