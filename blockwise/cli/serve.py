"""`blockwise serve`, `blockwise worker`."""

from __future__ import annotations

from typing import Annotated

import typer

from . import start

app = typer.Typer()


@app.command()
def serve(
    address: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.", min=1, max=65_535)] = 8000,
    processes: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.")] = 1,
) -> None:
    """Serve pages, the API and the stream, with a worker inside, until stopped."""
    start.django()
    from blockwise.site import server

    typer.echo(f"http://{address}:{port}/")
    server.serve(address, port, processes)


@app.command()
def worker() -> None:
    """Run a worker alone: clocks, outbox, seals. Servers started with BLOCKWISE_WORKER=0 need at least one."""
    start.django()
    from blockwise.site import checks
    from blockwise.site.jobs import jobs
    from blockwise.site.worker import Worker, until_stopped

    checks.refuse_unfit()
    until_stopped(Worker(jobs()))
