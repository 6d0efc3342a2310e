"""`blockwise migrate`."""

from __future__ import annotations

import typer

from . import start

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the database to this version; the triggers that guard the record are put back in the same run."""
    start.home()
    start.migrate()
