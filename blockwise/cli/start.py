"""What commands share: Django set up where it is needed, and a bar for long work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def django() -> None:
    """Set Django up with the product's settings, for the commands that need the database.

    What they and their children write, home and database first, is this account's alone: it holds password hashes.
    """
    import django as package

    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blockwise.site.settings")
    package.setup()


def counted(count: int, noun: str) -> str:
    """1 seal, 2,000 seals."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def migrate(verbosity: int = 1) -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=verbosity)


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error; call it with the step begun and the share done, 0 to 1."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda step, share: shown.update(task, description=step, completed=share)
