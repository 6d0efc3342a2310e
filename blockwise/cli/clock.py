"""`blockwise clock`: what is thought of the machine's time, and an operator's word on it."""

from __future__ import annotations

from typing import Annotated

import typer

from . import start

app = typer.Typer()
clock = typer.Typer(no_args_is_help=True, help="Whether the machine's time is believed.")
app.add_typer(clock, name="clock")


@clock.command()
def show() -> None:
    """Say whether the machine's time is believed. Status 1 if it is not."""
    start.django()
    from blockwise.ledger import clockwatch

    found = clockwatch.look()
    typer.echo(found.words() or f"{found.now:%Y-%m-%d %H:%M:%S} UTC is believed.")
    if found.doubt:
        raise typer.Exit(1)


@clock.command()
def confirm(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the machine's time was compared.")] = False,
) -> None:
    """Say that the machine's time is true. It goes on the record, and what waited goes on by this time."""
    start.django()
    from blockwise.access.actors import OPERATOR
    from blockwise.ledger import clockwatch

    found = clockwatch.look()
    typer.echo(found.words() or f"{found.now:%Y-%m-%d %H:%M:%S} UTC is believed already.", err=True)
    if not yes:
        said = "Compare it with another clock. What ended its time by then is erased for good. Is it true?"
        typer.confirm(f"{found.now:%Y-%m-%d %H:%M:%S} UTC. {said}", abort=True, err=True)
    line = clockwatch.confirm(OPERATOR.id)
    typer.echo(f"{found.now:%Y-%m-%d %H:%M:%S} UTC is true, line {line.number}")
