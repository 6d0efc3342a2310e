"""WAVE (RIFF; Microsoft and IBM, 1991): the format and the samples, no other chunk."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..anew import Anew, Refused, length

KEPT = (b"fmt ", b"fact", b"data")
LONGEST_FORMAT = 64
SAMPLES = 4  # bytes of `fact` that count samples; what stands behind them is nobody's


def made(content: bytes) -> Anew:
    found = {name: body for name, body in _chunks(content) if name in KEPT}
    form, samples = found.get(b"fmt ", b""), found.get(b"data", b"")
    if not 16 <= len(form) <= LONGEST_FORMAT or not samples:
        raise Refused("damaged")
    rate = struct.unpack_from("<I", form, 8)[0]  # bytes a second
    if not rate:
        raise Refused("damaged")
    if b"fact" in found:
        found[b"fact"] = found[b"fact"][:SAMPLES]
    body = b"WAVE" + b"".join(_written(name, found[name]) for name in KEPT if name in found)
    return Anew("audio/wav", _written(b"RIFF", body), facts={"ms": length(len(samples) * 1000 // rate)})


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + size]
        if len(body) < size:
            raise Refused("damaged")  # cut short
        yield name, body
        place += 8 + size + size % 2


def _written(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
