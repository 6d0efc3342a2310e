"""What a backup leaves when it is told to stop, and what a restore has to tell of itself."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from . import start

if TYPE_CHECKING:
    from blockwise.ledger.restore import Restored


@contextmanager
def stopped_cleanly() -> Iterator[None]:
    """SIGTERM inside ends as Ctrl-C does: what was begun is taken away."""
    before = signal.signal(signal.SIGTERM, lambda *_received: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tell(done: Restored) -> None:
    again, ended = start.counted(done.erased_again, "erasure"), done.ended
    typer.echo(f"restored; {again} done again")
    sessions = start.counted(ended.sessions, "session")
    typer.echo(f"{start.counted(ended.again, 'revocation')} done again; {sessions} ended")
    if ended.passwords:
        typer.echo(
            f"their password was changed after the backup, the old one holds no more: {', '.join(ended.passwords)}; "
            "give them a new one: `blockwise user password LOGIN`",
            err=True,
        )
    if ended.all_tokens:
        typer.echo(
            f"this home does not know what was revoked after the backup: {start.counted(ended.tokens, 'token')} ended; "
            "look through the roles, and who is let in",
            err=True,
        )
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
