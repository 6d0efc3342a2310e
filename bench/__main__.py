"""`python -m bench [NAME...] [--json FILE]`: measure, print a table, optionally write the figures."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

from .figures import Figure, show, write
from .installation import SCRATCH

SUBJECTS = (
    "startup",
    "points",
    "search",
    "recommendation",
    "positions",
    "stream",
    "creates",
    "worker",
    "messages",
    "replay",
    "case_list",
    "tables",
    "desk",
    "calls",
    "hypercube",
    "surge",
    "scan",
    "dispatch",
    "cover",
    "verify",
)
CORES = 2


def main() -> int:
    """Exit status 1 when a subject could not be measured; a goal that is not reached is told in the table."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SUBJECTS)}; all when none is given")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SUBJECTS):
        parser.error(f"not measured here: {', '.join(sorted(unknown))}")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    SCRATCH.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    failed = 0
    for name in asked.names or SUBJECTS:
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr)
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=SCRATCH))
        try:
            figures.extend(import_module(f"bench.{name}").measure(scratch))
        except Exception:  # noqa: BLE001  (the other subjects are measured all the same)
            traceback.print_exc()
            failed = 1
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    show(figures)
    if asked.json:
        write(asked.json, figures)
    return failed


if __name__ == "__main__":
    sys.exit(main())
