"""A picture made anew from its pixels: upright, in sRGB, as JPEG, without whatever else its file held."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageCms, ImageOps

from .anew import EDGE, Anew, Refused

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 4096  # pixels that are kept
MOST_PIXELS = 50_000_000  # decoded at once: 150 MB; the largest pictures that phones take as HEIC have 49 million
QUALITY = 88
WHITE = (255, 255, 255)


def made(content: bytes) -> Anew:
    """From JPEG, PNG, WebP or HEIC; of several pictures in one file the first."""
    picture = _decoded(content)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    facts = {"width": picture.width, "height": picture.height}
    return Anew("image/jpeg", jpeg(picture), thumb_of(picture), facts)


def thumb_of(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((EDGE, EDGE))
    return jpeg(small, 70)


def jpeg(picture: Image.Image, quality: int = QUALITY) -> bytes:
    """A JPEG of nothing but the pixels."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()


def _decoded(content: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the bound is ours, and stands below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _opened(content)
            picture.load()
            return _plain(ImageOps.exif_transpose(picture))
    except Refused:
        raise
    except MemoryError:
        raise Refused("effort") from None
    except (OSError, SyntaxError, ValueError):  # as its readers say that a file is broken
        raise Refused("damaged") from None


def _opened(content: bytes) -> Image.Image:
    """Its pixels are not decoded yet, so that their number is judged first."""
    picture = _heic(content) if content[4:8] == b"ftyp" else Image.open(io.BytesIO(content), formats=FORMATS)
    if picture.format == "JPEG":
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decoded smaller at once
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused("pixels")
    return picture


def _heic(content: bytes) -> Image.Image:
    import pi_heif

    pi_heif.register_heif_opener()
    return Image.open(io.BytesIO(content), formats=("HEIF",))


def _plain(picture: Image.Image) -> Image.Image:
    """RGB in sRGB, on white where it was transparent."""
    profile = picture.info.get("icc_profile")
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        layered = picture.convert("RGBA")
        picture = Image.new("RGB", layered.size, WHITE)
        picture.paste(layered, mask=layered.getchannel("A"))
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256).convert("L")
    return _in_srgb(picture.convert("RGB") if picture.mode not in ("RGB", "CMYK") else picture, profile)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as they were meant; a profile that does not fit says nothing."""
    if profile:
        try:
            meant, ours = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            found = ImageCms.profileToProfile(picture, meant, ours, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            found = None
        if found is not None:
            return found
    return picture.convert("RGB")
