"""How a command that cannot go on says so: what, where and what to do, on standard error; never a traceback."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from blockwise.problems import Problem

RIGHTS = "Give this account the right to write there, or name another place."
HOME = "Look whether the home is there, and whether this account and the disk let it be written."
ROOM = "Make room there, or name another place."
MACHINE = {
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: RIGHTS,
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: ROOM,
    errno.ENOENT: "Check the name; the folder it lies in must be there.",
}
DATABASE = {
    "readonly": HOME,
    "unable to open": HOME,
    "full": "Make room on its disk.",
    "locked": "Another program holds the file; close it, or try again.",
    "no such table": "Run `blockwise migrate`.",
    "no such column": "Run `blockwise migrate`.",
    "does not exist": "Run `blockwise migrate`, or check DATABASE_URL.",
}


@contextmanager
def told(status: int) -> Iterator[None]:
    """A refusal inside, ours, the machine's or the database's, is told in words and ends with `status`.

    With BLOCKWISE_DEBUG=1 the machine's and the database's keep their traceback.
    """
    try:
        yield
    except Problem as problem:
        words = str(problem)
    except Exception as error:  # raised again where there are no words for it
        words = "" if os.environ.get("BLOCKWISE_DEBUG") == "1" else _words(error)
        if not words:
            raise
    else:
        return
    typer.echo(words, err=True)
    raise SystemExit(status)


def _words(error: Exception) -> str:
    """Empty for what is a fault of the program, and for a reader who has gone (`blockwise ... | head`)."""
    if isinstance(error, OSError):
        if error.errno == errno.EPIPE:
            return ""
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}. {MACHINE.get(error.errno or 0, 'Check the name.')}"
    from django.db import Error

    if not isinstance(error, (Error, sqlite3.Error)):
        return ""
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    fix = next((fix for mark, fix in DATABASE.items() if mark in said), "Check DATABASE_URL, and that it answers.")
    return f"The database: {said.rstrip('.')}. {fix}"
