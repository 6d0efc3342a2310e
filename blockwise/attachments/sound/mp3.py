"""MPEG sound, layer III (ISO/IEC 11172-3, 13818-3): its frames, without the tags before and behind them."""

from __future__ import annotations

from dataclasses import dataclass

from ..anew import Anew, Refused

RATES = (44_100, 48_000, 32_000)  # samples a second, of version 1; halved by version 2, again by 2.5
KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
LONGEST_FRAME = 1_441
FEWEST = 4  # frames: fewer are chance
TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"\0")


@dataclass(frozen=True)
class Frame:
    bytes: int
    samples: int
    rate: int


def made(content: bytes) -> Anew:
    place = _behind_tags(content)
    frames: list[tuple[int, Frame]] = []
    while (frame := _frame(content, place)) and place + frame.bytes <= len(content):
        frames.append((place, frame))
        place += frame.bytes
    if len(frames) < FEWEST or (len(content) - place > LONGEST_FRAME and not content.startswith(TAGS, place)):
        raise Refused("damaged")
    announced = _announced(content, *frames[0])
    if announced is not None:
        frames = frames[1:]  # it names the program that wrote it
        if len(frames) < announced:
            raise Refused("damaged")  # cut short
    ms = sum(frame.samples * 1000 / frame.rate for _place, frame in frames)
    kept = b"".join(content[begin : begin + frame.bytes] for begin, frame in frames)
    return Anew("audio/mpeg", kept, facts={"ms": round(ms)})


def _behind_tags(content: bytes) -> int:
    place = 0
    while content.startswith(b"ID3", place) and len(content) >= place + 10:
        a, b, c, d = content[place + 6 : place + 10]
        foot = 10 if content[place + 5] & 0x10 else 0
        place += 10 + (a << 21 | b << 14 | c << 7 | d) + foot
    while place < len(content) and content[place] == 0:
        place += 1  # some writers leave a gap
    return place


def _frame(content: bytes, place: int) -> Frame | None:
    head = content[place : place + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version = head[1] >> 3 & 3  # 3: 1; 2: 2; 0: 2.5
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate == 3 or bits in (0, 15):
        return None
    first = version == 3
    hertz = RATES[rate] // (1 if first else 2 if version == 2 else 4)
    samples = 1152 if first else 576
    kbits = (KBITS_1 if first else KBITS_2)[bits]
    return Frame(samples // 8 * kbits * 1000 // hertz + (head[2] >> 1 & 1), samples, hertz)


def _announced(content: bytes, place: int, frame: Frame) -> int | None:
    """How many frames follow, where the first one holds no sound but says so (Xing, Info, VBRI); 0: it does not say."""
    inside = content[place : place + frame.bytes]
    if (vbri := inside.find(b"VBRI")) == 36:
        return int.from_bytes(inside[vbri + 14 : vbri + 18], "big")
    for mark in (b"Xing", b"Info"):
        if (at := inside.find(mark)) in (13, 15, 21, 23, 36, 38):
            return int.from_bytes(inside[at + 8 : at + 12], "big") if inside[at + 7] & 1 else 0
    return None
