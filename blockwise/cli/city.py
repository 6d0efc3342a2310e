"""`blockwise city`: a city is a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import start

app = typer.Typer()
city = typer.Typer(no_args_is_help=True, help="A city is a folder: make one, check it, load it.")
app.add_typer(city, name="city")

Folder = Annotated[Path, typer.Argument(help="The city's folder.", show_default=False)]


class Size(StrEnum):
    SMALL = "small"
    DISTRICT = "district"


class Purpose(StrEnum):
    LIVE = "live"
    DEMO = "demo"
    REPLAY = "replay"


@city.command()
def new(
    folder: Folder,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and size give the same city.")] = 1,
    size: Annotated[Size, typer.Option(help="small: 400 cells, 60 units; district: 4,833 and 300.")] = Size.SMALL,
) -> None:
    """Generate a complete demonstration city with a month of calls."""
    from blockwise.exchange.newcity import new_city

    with start.progress() as step:
        made = new_city(folder, seed, size.value, step)
    _tell(made.counts)


@city.command()
def check(folder: Folder) -> None:
    """Say what is wrong with a folder: file, line, what to do."""
    from blockwise.exchange.folder import check_folder

    found = check_folder(folder)
    for problem in found:
        typer.echo(str(problem), err=True)
    if any(problem.severity == "error" for problem in found):
        raise typer.Exit(1)
    typer.echo(f"{folder} can be loaded; {start.counted(len(found), 'warning')}.")


@city.command()
def load(
    folder: Folder,
    purpose: Annotated[
        Purpose | None, typer.Option(help="As the folder says: demo where it allows demo logins, else live.")
    ] = None,
) -> None:
    """Take a folder in; a changed one is applied as a difference, all or nothing."""
    start.django()
    from blockwise.exchange.load import load_folder

    with start.progress() as step:
        report = load_folder(folder, purpose=purpose.value if purpose else None, progress=step)
    typer.echo(str(report) if report.changed else "Nothing has changed.")


@city.command()
def from_datasf(
    data: Annotated[Path, typer.Argument(help="The folder of open data, the one with INDEX.md.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
) -> None:
    """Build San Francisco with eight days of its calls out of public data."""
    from blockwise.exchange.datasf import build

    made = build(data, out, lambda step: typer.echo(step, err=True))
    _tell(asdict(made))


def _tell(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        typer.echo(f"{name.replace('_', ' ')}: {count:,}")
