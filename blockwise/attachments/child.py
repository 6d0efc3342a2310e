"""Run as a program: a file comes in, the same made anew goes out; whatever a reader of it does, it does it here.

Its memory, its time and its files are bounded before a byte is read; it has the lowest priority of all.
"""

from __future__ import annotations

import json
import os
import resource
import sys

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 40  # of computing
_FILES = 32


def limit() -> None:
    os.nice(15)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))


def main() -> None:
    """A line of JSON, then the content and its thumbnail; `why` alone where there is none."""
    limit()
    from .anew import Refused, anew

    try:
        made = anew(sys.stdin.buffer.read())
        said = {"type": made.type, "facts": made.facts, "content": len(made.content), "thumb": len(made.thumb)}
        rest = made.content + made.thumb
    except Refused as refused:
        said, rest = {"why": refused.why}, b""
    except MemoryError:
        said, rest = {"why": "effort"}, b""
    except Exception:  # noqa: BLE001  (whatever a reader stumbles over, it was this file's)
        said, rest = {"why": "damaged"}, b""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + rest)


if __name__ == "__main__":
    main()
