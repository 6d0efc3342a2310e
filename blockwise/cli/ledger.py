"""`blockwise verify`, `ledger`, `seal`, `erase`, `keys`, `backup`, `restore`. Status 1: unverified; 2: refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blockwise.problems import Conflict, Invalid

from . import erasing, refusals, restoring, start

if TYPE_CHECKING:
    from blockwise.ledger.check import Report
    from blockwise.ledger.public_check import PublicReport

ACTOR = "system:operator"  # whoever has a shell on the machine
app = typer.Typer()
ledger = typer.Typer(no_args_is_help=True, help="The record as a file.")
seal = typer.Typer(no_args_is_help=True, help="The signed seals over the record.")
keys = typer.Typer(no_args_is_help=True, help="The master keys of the vault.")
app.add_typer(ledger, name="ledger")
app.add_typer(seal, name="seal")
app.add_typer(keys, name="keys")

SealFile = Annotated[Path | None, typer.Option("--seal", help="A seal kept elsewhere (or several, one a line).")]


@contextmanager
def _ready(*, needs_record: bool = True) -> Iterator[None]:
    """Django set up; a refusal is told in words and ends with status 2."""
    with refusals.told(2):
        start.django()
        if needs_record:
            _demand_record()
        yield


def _demand_record() -> None:
    """Conflict where the database was never migrated: before any key or file is made for it."""
    from django.conf import settings
    from django.db import connection

    from blockwise.ledger.models import Head

    name = connection.settings_dict["NAME"]
    there = connection.vendor != "sqlite" or Path(name).exists()  # to look into a file that is not there makes it
    if not there or Head._meta.db_table not in connection.introspection.table_names():
        own = connection.vendor == "sqlite"
        right = "set BLOCKWISE_HOME to the installation's folder" if own else "name the installation's database in it"
        what = "There is no record here: the database was never migrated."
        raise Conflict(
            what, where=str(settings.HOME) if own else "DATABASE_URL", fix=f"Run `blockwise migrate`, or {right}."
        )


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """A running count on standard error, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"))
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)


def _echo_report(report: Report) -> None:
    """The verdict; status 1 if the record does not verify."""
    typer.echo(
        f"{start.counted(report.lines, 'line')}, {start.counted(report.seals, 'seal')} "
        f"up to line {report.sealed_to:,}, {report.held} of them as kept elsewhere"
    )
    if report.rows:
        typer.echo(f"{start.counted(report.rows, 'row')} as the lines made them")
    if report.texts:
        typer.echo("sealed texts: " + ", ".join(f"{count:,} {what}" for what, count in sorted(report.texts.items())))
    if report.fault:
        thread = f" ({report.fault.thread})" if report.fault.thread else ""
        line = f"line {report.fault.number}{thread}: " if report.fault.number else ""
        typer.echo(f"DOES NOT VERIFY: {line}{report.fault.why}", err=True)
        raise typer.Exit(1)
    for doubt in report.doubts:
        typer.echo(f"NOT ALL VERIFIED: {doubt}", err=True)
    if report.doubts:
        raise typer.Exit(1)
    if report.lines and not report.seals:
        typer.echo("nothing is sealed yet: who can write to the database can change every line unnoticed", err=True)
    typer.echo("verified")


def _tell_public(report: PublicReport) -> None:
    """The verdict on a public export, and what it proves; status 1 if it does not verify."""
    typer.echo(
        f"{start.counted(report.lines, 'line')} counted, {start.counted(report.seals, 'seal')} "
        f"up to line {report.sealed_to:,}, {report.held} of them as kept elsewhere"
    )
    if report.fault:
        typer.echo(f"DOES NOT VERIFY: {report.fault}", err=True)
        raise typer.Exit(1)
    if report.shown:
        said = ", ".join(f"{name} {value}" for name, value in report.shown.items())
        typer.echo(f"the line that was shown is under its seal, and counted here: {said}")
    typer.echo("verified: the seals, and that their key signed these counts; facts are proven when a line is shown")


@app.command()
def verify(
    export: Annotated[Path | None, typer.Option(help="An export instead of the database.", dir_okay=False)] = None,
    seal: SealFile = None,
    proof: Annotated[Path | None, typer.Option(help="Of one line, for a public export.", dir_okay=False)] = None,
) -> None:
    """Recompute the whole record and name the first line that does not fit."""
    with _ready(needs_record=not export), _counting("lines verified") as progress:
        from blockwise.ledger import public_check, verify

        held = verify.held_seals(seal) if seal else None
        public = export is not None and public_check.is_public(export)
        if proof and not public:
            fix = "Name one with --export."
            raise Invalid("A proof of a line is held against a public export.", where="--proof", fix=fix)
        if export and public:
            told = public_check.verify_public(export, held or {}, public_check.proof_in(proof) if proof else None)
            _tell_public(told)
            return
        report = verify.verify_export(export, held, progress) if export else verify.verify_database(held, progress)
    _echo_report(report)


@ledger.command("export")
def export_(
    out: Annotated[Path, typer.Argument(help="A new file.", dir_okay=False)],
    whole: Annotated[bool, typer.Option("--whole", help="Every line as it is; for those who may see it all.")] = False,
) -> None:
    """Write the record for anybody: all seals, and days, blocks and families of cases instead of the lines."""
    with _ready(), _counting("lines written") as progress:
        from blockwise.cases.queries.public_facts import Sorter
        from blockwise.ledger import export, public

        lines = export.export(out, progress) if whole else public.export(out, Sorter(), progress)
    typer.echo(f"{start.counted(lines, 'line')} written to {out}")


@ledger.command("prove")
def prove(
    number: Annotated[int, typer.Argument(help="Of a sealed line.", min=1)],
    out: Annotated[Path, typer.Argument(help="A new file.", dir_okay=False)],
) -> None:
    """Write one line whole, with what shows it in a public export. For those alone who may see that line."""
    with _ready():
        from blockwise.ledger import export, public

        export.write_records(out, [public.prove(number)], lambda: None)
    typer.echo(f"line {number} written to {out}")


@seal.command()
def show() -> None:
    """Print the latest seal, to be kept elsewhere. Status 1 if there is none yet."""
    with _ready():
        from blockwise.ledger.seals import latest

        found = latest()
    if found is None:
        typer.echo("nothing is sealed yet", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(found))


@seal.command()
def make() -> None:
    """Seal what is not sealed yet, as the worker does every minute."""
    with _ready():
        from blockwise.ledger.seals import UnsealableError, seal_all

        try:
            made = seal_all()
        except UnsealableError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
    typer.echo(f"{start.counted(made, 'seal')} made")


@app.command()
def erase(
    thread: Annotated[str, typer.Argument(help="For example case:12, or party:12:1.")],
    reason: Annotated[str, typer.Option(help="Goes on the record; no names.")],
) -> None:
    """Destroy a thread's key and sealed texts, for good. Of an open case it is asked twice."""
    with _ready():
        from blockwise.cases import personal
        from blockwise.cases.rules import values
        from blockwise.ledger.erase import LONGEST_REASON, erase

        reason = values.plain(reason, "--reason", LONGEST_REASON)
        if not reason:
            raise Invalid("A reason is needed.", where="--reason", fix="Say why, without naming anybody.")
        if seen := personal.found_in(reason):
            said = f"This looks like {seen.what}; what is on the record can never be erased."
            raise Invalid(said, where="--reason", fix="Say why, without naming anybody.")
        line = erase(thread, ACTOR, reason, still=erasing.asked(thread))
    typer.echo(
        f"{thread} erased, line {line.number}" if line else f"{thread}: nothing erased (it was before, or changed)"
    )


@keys.command()
def rotate(
    without_old: Annotated[
        bool, typer.Option("--without-old", help="Erase, for good, what master keys sealed that are lost.")
    ] = False,
) -> None:
    """Wrap every thread's key under a new master key; finishes a rotation that was interrupted."""
    with _ready(), _counting("keys wrapped") as progress:
        from blockwise.ledger.rotation import give_up, rotate

        if without_old:
            typer.echo(f"{give_up(ACTOR, progress):,} threads erased whose master key is lost")
        done = rotate(ACTOR, progress)
    wrapped = start.counted(done, "key")
    typer.echo(f"{wrapped} wrapped under the new master key; the old one stays until `blockwise keys forget`")


@keys.command()
def forget() -> None:
    """Remove the old master keys. Backups made before the rotation can then no longer be opened."""
    with _ready():
        from blockwise.ledger.rotation import forget

        old = forget(ACTOR)
    typer.echo(f"forgotten: {', '.join(old) or 'none'}")


@app.command()
def backup(out: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Write the database and the journals, signed, to a new folder while the server runs. Not the keys."""
    with _ready(), restoring.stopped_cleanly():
        from blockwise.ledger.backup import backup

        manifest = backup(out)
    lines, masters = start.counted(manifest["lines"], "line"), ", ".join(manifest["master_keys"])
    typer.echo(f"{lines} and more in {out}; keep the keys ({masters}) elsewhere")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `blockwise backup` made.", file_okay=False)],
    over: Annotated[bool, typer.Option("--over", help="Lose the record that is here.")] = False,
    seal: SealFile = None,
) -> None:
    """Put a backup in this database's place, erase and end again what was since, verify. Stop the server first."""
    with _ready(needs_record=False):
        from django.conf import settings

        from blockwise.ledger.restore import restore
        from blockwise.ledger.verify import held_seals
        from blockwise.site.server import lock

        lock(settings.HOME)
        done = restore(source, ACTOR, over=over, held=held_seals(seal) if seal else None)
    restoring.tell(done)
    _echo_report(done.report)
