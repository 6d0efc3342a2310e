"""What commands share: Django set up where it is needed, and a bar for long work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


def django() -> None:
    """Set Django up with the product's settings, for the commands that need the database.

    What they and their children write, home and database first, is this account's alone: it holds password hashes.
    """
    import django as package

    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blockwise.site.settings")
    package.setup()


def home() -> None:
    """As `django`, with the home made where it is not there."""
    django()
    from django.conf import settings

    from blockwise.site.settings import secret_key

    settings.HOME.mkdir(parents=True, exist_ok=True)
    settings.SECRET_KEY = secret_key()


def counted(count: int, noun: str) -> str:
    """1 seal, 2,000 seals."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def migrate(verbosity: int = 1) -> None:
    """The database, and the kinds that come with the product, brought to this version.

    Conflict where this home sealed a record and the database is empty.
    """
    from django.core.management import call_command

    from blockwise.ledger.begin import begin
    from blockwise.ledger.seals import refuse_emptied

    refuse_emptied()
    call_command("migrate", interactive=False, verbosity=verbosity)
    begin()
    from blockwise.access.actors import OPERATOR
    from blockwise.cases.engine import intake
    from blockwise.cases.kinds import renewal

    for case in intake.unread():
        typer.echo(f"case {case}: its opening line cannot be read, so it has no row of what was first reported")
    for line in renewal.renew(OPERATOR.id).lines():
        typer.echo(line)


def migrate_new() -> None:
    """Make the database where nothing was ever migrated. Conflict on one of an earlier version, which has a record."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from blockwise.problems import Conflict

    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        migrate(verbosity=0)
    elif waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        what = f"The database is of an earlier version: {counted(len(waiting), 'migration')} not applied."
        raise Conflict(what, fix="Stop the server, make a backup, run `blockwise migrate`, then load the city.")


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error; call it with the step begun and the share done, 0 to 1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda step, share: shown.update(task, description=step, completed=share)
