"""`blockwise verify`, `ledger`, `seal`, `erase`, `keys`, `backup`, `restore`. Status 1: unverified; 2: refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blockwise.problems import Conflict, Invalid, Problem

from . import start

if TYPE_CHECKING:
    from blockwise.ledger.check import Report

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
    start.django()
    try:
        if needs_record:
            _demand_record()
        yield
    except Problem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


def _demand_record() -> None:
    """Conflict where the database was never migrated: before any key or file is made for it."""
    from django.conf import settings
    from django.db import connection

    from blockwise.ledger.models import Head

    name = connection.settings_dict["NAME"]
    there = connection.vendor != "sqlite" or Path(name).exists()  # to look into a file that is not there makes it
    if not there or Head._meta.db_table not in connection.introspection.table_names():
        fix = "Run `blockwise migrate`, or set BLOCKWISE_HOME to the installation's folder."
        raise Conflict("There is no record here: the database was never migrated.", where=str(settings.HOME), fix=fix)


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


def _tell(report: Report) -> None:
    """The verdict; status 1 if the record does not verify."""
    typer.echo(
        f"{report.lines:,} lines, {report.seals:,} seals up to line {report.sealed_to:,}, "
        f"{report.held} of them as kept elsewhere"
    )
    if report.texts:
        typer.echo("sealed texts: " + ", ".join(f"{count:,} {what}" for what, count in sorted(report.texts.items())))
    if report.fault:
        thread = f" ({report.fault.thread})" if report.fault.thread else ""
        typer.echo(f"DOES NOT VERIFY: line {report.fault.number}{thread}: {report.fault.why}", err=True)
        raise typer.Exit(1)
    if report.lines and not report.seals:
        typer.echo("nothing is sealed yet: who can write to the database can change every line unnoticed", err=True)
    typer.echo("verified")


@app.command()
def verify(
    export: Annotated[Path | None, typer.Option(help="An export instead of the database.", dir_okay=False)] = None,
    seal: SealFile = None,
) -> None:
    """Recompute the whole record and name the first line that does not fit."""
    with _ready(needs_record=not export), _counting("lines verified") as progress:
        from blockwise.ledger import verify

        held = verify.held_seals(seal) if seal else None
        report = verify.verify_export(export, held, progress) if export else verify.verify_database(held, progress)
    _tell(report)


@ledger.command("export")
def export_(out: Annotated[Path, typer.Argument(help="A new file.", dir_okay=False)]) -> None:
    """Write lines and seals as JSON lines, for anybody to verify. It holds no sealed text."""
    with _ready(), _counting("lines written") as progress:
        from blockwise.ledger.export import export

        lines = export(out, progress)
    typer.echo(f"{lines:,} lines written to {out}")


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
    typer.echo(f"{made} seals made")


@app.command()
def erase(
    thread: Annotated[str, typer.Argument(help="For example case:12.")],
    reason: Annotated[str, typer.Option(help="Goes on the record; no names.")],
) -> None:
    """Destroy a thread's key and sealed texts, for good."""
    with _ready():
        from blockwise.cases import personal, values
        from blockwise.ledger.erase import LONGEST_REASON, erase

        reason = values.plain(reason, "--reason", LONGEST_REASON)
        if not reason:
            raise Invalid("A reason is needed.", where="--reason", fix="Say why, without naming anybody.")
        if what := personal.found_in(reason):
            said = f"This looks like {what}; what is on the record can never be erased."
            raise Invalid(said, where="--reason", fix="Say why, without naming anybody.")
        line = erase(thread, ACTOR, reason)
    typer.echo(f"{thread} erased, line {line.number}" if line else f"{thread} was erased before")


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
    typer.echo(f"{done:,} keys wrapped under the new master key; the old one stays until `blockwise keys forget`")


@keys.command()
def forget() -> None:
    """Remove the old master keys. Backups made before the rotation can then no longer be opened."""
    with _ready():
        from blockwise.ledger.rotation import forget

        old = forget(ACTOR)
    typer.echo(f"forgotten: {', '.join(old) or 'none'}")


@app.command()
def backup(out: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Write the database and the journal of erasures to a new folder while the server runs. Not the keys."""
    with _ready():
        from blockwise.ledger.backup import backup

        manifest = backup(out)
    typer.echo(
        f"{manifest['lines']:,} lines and more in {out}; keep the keys ({', '.join(manifest['master_keys'])}) elsewhere"
    )


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `blockwise backup` made.", file_okay=False)],
    over: Annotated[bool, typer.Option("--over", help="Lose the record that is here.")] = False,
    seal: SealFile = None,
) -> None:
    """Put a backup in this database's place, erase again what was erased since, verify. Stop the server first."""
    with _ready(needs_record=False):
        from django.conf import settings

        from blockwise.ledger.restore import restore
        from blockwise.ledger.verify import held_seals
        from blockwise.site.server import lock

        lock(settings.HOME)
        done = restore(source, ACTOR, over=over, held=held_seals(seal) if seal else None)
    typer.echo(f"restored; {done.erased_again} erasures done again")
    if done.keys_missing:
        typer.echo(
            f"master keys not in this home: {', '.join(done.keys_missing)}; put them into keys/master.json, beside any "
            "that are there, before the server is started: it does not start without",
            err=True,
        )
    if done.lost:
        typer.echo(
            f"seal {done.lost['number']}, up to line {done.lost['last_line']:,}, was made in this home and is not in "
            "the backup: what was recorded after the backup is lost",
            err=True,
        )
    if done.unknown_seal_keys:
        typer.echo(
            f"seals are signed by keys that this home does not know: {', '.join(done.unknown_seal_keys)}; compare them "
            "with a seal kept elsewhere, put the old home's seal.pub (and seal.pem) into keys/, then run "
            "`blockwise verify`; or restore again with --seal",
            err=True,
        )
    _tell(done.report)
