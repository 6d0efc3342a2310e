"""Addresses whose text names a building, a shop, an estate: found by those words, in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .models import Address
from .names import Lines, plain

_PIECES: Final = re.compile(r"[,，、()|]|(?<=[\u3400-\u9fff]) ")
PARTS = ("pk", "street", "number", "text", "text_en")


class NamedAddresses:
    """Texts of addresses that say more than street and number, by code."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        kept = list(rows)
        self._codes = [code for code, _text in kept]
        self._lines = Lines(text for _code, text in kept)

    def find(self, wanted: str, most: int) -> list[str]:
        """Codes of addresses whose text holds the words as typed, spaces apart; two characters or more."""
        squeezed = wanted.replace(" ", "")
        if len(squeezed) < 2:
            return []
        return list(dict.fromkeys(self._codes[place] for place, *_rest in self._lines.find(squeezed, most)))

    @staticmethod
    def whole(row: Address, wanted: str) -> bool:
        """Whether the words are all of the address's text, or all that it names beside street and number."""
        squeezed = wanted.replace(" ", "")
        texts = [plain(text, longest=400) for text in (row.text, row.text_en)]
        pieces = [piece for text in texts for piece in _PIECES.split(text) if not re.search(r"\d", piece)]
        return any(piece.replace(" ", "") == squeezed for piece in (*texts, *pieces))


def read_named() -> NamedAddresses:
    """All addresses in the database that name more than street and number."""
    rows = Address.objects.order_by("pk").values_list(*PARTS).iterator(chunk_size=5000)
    return NamedAddresses(
        (pk, _squeezed(text, text_en)) for pk, street, number, text, text_en in rows if _more(street, number, text)
    )


def _more(street: str, number: str, text: str) -> bool:
    """Whether something beyond "号" follows street and number, or the text is not made of them at all."""
    if not street:
        return True
    for written in (street + number, f"{street} {number}", f"{number} {street}"):
        _before, found, after = text.partition(written)
        if found:
            return after.strip() not in {"", "号", "號"}
    return True


def _squeezed(text: str, text_en: str) -> str:
    return plain(f"{text}|{text_en}", longest=400).replace(" ", "")
