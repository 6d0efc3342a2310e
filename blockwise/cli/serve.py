"""`blockwise serve`, `blockwise worker`."""

from __future__ import annotations

from typing import Annotated

import typer

from . import kind, start

app = typer.Typer()


@app.command()
def serve(
    address: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65_535)] = 8000,
    processes: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.", min=1)] = 1,
) -> None:
    """Serve pages, the API and the stream, with a worker inside, until stopped."""
    start.home()
    from blockwise.site import server

    server.make_ready(address, port, processes)
    _tell_clock()
    for line in kind.waits():
        typer.echo(line, err=True)
    typer.echo(f"http://{f'[{address}]' if ':' in address else address}:{port}/")
    if note := _only_here(address):
        typer.echo(note, err=True)
    server.serve(address, port, processes)


def _only_here(address: str) -> str:
    """What to know of a server that others reach and that answers none of them."""
    from django.conf import settings

    here = {"localhost", "127.0.0.1", "[::1]", "::1"}
    if address in here or not set(settings.ALLOWED_HOSTS) <= here:
        return ""
    return "BLOCKWISE_HOSTS names this machine alone: who calls it by another name is answered 400. Name it there too."


@app.command()
def worker() -> None:
    """Run a worker alone: clocks, messages, seals. Servers started with BLOCKWISE_WORKER=0 need at least one."""
    start.django()
    from blockwise.rooms import house
    from blockwise.site import checks
    from blockwise.site.worker import Worker, until_stopped

    checks.refuse_unfit()
    _tell_clock()
    until_stopped(Worker(house().jobs.values()))


def _tell_clock() -> None:
    from blockwise.ledger import clockwatch

    if words := clockwatch.look().words():
        typer.echo(words, err=True)
