"""MP4 and 3GP sound (ISO/IEC 14496-12): its one sound track, written anew sample for sample.

Kept are the tables without which it cannot be played. Names, places, dates, covers and other tracks are left out, and
so is whatever lies in the file and is no sample of the track.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..anew import Anew, Refused, length

CODECS = {b"mp4a": b"esds", b"alac": b"alac", b"samr": b"damr", b"sawb": b"damr"}  # each with what sets it up
ENTRY = 36  # bytes of a description of sound before what sets it up
LONGEST_SETUP = 1_000
ROW = {b"stts": 8, b"stsc": 12}  # bytes of an entry
HEADER = {b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36)}  # bytes by version
FORM = b"M4A \0\0\0\0M4A mp42isom"
SOUND = bytes(8) + b"soun" + bytes(13)
HERE = bytes(4) + b"\0\0\0\1" + b"\0\0\0\x0curl \0\0\0\1"  # the samples lie in this file


@dataclass(frozen=True)
class Track:
    samples: bytes
    sizes: tuple[int, ...]  # of its chunks
    boxes: dict[bytes, bytes]


def made(content: bytes) -> Anew:
    try:
        top = dict(_boxes(content))
        track = _track(content, dict(_boxes(_need(top, b"moov"))) | {b"": top[b"moov"]})
    except (struct.error, IndexError):
        raise Refused("damaged") from None
    if b"moof" in top:
        raise Refused("unknown")  # in fragments
    hertz = _hertz(track.boxes[b"mdhd"])
    ms = _lasts(track.boxes[b"stts"]) * 1000 // (hertz or 1)
    return Anew("audio/mp4", _written(track), facts={"ms": length(ms)})


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place < len(content):
        size, name = struct.unpack_from(">I4s", content, place)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", content, place + 8)[0], 16
        size = size or len(content) - place
        if size < head or place + size > len(content):
            raise Refused("damaged")
        yield name, content[place + head : place + size]
        place += size


def _need(boxes: dict[bytes, bytes], name: bytes) -> bytes:
    if name not in boxes:
        raise Refused("damaged")
    return boxes[name]


def _track(content: bytes, movie: dict[bytes, bytes]) -> Track:
    found = [_inside(body) for name, body in _boxes(movie[b""]) if name == b"trak"]
    kinds = [boxes[b"hdlr"][8:12] for boxes in found]
    if b"vide" in kinds:
        raise Refused("video")
    if kinds.count(b"soun") != 1:
        raise Refused("damaged")
    boxes = found[kinds.index(b"soun")] | {b"mvhd": _need(movie, b"mvhd")}
    sizes = _chunk_sizes(boxes)
    places = _places(boxes)
    if len(places) != len(sizes) or sum(sizes) > len(content):
        raise Refused("damaged")
    chunks = [content[place : place + size] for place, size in zip(places, sizes, strict=True)]
    if any(len(chunk) < size for chunk, size in zip(chunks, sizes, strict=True)):
        raise Refused("damaged")  # cut short
    return Track(b"".join(chunks), sizes, boxes)


def _inside(track: bytes) -> dict[bytes, bytes]:
    """All the boxes of a track by name, those inside others too; only the media's own are looked for."""
    boxes = dict(_boxes(track))
    for outer in (b"mdia", b"minf", b"stbl"):
        boxes |= dict(_boxes(_need(boxes, outer)))
    for name in (b"tkhd", b"mdhd", b"hdlr", b"stsd", b"stts", b"stsc", b"stsz"):
        _need(boxes, name)
    return boxes


def _numbers(box: bytes, place: int, count: int, form: str = "I") -> tuple[int, ...]:
    if count * struct.calcsize(f">{form}") > len(box) - place:
        raise Refused("damaged")
    return struct.unpack_from(f">{count}{form}", box, place)


def _chunk_sizes(boxes: dict[bytes, bytes]) -> tuple[int, ...]:
    same, count = struct.unpack_from(">II", boxes[b"stsz"], 4)
    if count * (same or 1) > 100_000_000:
        raise Refused("damaged")
    samples = (same,) * count if same else _numbers(boxes[b"stsz"], 12, count)
    sizes: list[int] = []
    begin = 0
    for chunks, each in _runs(boxes[b"stsc"], len(_places(boxes))):
        for _chunk in range(chunks):
            sizes.append(sum(samples[begin : begin + each]))
            begin += each
    if begin != count:
        raise Refused("damaged")
    return tuple(sizes)


def _runs(stsc: bytes, chunks: int) -> Iterator[tuple[int, int]]:
    """How many chunks in a row have how many samples each."""
    count = struct.unpack_from(">I", stsc, 4)[0]
    rows = list(zip(*[iter(_numbers(stsc, 8, count * 3))] * 3, strict=True))
    for row, following in zip(rows, [*rows[1:], (chunks + 1, 0, 0)], strict=True):
        if following[0] <= row[0]:
            raise Refused("damaged")
        yield following[0] - row[0], row[1]


def _places(boxes: dict[bytes, bytes]) -> tuple[int, ...]:
    name, form = (b"co64", "Q") if b"co64" in boxes else (b"stco", "I")
    box = _need(boxes, name)
    return _numbers(box, 8, struct.unpack_from(">I", box, 4)[0], form)


def _hertz(header: bytes) -> int:
    """Units of its time in a second."""
    return int(struct.unpack_from(">I", header, 20 if header[0] else 12)[0])


def _lasts(stts: bytes) -> int:
    """How long all samples last, in units of the track's time."""
    numbers = _numbers(stts, 8, 2 * struct.unpack_from(">I", stts, 4)[0])
    return sum(count * each for count, each in zip(numbers[::2], numbers[1::2], strict=True))


def _undated(header: bytes) -> bytes:
    """Without the times at which it was made and changed."""
    dates = 16 if header[0] else 8
    return header[:4] + bytes(dates) + header[4 + dates :]


def _described(stsd: bytes) -> bytes:
    """The first description alone, with nothing but what sets up its codec."""
    name, entry = next(_boxes(stsd[8:]), (b"", b""))
    if name not in CODECS or entry[8:10] != b"\0\0":
        raise Refused("unknown")
    setup = dict(_boxes(entry[ENTRY - 8 :])).get(CODECS[name], b"")
    if len(setup) > LONGEST_SETUP:
        raise Refused("damaged")
    return bytes(4) + b"\0\0\0\1" + _box(name, entry[: ENTRY - 8] + _box(CODECS[name], setup))


def _table(name: bytes, box: bytes) -> bytes:
    """Its entries, and nothing behind them."""
    if name == b"stsz":
        same, count = struct.unpack_from(">II", box, 4)
        return bytes(4) + box[4 : 12 + (0 if same else 4 * count)]
    return bytes(4) + box[4 : 8 + ROW[name] * struct.unpack_from(">I", box, 4)[0]]


def _header(name: bytes, box: bytes) -> bytes:
    """As long as its version has it, without the times at which it was made and changed."""
    size = HEADER[name][bool(box[0])]
    if len(box) < size:
        raise Refused("damaged")
    return _undated(box[:size])


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def _written(track: Track) -> bytes:
    form = _box(b"ftyp", FORM)
    ahead = len(form) + len(_movie(track, 0)) + 8
    return form + _movie(track, ahead) + _box(b"mdat", track.samples)


def _movie(track: Track, begin: int) -> bytes:
    boxes, places, place = track.boxes, [], begin
    for size in track.sizes:
        places.append(place)
        place += size
    tables = [_box(name, _table(name, boxes[name])) for name in (b"stts", b"stsc", b"stsz")]
    chunks = _box(b"stco", struct.pack(f">II{len(places)}I", 0, len(places), *places))
    table = _box(b"stbl", _box(b"stsd", _described(boxes[b"stsd"])), *tables, chunks)
    media = _box(b"minf", _box(b"smhd", bytes(8)), _box(b"dinf", _box(b"dref", HERE)), table)
    body = _box(b"mdia", _box(b"mdhd", _header(b"mdhd", boxes[b"mdhd"])), _box(b"hdlr", SOUND), media)
    whole = _box(b"trak", _box(b"tkhd", _header(b"tkhd", boxes[b"tkhd"])), body)
    return _box(b"moov", _box(b"mvhd", _header(b"mvhd", boxes[b"mvhd"])), whole)
