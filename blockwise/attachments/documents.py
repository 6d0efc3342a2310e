"""A PDF made anew from pictures of its pages: no scripts, embedded files, hidden layers, links or text beneath."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

from .anew import LARGEST_KEPT, Anew, Refused
from .pictures import jpeg, thumb_of

MOST_PAGES = 60
DOTS = 150  # an inch
LONGEST_SIDE = 2600  # pixels: A3 at 150 dots an inch; a larger sheet is drawn smaller
QUALITY = 80


def made(content: bytes) -> Anew:
    try:
        pages = _pages(content)
    except MemoryError:
        raise Refused("effort") from None
    except pdfium.PdfiumError as error:
        locked = error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY)
        raise Refused("encrypted" if locked else "damaged") from None
    first = Image.open(io.BytesIO(pages[0][0]))
    return Anew("application/pdf", _bound(pages), thumb_of(first), {"pages": len(pages)})


def _pages(content: bytes) -> list[tuple[bytes, float]]:
    """Each page as JPEG, with its dots an inch; filled-in forms and marks are drawn with it."""
    with pdfium.PdfDocument(content) as document:
        if not 0 < len(document) <= MOST_PAGES:
            raise Refused("pages" if len(document) else "damaged")
        document.init_forms()
        found: list[tuple[bytes, float]] = []
        for page in document:
            found.append(_drawn(page))
            page.close()
            if sum(len(picture) for picture, _dots in found) > LARGEST_KEPT:
                raise Refused("kept-large")
    return found


def _drawn(page: pdfium.PdfPage) -> tuple[bytes, float]:
    width, height = page.get_size()
    scale = min(DOTS / 72, LONGEST_SIDE / max(width, height, 1))
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    return jpeg(picture.convert("RGB"), QUALITY), scale * 72


def _bound(pages: list[tuple[bytes, float]]) -> bytes:
    """A PDF of these pictures as they are, one a page, and of nothing else."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for picture, dots in pages:
        width, height = Image.open(io.BytesIO(picture)).size
        page = len(objects) + 1
        kids.append(b"%d 0 R" % page)
        across, up = (b"%.2f" % (side * 72 / dots) for side in (width, height))
        drawing = b"%s 0 0 %s 0 0 cm /P Do" % (across, up)
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s %s]/Contents %d 0 R/Resources<</XObject<</P %d 0 R>>>>>>"
            % (across, up, page + 1, page + 2),
            _stream(b"", drawing),
            _stream(
                b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8"
                b"/Filter/DCTDecode" % (width, height),
                picture,
            ),
        ]
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return _written(objects)


def _stream(head: bytes, content: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(content), content)


def _written(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, entry in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + entry + b"endobj\n"
    begin = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, begin)
    return bytes(out)
