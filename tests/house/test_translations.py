"""Chinese is complete: every text has its translation, and none is left of texts that are gone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.house.messages import Message, messages

PO = Path(__file__).resolve().parents[2] / "blockwise/site/locale/zh_Hans/LC_MESSAGES/django.po"
PLACE = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")
HAN = re.compile("[\u4e00-\u9fff]")
UNCHANGED = {"Blockwise", "E-mail", "JSON", "CSV", "ID"}  # written alike in both languages


def catalog() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def translated() -> dict[Message, str]:
    found: dict[Message, str] = {}
    for entry in catalog():
        if entry.id:
            key = entry.id if isinstance(entry.id, str) else tuple(entry.id)
            found[key] = entry.string if isinstance(entry.string, str) else entry.string[0]
    return found


def test_every_text_has_its_chinese() -> None:
    used, known = messages(), translated()
    assert len(used) > 500
    missing = {str(text): files[0] for text, files in used.items() if not known.get(text)}
    assert missing == {}


def test_nothing_is_translated_that_nobody_says() -> None:
    assert [str(text) for text in translated() if text not in messages()] == []


def test_nothing_is_marked_as_uncertain() -> None:
    assert [entry.id for entry in catalog() if entry.id and entry.fuzzy] == []


def test_translations_are_chinese() -> None:
    plain = {
        text: chinese
        for text, chinese in translated().items()
        if not HAN.search(chinese) and text not in UNCHANGED and re.search("[A-Za-z]{2}", PLACE.sub("", str(text)))
    }
    assert plain == {}


def test_placeholders_are_the_same() -> None:
    different = {}
    for text, chinese in translated().items():
        wanted = Counter(PLACE.findall(text if isinstance(text, str) else text[-1]))
        if wanted != Counter(PLACE.findall(chinese)):
            different[text] = chinese
    assert different == {}
