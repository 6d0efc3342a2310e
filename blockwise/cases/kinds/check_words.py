"""Words that show a hostile use, looked for in every key and every text of the file; limits in `refused_words`."""

from __future__ import annotations

import re
import unicodedata

import yaml

from blockwise.rooms import house

from .. import personal
from .faults import Faults, Path
from .nodes import scalars
from .refused_words import (
    ASKED,
    ASKED_EN,
    ASKED_KEY_EN,
    ASKED_ZH,
    LISTS,
    SENSITIVE_EN,
    SENSITIVE_ZH,
    SIMPLIFIED,
    UNMARKED,
)

_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff])[\s\W_]+(?=[\u4e00-\u9fff])")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CONDITIONS = ("asked_when", "required_when")
_FREE = ("line", "text", "code", "confidence")
_SHAPES = (
    "from",
    "roles",
    "asks",
    "may_ask",
    "drops",
    "effects",
    "tells",
    "not_by",
    "waits_for",
    "needs",
    "start",
    "stop",
    "pause_in",
    "view",
    "publication",
    "types",
)


def check_words(root: yaml.MappingNode, subject: str, faults: Faults) -> None:
    """Note each refused word once for a place; the keys of the format itself are no words of the file."""
    for path, text in scalars(root):
        if _is_reference(path):
            continue
        english, chinese = plain_english(text), plain_chinese(text)
        for words in LISTS:
            if not words.concerns(path, subject):
                continue
            found = words.english.search(english) or words.chinese.search(chinese)
            if found:
                code, why, way_out = words.refusal
                faults.add(path, code, f"“{found.group().strip()}” in {'.'.join(path)}", why, way_out)


def check_scripts(root: yaml.MappingNode, faults: Faults) -> None:
    """A `zh` is Chinese and an `en` is English: no missing translation, no look-alike letters of other scripts."""
    for path, text in scalars(root):
        if path[-1:] == ("zh",) and text != "zh" and not _HAN.search(text):
            why = "Every text is there in both languages"
            faults.add(path, "missing-translation", f"“{text}” is not Chinese", why, "Write it in Chinese characters")
        if path[-1:] == ("en",) and text != "en" and (strange := _not_latin(text)):
            why = "English is written in Latin letters; others could forge words"
            faults.add(path, "missing-translation", f"“{strange}” is not English", why, "Write it in English")


def check_sensitive_types(root: yaml.MappingNode, faults: Faults) -> None:
    """Types that are always sensitive say so, themselves or with their whole kind; so do outcomes, of format 2."""
    texts = _values(root)
    if texts.get(("sensitive",)) == "true":
        return
    able = ("types", "outcomes") if ("format",) in texts else ("types",)
    for path, text in texts.items():
        if path[0] not in able or path[-1] not in ("zh", "en"):
            continue
        leaf = path[:-1]
        is_branch = any(other[: len(leaf)] == leaf and "types" in other[len(leaf) :] for other in texts)
        found = SENSITIVE_ZH.search(plain_chinese(text)) or SENSITIVE_EN.search(plain_english(text))
        if found and not is_branch and texts.get((*leaf, "sensitive")) != "true":
            code, why, way_out = UNMARKED
            faults.add(leaf, code, f"“{found.group()}” is not marked sensitive", why, way_out)


def _sealed() -> set[str]:
    return {one.name for one in house().field_types.values() if one.sealed}


def check_sealed(root: yaml.MappingNode, faults: Faults) -> None:
    """What somebody writes, and what names or places a person, is never declared open."""
    texts = _values(root)
    for path, text in texts.items():
        field, kind = path[:-1], texts.get((*path[:-1], "type"), "")
        if path[0] == "fields" and path[2:] == ("personal",) and text == "false" and kind in _sealed():
            why = "Free text, contacts, positions and names are always sealed"
            faults.add(path, "unsealed", f"{field[-1]} is {kind} but not personal", why, "Remove personal")


def check_asked(root: yaml.MappingNode, faults: Faults) -> None:
    """What is written freely does not ask who somebody is; told by the field's name or its label."""
    texts = _values(root)
    for path, text in texts.items():
        if path[0] != "fields" or path[2:] != ("type",) or text not in _FREE:
            continue
        zh, en = (texts.get((*path[:2], "label", language), "") for language in ("zh", "en"))
        label = plain_english(en).strip(" ?")
        found = (
            ASKED_KEY_EN.search(plain_english(path[1]))
            or ASKED_KEY_EN.search(label)
            or ASKED_EN.search(label)
            or ASKED_ZH.search(plain_chinese(zh).rstrip("?？"))
        )
        if found:
            code, why, way_out = ASKED
            faults.add(path, code, f"{path[1]} asks for a person in a {text}: “{found.group().strip()}”", why, way_out)


def check_written(root: yaml.MappingNode, faults: Faults) -> None:
    """A kind stands on the public page in full: nobody's number or address in it."""
    for path, text in scalars(root):
        if not _is_reference(path) and (seen := personal.found_in(text)):
            why = "The text of a kind is public for as long as a case lives under it"
            faults.add(path, "identifier", f"{'.'.join(path)} holds {seen.what}", why, "Remove it")


def _values(root: yaml.MappingNode) -> dict[Path, str]:
    return dict(scalars(root))  # a value follows its key, under the same path


def _is_reference(path: Path) -> bool:
    """Whether the text only names something declared elsewhere in the file."""
    if len(path) > 3 and path[0] == "fields" and path[2] in _CONDITIONS:
        return True
    if len(path) > 3 and path[0] == "acts" and path[2] == "when":
        return True
    if path[0] == "grade" and path[1:2] in (("of",), ("table",), ("otherwise",)):
        return True
    return len(path) > 1 and path[-1].isdigit() and path[-2] in _SHAPES


def plain_english(text: str) -> str:
    """Lower-case text, a space for each run of spaces, underscores, dots and hyphens, also before inner capitals."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text)).casefold()
    stripped = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return re.sub(r"[\s_.\-‐-―/'’]+", " ", stripped)


def plain_chinese(text: str) -> str:
    """Simplified characters without anything between them."""
    plain = unicodedata.normalize("NFKC", text).translate(SIMPLIFIED)
    return _BETWEEN_HAN.sub("", plain).replace(" ", "")


def _not_latin(text: str) -> str:
    strange = [c for c in text if c.isalpha() and not unicodedata.name(c, "").startswith("LATIN")]
    return "".join(strange) if strange or any(c.isalpha() for c in text) else text
