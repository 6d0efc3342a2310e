"""Ogg (RFC 3533) with one stream of Opus (RFC 7845): what is written about the recording is left out."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

from ..anew import Anew, Refused, length

HEAD = struct.Struct("<4sBBqIIIB")
FIRST, GOES_ON = 2, 1  # flags of a page
NO_TAGS = b"OpusTags" + bytes(8)
HERTZ = 48_000
OPUS_HEAD = 19  # bytes without a table of channels
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    flags: int
    granule: int
    serial: int
    lacing: bytes
    body: bytes

    @property
    def ends_packet(self) -> bool:
        return bool(self.lacing) and self.lacing[-1] < 255

    @property
    def packets_ended(self) -> int:
        return sum(value < 255 for value in self.lacing)


def made(content: bytes) -> Anew:
    pages = _pages(content)
    head = pages[0]
    if not head.body.startswith(b"OpusHead"):
        raise Refused("unknown")
    if any(page.serial != head.serial for page in pages):
        raise Refused("damaged")
    sound = _behind_tags(pages[1:])
    kept = [_bare(head), Page(0, 0, head.serial, bytes([len(NO_TAGS)]), NO_TAGS), *sound]
    skipped = int.from_bytes(head.body[10:12], "little")
    ms = max(0, max(page.granule for page in sound) - skipped) * 1000 // HERTZ
    return Anew(
        "audio/ogg", b"".join(_written(page, number) for number, page in enumerate(kept)), facts={"ms": length(ms)}
    )


def _bare(head: Page) -> Page:
    """What RFC 7845 (5.1) says of the stream, and nothing behind it."""
    if len(head.body) < OPUS_HEAD:
        raise Refused("damaged")
    mapped = 2 + head.body[9] if head.body[18] else 0
    body = head.body[: OPUS_HEAD + mapped]
    return replace(head, body=body, lacing=bytes([len(body)]))


def _behind_tags(pages: list[Page]) -> list[Page]:
    """The tags end on a page of their own (RFC 7845, 3)."""
    if not pages or not pages[0].body.startswith(b"OpusTags"):
        raise Refused("damaged")
    for number, page in enumerate(pages, 1):
        if page.packets_ended:
            if page.packets_ended > 1 or not page.ends_packet or number == len(pages):
                raise Refused("damaged")
            return pages[number:]
    raise Refused("damaged")


def _pages(content: bytes) -> list[Page]:
    pages, place = [], 0
    while place < len(content):
        page, place = _page(content, place)
        pages.append(page)
    return pages


def _page(content: bytes, place: int) -> tuple[Page, int]:
    try:
        mark, version, flags, granule, serial, _number, crc, count = HEAD.unpack_from(content, place)
    except struct.error:
        raise Refused("damaged") from None
    lacing = content[place + HEAD.size : place + HEAD.size + count]
    begin = place + HEAD.size + count
    end = begin + sum(lacing)
    if mark != b"OggS" or version or len(lacing) < count or end > len(content):
        raise Refused("damaged")
    whole = bytearray(content[place:end])
    whole[22:26] = bytes(4)
    if checksum(bytes(whole)) != crc:
        raise Refused("damaged")
    return Page(flags, granule, serial, lacing, content[begin:end]), end


def _written(page: Page, number: int) -> bytes:
    parts = (b"OggS", 0, page.flags, page.granule, page.serial, number)
    rest = page.lacing + page.body
    crc = checksum(HEAD.pack(*parts, 0, len(page.lacing)) + rest)
    return HEAD.pack(*parts, crc, len(page.lacing)) + rest


def checksum(content: bytes) -> int:
    """Ogg's CRC goes from the highest bit, with nothing put in or taken off; zlib's from the lowest, inverted."""
    found = zlib.crc32(content.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{found:032b}"[::-1], 2)
