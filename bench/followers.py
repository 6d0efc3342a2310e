"""Many followers of /api/stream in one process of its own: they read what comes, and count."""

from __future__ import annotations

import multiprocessing
import selectors
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .load import request

PATIENCE = 30.0  # seconds for a stream to begin


@contextmanager
def following(port: int, tokens: Sequence[str]) -> Iterator[list[int]]:
    """A stream for each token while inside; the list holds afterwards how many lines came on each."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_follow, args=(theirs, port, tokens), daemon=True)
    process.start()
    seen: list[int] = []
    try:
        assert ours.recv() == "following"
        yield seen
        ours.send("enough")
        seen.extend(ours.recv())
    finally:
        process.terminate()
        process.join()


def _follow(pipe: Any, port: int, tokens: Sequence[str]) -> None:
    selector = selectors.DefaultSelector()
    counts = [0] * len(tokens)
    for number, token in enumerate(tokens):
        stream = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        stream.sendall(request("GET", "/api/stream", token=token))
        assert b" 200 " in stream.recv(4096).partition(b"\r\n")[0]
        selector.register(stream, selectors.EVENT_READ, number)
    selector.register(pipe, selectors.EVENT_READ, None)
    pipe.send("following")
    while True:
        for key, _events in selector.select():
            if key.data is None:
                pipe.send(counts)
                return
            piece = key.fileobj.recv(262_144)  # type: ignore[union-attr]  # it is a socket
            counts[key.data] += piece.count(b"\ndata: ")
