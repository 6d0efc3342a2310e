"""How a command of the mathematics answers: exit 0 and an answer, or exit 2 and one JSON object on standard error."""

from __future__ import annotations

import ctypes
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from blockwise.exchange.blocks import fault
from blockwise.problems import Invalid

from . import start

EXPLAINED: Final = "The options are explained by --help."
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same answer.")]
Replicates = Annotated[int, typer.Option(min=1, max=1_000_000, help="Random rearrangements of the data.")]


class Refusing(TyperCommand):
    """A command whose every refusal, of an option or of a file, is told as {error, file, line, fix}; status 2.

    Use it as `@app.command(cls=Refusing)`. A ValueError of the mathematics is a refusal too; `about` says whose.
    """

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _refusing():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _refusing():
            return super().invoke(ctx)


def give(answer: Mapping[str, Any], as_json: bool, report: Callable[[], Iterable[Any]]) -> None:
    """Print the answer: the object itself, or the rich renderables of `report`."""
    if as_json:
        typer.echo(json.dumps(plain(answer), allow_nan=False, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False)
    for part in report():
        console.print(part)


def table(columns: Mapping[str, Sequence[Any]], title: str = "", most: int = 60) -> Any:
    """Rows by column name for a report, numbers to the right; the rows past `most` are counted, not shown."""
    from rich.table import Table
    from rich.text import Text

    size = len(next(iter(columns.values())))
    caption = f"and {size - most:,} more; --json gives all" if size > most else None
    shown = Table(title=Text(title) if title else None, caption=caption, title_justify="left", box=None)
    for number, (name, values) in enumerate(columns.items(), start=1):
        numeric = all(isinstance(value, (int, float)) or value is None for value in values[:most])
        width = max((len(_short(value)) for value in values[:most]), default=0) if number < len(columns) else None
        shown.add_column(Text(name), justify="right" if numeric else "left", min_width=width)
    for row in range(min(size, most)):
        shown.add_row(*(Text(_short(values[row])) for values in columns.values()))
    return shown


def plain(value: Any) -> Any:
    """The value in JSON's own types; what is no finite number is null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """Called with the step begun and the share done; a bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda step, share: None
        return
    with start.progress() as step:
        yield step


@contextmanager
def quiet() -> Iterator[None]:
    """What a compiled solver writes to standard output by itself goes to standard error."""
    write_out = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    write_out(None)
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        write_out(None)
        os.dup2(kept, 1)
        os.close(kept)


def option(names: str, what: str, fix: str) -> Invalid:
    """The refusal of an option: its name stands before what is wrong."""
    return Invalid(f"{names}: {what}", fix=fix, more={})


@contextmanager
def about(cause: str | Path, fix: str) -> Iterator[None]:
    """A ValueError from here is the refusal of that file, or of the option with that name."""
    try:
        yield
    except ValueError as bad:
        told = option(cause, str(bad), fix) if isinstance(cause, str) else fault(cause, None, str(bad), fix)
        raise told from None


def within(rule: str, holds: Callable[[float], bool]) -> Callable[[float | None], float | None]:
    """The callback of an option with a range of which an end is open, such as "above 0"."""

    def checked(value: float | None) -> float | None:
        if value is not None and not holds(value):
            raise typer.BadParameter(f"{value} is not {rule}.")
        return value

    return checked


share_above_0 = within("above 0 and up to 1", lambda value: 0 < value <= 1)


def idle(ctx: typer.Context, method: str, *names: str) -> list[str]:
    """A caveat for each of these options that was given though the method does not look at it."""
    given = [name for name in names if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    return [f"--{name.replace('_', '-')} changes nothing with {method}." for name in given]


def noted(caveats: Iterable[str]) -> Iterator[str]:
    """The caveats as a report's last lines."""
    yield from (f"Note: {caveat}" for caveat in caveats)


def refuse(error: str, file: str | Path | None, line: int | None, fix: str | None) -> None:
    """Write the one error object; the caller ends with status 2."""
    told = {"error": error, "file": None if file is None else str(file), "line": line, "fix": fix}
    typer.echo(json.dumps(told, ensure_ascii=False), err=True)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Invalid as bad:
        refuse(str(bad.what), bad.more.get("file"), bad.more.get("line"), str(bad.fix) or None)
        raise typer.Exit(2) from None
    except TyperException as bad:
        refuse(bad.format_message(), None, None, EXPLAINED)
        raise typer.Exit(2) from None
    except ValueError as bad:
        refuse(str(bad), None, None, EXPLAINED)
        raise typer.Exit(2) from None
    except MemoryError:
        refuse("The data do not fit into memory.", None, None, "Take a shorter period or fewer places.")
        raise typer.Exit(2) from None


def _short(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
