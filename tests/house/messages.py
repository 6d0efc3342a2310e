"""Every text of ours that gettext translates: its msgid and where it stands."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Message = str | tuple[str, ...]


@cache
def messages() -> dict[Message, list[str]]:
    """msgid (with its plural, for a counted text) -> the files that use it."""
    found: dict[Message, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "blockwise").rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts and "vendor" not in path.parts:
            for message in _in(path):
                found[message].append(str(path.relative_to(ROOT)))
    return dict(found)


def _in(path: Path) -> Iterator[Message]:
    text = path.read_text()
    if path.suffix != ".py":
        text = templatize(text)
    for _line, message, _comments, _context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
        yield tuple(message) if isinstance(message, (list, tuple)) else message
