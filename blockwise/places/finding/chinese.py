"""Chinese as it is typed: one script, numerals as digits, names by their parts, pinyin and its initials."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opencc import OpenCC

HAN: Final = re.compile(r"[\u3400-\u9fff]")
STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_WRITTEN: Final = ("零〇洞", "一幺壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖勾")
_DIGITS: Final = {character: value for value, several in enumerate(_WRITTEN) for character in several}
_PLAIN: Final = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_SPOKEN: Final = re.compile(rf"(?<![十百千])[{_PLAIN}幺洞拐勾]{{2,}}(?=[号弄]|$)")  # as read out over the phone
_VALUE: Final = rf"[{_PLAIN}两]"
_COUNTED: Final = re.compile(
    rf"(?:(?P<k>{_VALUE})千)?零?(?:(?P<h>{_VALUE})百)?零?(?:(?P<t>[{_PLAIN}]?)(?P<ten>十))?(?P<u>[{_PLAIN}]?)"
)
_SCORES: Final = {"廿": "二十", "卅": "三十", "拾": "十", "佰": "百"}
_RUN: Final = re.compile(rf"[{_PLAIN}两十百千]+")
_KIND: Final = re.compile(r"^(.+?)([东南西北中]?)(大道|大街|公路|高速|快速路|马路|胡同|路|街|道|巷|弄|里|条|桥|线)$")


def simplified(text: str) -> str:
    """Traditional characters as simplified ones; what is simplified already stays."""
    return str(_converter().convert(text)) if HAN.search(text) else text


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # its tables take a moment

    return OpenCC("t2s")


def digits(text: str) -> str:
    """Numerals as digits: 十二号 as 12号, 一二三号 as 123号, 新安一路 as 新安1路. 百 and 千 alone are no numbers."""
    if not HAN.search(text):
        return text
    for score, written in _SCORES.items():
        text = text.replace(score, written)
    text = _SPOKEN.sub(lambda run: "".join(str(_DIGITS[c]) for c in run[0]), text)
    return _RUN.sub(lambda run: _number(run[0]), text)


def _number(run: str) -> str:
    if not any(unit in run for unit in "十百千"):
        return run if "两" in run else "".join(str(_DIGITS[c]) for c in run)
    counted = _COUNTED.fullmatch(run)
    if counted is None or not (counted["k"] or counted["h"] or counted["ten"]):
        return run
    value = 1000 * _DIGITS.get(counted["k"] or "零", 0) + 100 * _DIGITS.get(counted["h"] or "零", 0)
    if counted["ten"]:
        value += 10 * (_DIGITS[counted["t"]] if counted["t"] else 1)
    return str(value + _DIGITS.get(counted["u"] or "零", 0))


def parts(name: str) -> tuple[str, str, str]:
    """Of a key: (its direction, the name itself, its type): 中山北路 as 北, 中山, 路."""
    found = _KIND.fullmatch(name)
    if found is None:
        return "", name, ""
    return found[2], found[1], found[3]


def pinyin(name: str) -> tuple[str, str]:
    """A name's pinyin in capitals without tones and spaces, and its initials; Latin letters and digits as they are."""
    from pypinyin import lazy_pinyin  # its tables take a moment

    spoken = [syllable.upper() for syllable in lazy_pinyin(name.replace(" ", ""))]
    whole = "".join(spoken).replace("Ü", "V")
    initials = "".join(syllable[0] if HAN.match(c) else syllable for c, syllable in _paired(name, spoken))
    return re.sub(r"[^A-Z0-9]", "", whole), re.sub(r"[^A-Z0-9]", "", initials)


def _paired(name: str, spoken: list[str]) -> list[tuple[str, str]]:
    """Each syllable with the first character that it is of; stretches without Chinese are one."""
    pieces = re.findall(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", name.replace(" ", ""))
    return list(zip(pieces, spoken, strict=False))
