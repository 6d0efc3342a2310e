"""A file is examined in a process of its own, because no reader of pictures and documents is to be trusted here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from .anew import LARGEST, Anew, Refused, what_it_is

PATIENCE = 60.0  # seconds, waiting for the processor too


def examined(content: bytes) -> Anew:
    """The file made anew, as `anew` makes it; Refused also where that took more than it may."""
    if len(content) > LARGEST:
        raise ValueError("larger than LARGEST: refuse it before it is here")
    what_it_is(content)  # what is not taken costs no process
    words = [sys.executable, "-I", "-m", "blockwise.attachments.child"]
    plain = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    try:
        done = subprocess.run(words, input=content, capture_output=True, timeout=PATIENCE, env=plain, check=False)  # noqa: S603  (our own program)
    except subprocess.TimeoutExpired:
        raise Refused("effort") from None
    said, _newline, rest = done.stdout.partition(b"\n")
    if not said and done.returncode < 0:
        raise Refused("effort" if -done.returncode in (signal.SIGXCPU, signal.SIGKILL) else "damaged")
    if not said:
        raise RuntimeError(f"The examiner itself failed: {done.stderr.decode(errors='replace')[-300:]}")
    return _read(json.loads(said), rest)


def _read(said: dict[str, object], rest: bytes) -> Anew:
    if "why" in said:
        raise Refused(str(said["why"]))
    facts, size = said["facts"], said["content"]
    assert isinstance(facts, dict)
    assert isinstance(size, int)
    return Anew(str(said["type"]), rest[:size], rest[size:], facts)
