"""Nothing of a file is kept but what can be seen or heard in it; what cannot be looked into is refused, by reason."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from blockwise.attachments import examine
from blockwise.attachments.anew import EDGE, LARGEST, NOT_EXAMINED, NOT_TAKEN, Anew, Refused, anew, what_it_is
from blockwise.attachments.examine import examined

from . import samples

PICTURES = {"jpeg": samples.picture(), "png": samples.picture("PNG"), "webp": samples.picture("WEBP")}
SOUND = {
    "audio/wav": (samples.wav(), 1000),
    "audio/mpeg": (samples.mp3(), 522),
    "audio/ogg": (samples.opus(), 993),
    "audio/mp4": (samples.m4a(), 139),
}
EVERY = [*PICTURES.values(), samples.HEIC.read_bytes(), samples.pdf(), *(content for content, _ms in SOUND.values())]


def tried(content: bytes, make: Callable[[bytes], Anew] = examined) -> Anew | str:
    """What it is made into, or the reason why not."""
    try:
        return make(content)
    except Refused as found:
        return found.why


def refused(content: bytes) -> str:
    found = tried(content)
    assert isinstance(found, str)
    return found


def holds_plant(content: bytes) -> bool:
    return any(
        mark in content for mark in (samples.PLANTED.encode(), b"PLANTED", b"Exif", b"xmpmeta", b"GPS", b"37.77")
    )


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_a_picture_keeps_its_pixels_and_nothing_else(content: bytes) -> None:
    assert holds_plant(content)
    made = examined(content)
    assert (made.type, made.facts) == ("image/jpeg", {"width": 640, "height": 480})
    kept, thumb = Image.open(io.BytesIO(made.content)), Image.open(io.BytesIO(made.thumb))
    assert (kept.info.keys() - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, dict(kept.getexif())) == (
        set(),
        {},
    )
    assert (kept.getpixel((100, 100))[0] > 180, kept.getpixel((500, 100))[2] > 180) == (True, True)  # type: ignore[index]  # a tuple in RGB
    assert (max(thumb.size), thumb.size) == (EDGE, (96, 72))
    assert not holds_plant(made.content + made.thumb)


def test_a_phones_heic_is_taken_too() -> None:
    content = samples.HEIC.read_bytes()
    assert b"PLANTED" in content
    made = examined(content)
    kept = Image.open(io.BytesIO(made.content))
    assert (made.type, kept.format, kept.size) == ("image/jpeg", "JPEG", (96, 64))
    left = kept.getpixel((10, 30))
    assert isinstance(left, tuple)
    assert left[2] > left[0]
    assert not holds_plant(made.content + made.thumb)


def test_a_picture_stands_upright_although_what_said_so_is_gone() -> None:
    made = examined(samples.picture(turned=6))
    kept = Image.open(io.BytesIO(made.content))
    assert kept.size == (480, 640)
    above = kept.getpixel((200, 100))
    assert isinstance(above, tuple)
    assert above[0] > 180


def test_what_is_transparent_is_white_and_what_is_grey_stays_so() -> None:
    for mode, colour, seen in (("RGBA", (0, 0, 0, 0), 255), ("LA", (0, 0), 255), ("L", 90, 90), ("1", 1, 255)):
        written = io.BytesIO()
        Image.new(mode, (50, 50), colour).save(written, "PNG")
        pixel = Image.open(io.BytesIO(anew(written.getvalue()).content)).getpixel((25, 25))
        assert isinstance(pixel, tuple)
        assert all(abs(value - seen) < 4 for value in pixel), mode


def test_a_large_picture_is_kept_smaller() -> None:
    made = anew(samples.picture(size=(6000, 3000)))
    assert made.facts == {"width": 4096, "height": 2048}


def test_a_pdf_is_kept_as_pictures_of_its_pages() -> None:
    content = samples.pdf(3)
    made = examined(content)
    assert (made.type, made.facts) == ("application/pdf", {"pages": 3})
    for hidden in (
        b"JavaScript",
        b"/JS",
        b"EmbeddedFile",
        b"/Metadata",
        b"/Author",
        b"/Info",
        b"OpenAction",
        b"/Annots",
    ):
        assert hidden not in made.content
    assert not holds_plant(made.content)
    with pypdfium2.PdfDocument(made.content) as document:
        assert (len(document), document.get_metadata_dict(skip_empty=True), document.count_attachments()) == (3, {}, 0)
        page = document[1]
        assert tuple(round(side) for side in page.get_size()) == (200, 200)
        drawn = page.render().to_pil().convert("L")
    assert min(drawn.crop((30, 60, 140, 120)).tobytes()) < 80  # "Page 2" can still be read
    assert Image.open(io.BytesIO(made.thumb)).size == (EDGE, EDGE)


@pytest.mark.parametrize(("kind", "content", "ms"), [(kind, *found) for kind, found in SOUND.items()], ids=SOUND)
def test_sound_keeps_its_samples_and_nothing_that_is_said_of_them(kind: str, content: bytes, ms: int) -> None:
    assert holds_plant(content)
    made = examined(content)
    assert (made.type, made.facts, made.thumb) == (kind, {"ms": ms}, b"")
    assert not holds_plant(made.content)
    assert anew(made.content) == made  # it is whole, and there is nothing left to take out


def test_of_an_mp4_every_sample_is_where_its_table_says() -> None:
    made = anew(samples.m4a())
    assert made.content.endswith(b"A" * 10 + b"B" * 11 + b"C" * 12 + b"D" * 13 + b"E" * 14 + b"F" * 15)
    at = made.content.index(b"stco") + 12
    places = [int.from_bytes(made.content[at + 4 * n : at + 4 * n + 4], "big") for n in range(3)]
    assert [made.content[place : place + 1] for place in places] == [b"A", b"C", b"E"]


def test_a_frame_that_only_announces_others_is_left_out() -> None:
    assert anew(samples.mp3(20, announced=20)).content == anew(samples.mp3(20)).content
    assert refused(samples.mp3(11, announced=20)) == "damaged"


OTHERS = {
    "a program": (b"MZ\x90\0" + bytes(200), "program"),
    "an ELF program": (b"\x7fELF" + bytes(200), "program"),
    "a shell script": (b"#!/bin/sh\nrm -rf /\n", "program"),
    "an SVG with a script": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "markup"),
    "an SVG behind a mark and spaces": (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "markup"),
    "a page": (b"\n\n  <html><script>alert(1)</script>", "markup"),
    "an office document": (b"PK\x03\x04" + bytes(100), "archive"),
    "an old office document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "archive"),
    "a video": (b"\0\0\0\x18ftypqt  " + bytes(100), "video"),
    "a video with sound": (samples.m4a(handler=b"vide"), "video"),
    "a GIF": (b"GIF89a" + bytes(100), "unknown"),
    "a PDF behind something else": (b"GIF89a" + samples.pdf(), "unknown"),
    "a TIFF that calls itself nothing": (b"II*\0" + bytes(100), "unknown"),
    "a text": ("消防通道堵塞".encode(), "unknown"),
    "nothing": (b"", "empty"),
    "an encrypted PDF": (samples.encrypted_pdf(), "encrypted"),
    "a picture bomb": (samples.bomb(), "pixels"),
    "a PDF of too many pages": (samples.pdf(61), "pages"),
    "a PDF without pages": (samples.pdf(0), "damaged"),
    "the head of a JPEG alone": (b"\xff\xd8\xff\xe0", "damaged"),
    "the mark of a PDF alone": (b"%PDF-1.7\n", "damaged"),
    "Ogg that is no Opus": (samples.opus().replace(b"OpusHead", b"OpusHeaD"), "damaged"),
    "an altered recording": (samples.opus()[:-1] + b"\0", "damaged"),
}


@pytest.mark.parametrize(("content", "why"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_kept_is_called_by_its_reason(content: bytes, why: str) -> None:
    assert why in NOT_TAKEN | NOT_EXAMINED
    assert refused(content) == why


@pytest.mark.parametrize("content", EVERY)
def test_half_a_file_was_not_examined(content: bytes) -> None:
    """A PDF may be mended from its pages' own objects; sound without a count of its frames cannot be told short."""
    made = tried(content[: len(content) // 2])
    if isinstance(made, Anew):
        assert made.type in {"application/pdf", "audio/mpeg"}
        assert not holds_plant(made.content)
    else:
        assert made in {"damaged", "pages"}


@pytest.mark.parametrize("behind", [b"PK\x03\x04payload", b"MZpayload", b"<script>payload()</script>"])
@pytest.mark.parametrize("content", EVERY)
def test_what_hangs_behind_a_file_is_gone(content: bytes, behind: bytes) -> None:
    made = tried(content + behind)
    assert made == "damaged" if isinstance(made, str) else b"payload" not in made.content


@given(st.sampled_from(EVERY), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_whatever_bytes_are_changed_it_is_made_anew_or_refused_by_a_reason(
    content: bytes, changed: list[tuple[float, int]]
) -> None:
    altered = bytearray(content)
    for place, value in changed:
        altered[int(place * len(altered))] = value
    made = tried(bytes(altered), anew)
    if isinstance(made, Anew):
        assert what_it_is(made.content) in {"picture", "pdf", "wav", "mp3", "mp4", "ogg"}
    else:
        assert made in NOT_TAKEN | NOT_EXAMINED


def test_what_takes_too_long_or_too_much_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "PATIENCE", 0.05)
    began = time.monotonic()
    assert refused(samples.pdf(40)) == "effort"
    assert time.monotonic() - began < 5


def test_a_reader_that_falls_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for ended, why in (
        (-signal.SIGXCPU, "effort"),
        (-signal.SIGKILL, "effort"),
        (-signal.SIGSEGV, "damaged"),
    ):
        gone = subprocess.CompletedProcess([], ended, stdout=b"", stderr=b"")
        monkeypatch.setattr(subprocess, "run", lambda *_given, gone=gone, **_more: gone)
        assert refused(samples.picture()) == why


def test_a_fault_of_the_examiner_is_not_told_as_the_file_s(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.CompletedProcess([], 1, stdout=b"", stderr=b"No module named pi_heif")
    monkeypatch.setattr(subprocess, "run", lambda *_given, **_more: gone)
    with pytest.raises(RuntimeError, match="pi_heif"):
        examine.examined(samples.picture())


def test_its_process_may_write_no_file_and_has_its_memory_bounded() -> None:
    script = "from blockwise.attachments import child; child.limit()\ntry: open('/dev/shm/x', 'wb', 0).write(b'x')\n"
    script += "except OSError: print('no file')\ntry: bytearray(2_000_000_000)\nexcept MemoryError: print('no memory')"
    done = subprocess.run(
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n{script}"],
        capture_output=True, text=True, check=False, env={**os.environ},
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["no file", "no memory"], done.stderr


def test_what_is_too_large_is_never_begun() -> None:
    with pytest.raises(ValueError, match="LARGEST"):
        examined(bytes(LARGEST + 1))
