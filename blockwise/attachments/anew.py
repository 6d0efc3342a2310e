"""A file made anew: nothing of what came in is kept but pixels and sound, so nothing else can be hidden in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

LARGEST = 25_000_000  # bytes of a file that is sent
LARGEST_KEPT = 10_000_000  # bytes of one that is made anew
LONGEST_SOUND = 24 * 3_600_000  # ms
EDGE = 96  # pixels of a thumbnail's longer side

# Not looked into, because nothing of the kind is taken; or looked into in vain: then nobody knows what it holds.
NOT_TAKEN = frozenset({"program", "markup", "archive", "video", "unknown", "empty"})
NOT_EXAMINED = frozenset({"encrypted", "damaged", "pixels", "pages", "effort", "kept-large"})


class Refused(Exception):  # noqa: N818  (an answer, not an error of ours)
    """The file is not kept; `why` is one of NOT_TAKEN or NOT_EXAMINED."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Anew:
    """`facts`: width and height (pixels), pages, or ms (of sound). `thumb` is JPEG, empty for sound."""

    type: str  # of the media types below
    content: bytes
    thumb: bytes = b""
    facts: dict[str, int] = field(default_factory=dict)


def length(ms: int) -> int:
    """Of sound, in ms; Refused where no recording is so long."""
    if not 0 <= ms <= LONGEST_SOUND:
        raise Refused("damaged")
    return ms


def anew(content: bytes) -> Anew:
    """The same as a new file of a type that is taken; Refused where it cannot be. Believes no name and no header."""
    from . import documents, pictures
    from .sound import mp3, mp4, ogg, wav

    makers: dict[str, Callable[[bytes], Anew]] = {
        "picture": pictures.made,
        "pdf": documents.made,
        "wav": wav.made,
        "mp3": mp3.made,
        "mp4": mp4.made,
        "ogg": ogg.made,
    }
    made = makers[what_it_is(content)](content)
    if len(made.content) > LARGEST_KEPT:
        raise Refused("kept-large")
    return made


def what_it_is(content: bytes) -> str:
    """By its first bytes; Refused for what is not taken."""
    if not content:
        raise Refused("empty")
    for test, kind in _KNOWN:
        if test(content):
            return kind
    raise Refused(next((why for test, why in _OTHERS if test(content)), "unknown"))


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(marks)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[:4] == b"RIFF" and content[8:12] == kind


def _brand(*brands: bytes) -> Callable[[bytes], bool]:
    return lambda content: content[4:8] == b"ftyp" and content[8:12] in brands


def _mpeg(content: bytes) -> bool:
    """A frame of MPEG sound, layer III, in any version."""
    return len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2


_STILL = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_SOUND = (b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"3gp4", b"3gp5", b"3gp6")
_MARKUP = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\xd0\xcf\x11\xe0",
)
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"dex\n",
    b"\x00asm",
)
_KNOWN: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_begins(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"), "picture"),
    (_riff(b"WEBP"), "picture"),
    (_brand(*_STILL), "picture"),
    (_begins(b"%PDF-"), "pdf"),
    (_riff(b"WAVE"), "wav"),
    (_brand(*_SOUND), "mp4"),
    (_begins(b"OggS"), "ogg"),
    (_begins(b"ID3"), "mp3"),
    (_mpeg, "mp3"),
)
_OTHERS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_begins(*_PROGRAMS), "program"),
    (_begins(*_ARCHIVES), "archive"),
    (lambda content: content.lstrip().startswith(_MARKUP), "markup"),
    (
        lambda content: content[4:8] == b"ftyp" or content.startswith(b"\x1aE\xdf\xa3") or _riff(b"AVI ")(content),
        "video",
    ),
)
