"""A load of HTTP clients in a process of its own: keep-alive sockets, requests made ready beforehand."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

PATIENCE = 60.0  # seconds for one answer


@dataclass(frozen=True)
class Sample:
    """One request: which client, when (machine's monotonic seconds), how long it took, what came."""

    client: int
    began: float
    seconds: float
    status: int
    body: bytes


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer, which must have a Content-Length."""
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _end, self.rest = self.rest.partition(b"\r\n\r\n")
        fields = (line.partition(b":") for line in head.lower().split(b"\r\n")[1:])
        length = next(int(value) for name, _colon, value in fields if name == b"content-length")
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(head[9:12]), body

    def _more(self) -> None:
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        self.rest += piece


def request(method: str, path: str, *, token: str = "", cookie: str = "", key: str = "", body: Any = None) -> bytes:
    """A request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    for name, value in (("Authorization", token and f"Bearer {token}"), ("Cookie", cookie), ("Idempotency-Key", key)):
        if value:
            lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


def drive(
    port: int, plans: Sequence[Iterable[bytes]], *, seconds: float = float("inf"), every: float = 0.0
) -> list[Sample]:
    """Let one client a plan send its requests, for `seconds`; `every`: one each so many seconds, however long each
    takes, and counted from when it should have begun. All begin at once; the load is a process of its own."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, port, plans, seconds, every))
    process.start()
    theirs.close()
    try:
        samples: list[Sample] = ours.recv()
    finally:
        process.join()
    return samples


def _run(pipe: Any, port: int, plans: Sequence[Iterable[bytes]], seconds: float, every: float) -> None:
    barrier = threading.Barrier(len(plans))
    samples: list[Sample] = []

    def work(number: int) -> None:
        client, plan = Client(port), iter(plans[number])
        barrier.wait()
        start = time.monotonic() + (every * number / len(plans))
        for at, one in _timed(plan, start, seconds, every):
            status, body = client.exchange(one)
            samples.append(Sample(number, at, time.monotonic() - at, status, body))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(plans))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send(samples)


def _timed(plan: Iterator[bytes], start: float, seconds: float, every: float) -> Iterator[tuple[float, bytes]]:
    if every:
        for turn, one in enumerate(islice(plan, int(seconds / every))):
            at = start + turn * every
            time.sleep(max(0.0, at - time.monotonic()))
            yield at, one
        return
    for one in plan:
        at = time.monotonic()
        if at >= start + seconds:
            return
        yield at, one
