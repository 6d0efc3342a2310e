"""Files as people send them, and as an attacker would: each holds PLANTED wherever such a file can hold it."""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from blockwise.attachments.sound import ogg

PLANTED = "PLANTED-7431"
HEIC = Path(__file__).with_name("phone.heic")  # drawn for these tests: no library here writes the format


def picture(form: str = "JPEG", size: tuple[int, int] = (640, 480), turned: int = 1) -> bytes:
    """Half red, half blue, with a place, a maker and a remark in it."""
    drawn = Image.new("RGB", size, (40, 40, 200))
    drawn.paste((200, 40, 40), (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    more = {"comment": PLANTED.encode()} if form == "JPEG" else {"pnginfo": _text()} if form == "PNG" else {}
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{PLANTED}</x:xmpmeta>'.encode()
    drawn.save(written, form, exif=_exif(turned), xmp=packet, **more)  # type: ignore[arg-type]  # one or the other
    return written.getvalue()


def _text() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", PLANTED)
    return info


def _exif(turned: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = PLANTED, PLANTED, turned
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (37.0, 46.0, 29.7), "W", (122.0, 25.0, 9.9)
    return exif.tobytes()


def bomb(side: int = 20_000) -> bytes:
    """A PNG of a few kilobytes that would be 400 million pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side + 1) * 50, 9)
    return b"\x89PNG\r\n\x1a\n" + _png(b"IHDR", head) + _png(b"IDAT", rows) + _png(b"IEND", b"")


def _png(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def pdf(pages: int = 2, *, more: str = "", encrypt: str = "") -> bytes:
    """With a script, an embedded file, metadata, and words on each page."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(pages))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS({PLANTED})>>/Metadata 5 0 R"
        f"/Names<</EmbeddedFiles<</Names[({PLANTED}) 4 0 R]>>>>{more}>>",
        2: f"<</Type/Pages/Count {pages}/Kids[{kids}]>>",
        3: f"<</Author({PLANTED})/Producer({PLANTED})>>",
        4: f"<</Type/Filespec/F({PLANTED})/EF<</F 5 0 R>>>>",
        5: f"<</Length {len(PLANTED)}>>stream\n{PLANTED}\nendstream",
        6: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    for n in range(pages):
        drawing = f"BT /F 24 Tf 30 100 Td (Page {n + 1}) Tj ET"
        font = "/Resources<</Font<</F 6 0 R>>>>"
        objects[10 + 2 * n] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents {11 + 2 * n} 0 R{font}>>"
        objects[11 + 2 * n] = f"<</Length {len(drawing)}>>stream\n{drawing}\nendstream"
    out, places = "%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj{body}endobj\n"
    begin, size = len(out), max(objects) + 1
    rows = "".join(f"{places[n]:010d} 00000 n \n" if n in places else "0000000000 65535 f \n" for n in range(size))
    last = f"trailer<</Size {size}/Root 1 0 R/Info 3 0 R{encrypt}>>\nstartxref\n{begin}\n%%EOF"
    return f"{out}xref\n0 {size}\n{rows}{last}".encode()


def encrypted_pdf() -> bytes:
    """Locked by a password that nobody here has (standard handler, 40 bits)."""
    lock = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{'41' * 32}>/U<{'42' * 32}>/P -44>>/ID[<{'43' * 16}><{'43' * 16}>]"
    return pdf(encrypt=lock)


def wav(seconds: float = 1.0) -> bytes:
    rate = 8000
    samples = b"".join(struct.pack("<h", round(9000 * math.sin(n / 6))) for n in range(round(seconds * rate)))
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    note = b"INFOIART" + struct.pack("<I", len(PLANTED)) + PLANTED.encode()
    counted = _riff(b"fact", struct.pack("<I", len(samples) // 2) + PLANTED.encode())
    body = (
        b"WAVE" + _riff(b"fmt ", form) + counted + _riff(b"LIST", note) + _riff(b"data", samples) + _riff(b"id3 ", note)
    )
    return _riff(b"RIFF", body)


def _riff(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)


def mp3(frames: int = 20, *, announced: int | None = None) -> bytes:
    """Silence of MPEG 1, layer III, 128 kbit/s, 44.1 kHz, mono, between tags; `announced` by a frame of its own."""
    frame = bytes([0xFF, 0xFB, 0x90, 0xC0]) + bytes(413)
    info = b""
    if announced is not None:
        info = bytearray(frame)
        info[21:33] = b"Info" + struct.pack(">II", 1, announced)
        info[140:152] = PLANTED.encode()
    front = b"ID3\x03\0\0\0\0\0" + bytes([30]) + PLANTED.encode().ljust(30, b"\0")
    return front + bytes(info) + frame * frames + b"TAG" + PLANTED.encode().ljust(125, b"\0")


def opus(packets: int = 50) -> bytes:
    """20 ms a packet, of silence."""
    head = b"OpusHead\1\1" + struct.pack("<HIhB", 312, 48_000, 0, 0) + PLANTED.encode()
    tags = b"OpusTags" + _counted(PLANTED) + struct.pack("<I", 1) + _counted(f"LOCATION={PLANTED}" + "x" * 300)
    sound = [
        ogg.Page(4 if n == packets - 1 else 0, 960 * (n + 1), 7, bytes([3]), b"\xf8\xff\xfe") for n in range(packets)
    ]
    pages = [
        ogg.Page(2, 0, 7, bytes([len(head)]), head),
        ogg.Page(0, 0, 7, bytes([255, len(tags) - 255]), tags),
        *sound,
    ]
    return b"".join(ogg._written(page, number) for number, page in enumerate(pages))


def _counted(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode()


def m4a(chunks: int = 3, *, handler: bytes = b"soun") -> bytes:
    """A track of `chunks` chunks of two samples each, behind a stray one and before another, with places and names."""
    setup = b"\0\0\0\0" + bytes.fromhex("0319000200041140150000000001f4000001f40005021210060102")
    entry = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", 2, 16, 0, 44_100 << 16) + _box(b"esds", setup)
    samples = [bytes([65 + n]) * (10 + n) for n in range(2 * chunks)]
    stray = PLANTED.encode()
    form = _box(b"ftyp", b"M4A \0\0\0\0M4A ")

    def movie(begin: int) -> bytes:
        places, place = [], begin + len(stray)
        for n in range(chunks):
            places.append(place)
            place += len(samples[2 * n]) + len(samples[2 * n + 1]) + len(stray)
        table = _box(
            b"stbl",
            _full(b"stsd", struct.pack(">I", 1) + _box(b"mp4a", entry)),
            _full(b"stts", struct.pack(">III", 1, len(samples), 1024) + PLANTED.encode()),
            _full(b"stsc", struct.pack(">IIII", 1, 1, 2, 1)),
            _full(b"stsz", struct.pack(f">II{len(samples)}I", 0, len(samples), *map(len, samples))),
            _full(b"stco", struct.pack(f">I{chunks}I", chunks, *places)),
        )
        head = struct.pack(">IIII", 3_800_000_000, 3_800_000_000, 44_100, 1024 * len(samples))
        media = _box(
            b"mdia",
            _full(b"mdhd", head + bytes(4) + PLANTED.encode()),
            _full(b"hdlr", bytes(4) + handler + bytes(12) + PLANTED.encode() + b"\0"),
            _box(b"minf", _full(b"smhd", bytes(4)), _box(b"dinf", _full(b"dref", bytes(4))), table),
        )
        track = _box(b"trak", _full(b"tkhd", head + bytes(64)), media)
        place = _box(b"udta", _box(b"\xa9xyz", b"\0\x12\x15\xc7+37.7749-122.4194" + PLANTED.encode()))
        return _box(b"moov", _full(b"mvhd", head + bytes(80)), track, place)

    begin = len(form) + len(movie(0)) + 8
    pairs = [stray + samples[2 * n] + samples[2 * n + 1] for n in range(chunks)]
    return form + movie(begin) + _box(b"mdat", *pairs, stray) + _box(b"free", stray)


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def _full(name: bytes, body: bytes) -> bytes:
    return _box(name, bytes(4), body)
