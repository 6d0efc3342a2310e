"""`blockwise city`: a city is a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from blockwise.problems import NotFound

from . import first_steps, kind, start

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


class TableKind(StrEnum):
    CALLS = "calls"
    UNITS = "units"
    STATIONS = "stations"
    ROSTER = "roster"
    PEOPLE = "people"
    ADDRESSES = "addresses"
    PREMISES = "premises"


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
    _echo_counts(made.counts)


@city.command()
def check(folder: Folder) -> None:
    """Say what is wrong with a folder: file, line, what to do; and what its units can do."""
    from blockwise.exchange.folder import examine_folder

    start.django()  # what kinds may name is code; no database is touched
    found, able = examine_folder(folder)
    for problem in found:
        typer.echo(str(problem), err=True)
    errors = sum(problem.severity == "error" for problem in found)
    warnings = start.counted(len(found) - errors, "warning")
    if errors:
        typer.echo(f"{folder} cannot be loaded: {start.counted(errors, 'error')}, {warnings}.", err=True)
        raise typer.Exit(1)
    typer.echo("What units can do, and what types of case need:")
    for one in (one for one in able if one.units or one.needs):
        typer.echo(f"  {one}")
    unused = [one.word for one in able if not (one.units or one.needs)]
    typer.echo(f"Further words for what units can do: {', '.join(unused) or 'none'}.")
    typer.echo(f"{folder} can be loaded; {warnings}.")


@city.command()
def load(
    folder: Folder,
    purpose: Annotated[
        Purpose | None, typer.Option(help="As the folder says: demo where it allows demo logins, else live.")
    ] = None,
    gone: Annotated[
        bool, typer.Option("--gone", help="Also where much of what there was is in the folder no more.")
    ] = False,
    by: Annotated[
        str, typer.Option(help="The login of who proposes its new kinds; they sign none of them.", show_default=False)
    ] = "",
) -> None:
    """Take a folder in, making the database of a new home; a changed one is applied as a difference, all or nothing."""
    from blockwise.exchange.folder import sound_folder

    start.django()
    with start.progress() as step:
        step("check", 0.0)
        sound, warnings = sound_folder(folder)
        step("load", 0.5)
        start.home()  # only now: a folder that cannot be used gets no home
        start.migrate_new()
        from blockwise.exchange.load import load_sound

        whom = {"by": _proposer(by)} if by else {}
        report = load_sound(sound, purpose=purpose.value if purpose else None, gone=gone, **whom)
        step("loaded", 1.0)
    for problem in warnings:
        typer.echo(str(problem), err=True)
    typer.echo(str(report) if report.changed else "Nothing has changed.")
    for line in [*first_steps.lines(), *kind.waits()]:
        typer.echo(line)


def _proposer(login: str) -> str:
    from blockwise.access.models import User

    found = User.objects.filter(login=login).first()
    if found is None:
        raise NotFound("There is no such login.", where="--by", fix="Give one of this city, or leave it out.")
    return f"user:{found.pk}"


@city.command(name="start")
def begin(
    folder: Folder,
    answers: Annotated[
        Path | None, typer.Option(help="The answers as a YAML file; without it they are asked.", show_default=False)
    ] = None,
) -> None:
    """Begin a city of one's own: outlines, an OpenStreetMap extract, cells; and say what is still thin."""
    from blockwise.exchange.begin.answers import asked, read_answers
    from blockwise.exchange.begin.build import begin as make
    from blockwise.exchange.fresh import refuse_filled

    start.django()  # what kinds may name is code; no database is touched
    refuse_filled(folder.resolve())
    kept = folder.resolve().with_name(f"{folder.resolve().name}-answers.yaml")
    known = read_answers(answers) if answers else asked(_question, Path.cwd(), kept)
    made = make(folder, known, lambda what: typer.echo(what, err=True))
    _echo_counts(made.counts)
    for line in made.told:
        typer.echo(line)
    for one in made.thin:
        typer.echo(f"Thin: {one}.")
    typer.echo(f"Look at {folder / 'preview.html'}; then blockwise city check {folder}.")


def _question(words: str, default: str) -> str:
    return str(typer.prompt(words, default=default, show_default=bool(default)))


@city.command()
def addresses(folder: Folder) -> None:
    """Judge a folder's addresses: doubles, numbers out of order, doors off their street, missing plates; by block."""
    from blockwise.exchange.doors.report import LIST, SHARES, judge
    from blockwise.exchange.folder.read import read_folder

    start.django()
    found = judge(read_folder(folder), folder)
    _echo_counts({"addresses": found.addresses, "good": found.good, **found.counts, "streets_cut": len(found.cut)})
    typer.echo(f"To work off: {folder / LIST}; by block: {folder / SHARES}.")


@city.command()
def osm(
    extract: Annotated[Path, typer.Argument(help="An OpenStreetMap extract: .osm.pbf, .osm, .osm.gz.")],
    folder: Folder,
) -> None:
    """Make roads, addresses and landmarks of a folder anew from an extract, cut to its outline."""
    from blockwise.exchange.osm.folder import renew

    report = renew(extract, folder, lambda what: typer.echo(what, err=True))
    _echo_counts(report.counts)
    for one in report.thin:
        typer.echo(f"Thin: {one}.")


@city.command()
def from_datasf(
    data: Annotated[Path, typer.Argument(help="The folder of open data, the one with INDEX.md.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    window: Annotated[Path | None, typer.Option(help="Another file of calls, as Parquet.", show_default=False)] = None,
    plan: Annotated[
        Path | None, typer.Option("--map", help="Another map of the calls than the product's own.", show_default=False)
    ] = None,
) -> None:
    """Build San Francisco with days of its calls out of public data; words it does not know are played as other."""
    from blockwise.exchange.datasf import build
    from blockwise.exchange.datasf.build import MAPS

    start.django()  # what kinds may name is code; no database is touched
    made = asdict(build(data, out, lambda step: typer.echo(step, err=True), window=window, plan=plan))
    unknown = made.pop("unknown")
    _echo_counts(made)
    for one in unknown:
        rows = start.counted(one["rows"], "row")
        typer.echo(f"unknown {one['field']} {one['word']!r} in {rows}: played as {one['played_as']}")
    if unknown:
        typer.echo(f"To map them, add them to a copy of {MAPS / 'calls.yaml'} and give it as --map, with a new folder.")


@city.command()
def table(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, Parquet or JSON lines.", show_default=False)],
    plan: Annotated[
        Path | None, typer.Option("--map", help="The map: which column is what.", show_default=False)
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="The city's folder; without it nothing is written.", show_default=False)
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Write a first map from the file itself.")] = False,
    sheet: Annotated[str | None, typer.Option(help="With --suggest: of an XLSX.", show_default=False)] = None,
    what: Annotated[
        TableKind | None, typer.Option("--as", help="With --suggest: what the table holds.", show_default=False)
    ] = None,
    partly: Annotated[
        bool, typer.Option("--partly", help="Also where more than a fifth of the rows cannot be used.")
    ] = False,
) -> None:
    """Take a table into a city's folder by a map: calls, units, stations, rosters, people, addresses, premises."""
    from blockwise.exchange import tabular

    start.django()  # what kinds may name is code; no database is touched
    if suggest:
        typer.echo(tabular.suggest(file, sheet, what.value if what else None), nl=False)
        return
    if plan is None:
        raise typer.BadParameter("Give --map MAP.yaml, or --suggest to get a first one.")
    read = tabular.read_map(plan)
    with start.progress() as step:
        account = tabular.take(
            file, read, into, partly=partly, progress=lambda rows: step(start.counted(rows, "row"), 0.5)
        )
    for line in account.lines():
        typer.echo(line)
    if into is None:
        typer.echo("Nothing is written: --into names the folder that it goes into.")
    elif not account.changed:
        typer.echo("Nothing has changed.")
    else:
        typer.echo(
            f"Each row is accounted for in {into / 'imports'}; `blockwise city check {into}` says what is missing."
        )


def _echo_counts(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        typer.echo(f"{name.replace('_', ' ')}: {count:,}")
