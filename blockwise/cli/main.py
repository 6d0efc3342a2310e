"""The command `blockwise`. A file is imported only when one of its commands is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from . import refusals

FILES = {
    "backup": "ledger",
    "city": "city",
    "clock": "clock",
    "cover": "cover",
    "demo": "demo",
    "discover": "rates",
    "erase": "ledger",
    "keys": "ledger",
    "kind": "kind",
    "ledger": "ledger",
    "migrate": "migrate",
    "rates": "rates",
    "queue": "queue",
    "repeats": "repeats",
    "replay": "replay",
    "restore": "ledger",
    "scan": "scan",
    "seal": "ledger",
    "serve": "serve",
    "surge": "surge",
    "user": "user",
    "verify": "ledger",
    "worker": "serve",
}


def command(asked: str) -> typer.Typer:
    """The command with the group that holds `asked`, or with all of them when there is no such command."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback(help="Blockwise: a city's public safety, block by block.")(lambda: None)
    for file in [FILES[asked]] if asked in FILES else dict.fromkeys(FILES.values()):
        app.add_typer(import_module(f"blockwise.cli.{file}").app)
    return app


def main() -> None:
    """Run what was typed; a refusal is told in words on standard error and ends with status 1."""
    with refusals.told(1):
        command(next(iter(sys.argv[1:]), ""))()


if __name__ == "__main__":
    main()
