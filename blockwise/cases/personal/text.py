"""A text as it is searched for what identifies a person: one way to write each digit and sign, numbers in groups."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_NUMERALS = str.maketrans("〇零○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "00012345678912123456789")
_NUMERAL = "[0-9〇零○一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]"
_BETWEEN = r"[ .\-_/()\[\]]{0,3}"
_SPELT = re.compile(f"{_NUMERAL}(?:{_BETWEEN}{_NUMERAL}){{6,}}")
_DASHES = re.compile("[\u2010-\u2015\u2212\u2500\ufe58\ufe63~]")
_DOTS = re.compile("[·•‧・∙。]")
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})
_WIDEST = 19  # digits of the longest number that is looked for

_DATE = r"(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d|\1\d)"
_DATE_LAST = r"\d{1,2}([-/.])\d{1,2}\2(?:19|20)\d\d(?!\d|\2\d)"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = rf"{_OCTET}(?:\.{_OCTET}){{3}}(?!\d|\.\d)"
_DECIMAL = r"-?\d{1,3}\.\d{3,9}"
_POINT = rf"{_DECIMAL}(?:, ?|,| ){_DECIMAL}(?!\d|[.\-]\d)"
_SMALL = r"\d+\.\d{1,2}(?!\d|[.\-]\d)"
_NO_NUMBER = re.compile(rf"(?<![\d.\-/])(?:{_DATE}|{_DATE_LAST}|{_ADDRESS}|{_POINT}|{_SMALL})")
_GROUP = re.compile(r"[0-9]+(?:X(?![0-9A-Z]))?|(?<=[0-9][-. ])X(?![0-9A-Z])")
_GAP = re.compile(_BETWEEN)
_JOINS = "-./_"
_PLUS = re.compile(r"(?<![A-Z0-9])\+[ (]{0,2}$")


@dataclass(frozen=True)
class Number:
    """Groups of digits that may be one number. `plus`: after a plus sign; `part`: of a longer one, dashed or dotted."""

    groups: tuple[str, ...]
    plus: bool = False
    part: bool = False

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(group) for group in self.groups)


def forms(text: str) -> tuple[str, ...]:
    """The text in capitals, with plain digits, dashes and dots; also with Chinese numerals as digits, if it has any."""
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(_plain(character) for character in plain if unicodedata.category(character) not in _INVISIBLE)
    plain = _DOTS.sub(".", _DASHES.sub("-", plain))
    spelt = _SPELT.sub(lambda found: found.group().translate(_NUMERALS), plain)
    return (plain,) if spelt == plain else (plain, spelt)


def _plain(character: str) -> str:
    if character.isspace():
        return " "
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def numbers(form: str) -> Iterator[Number]:
    """Every number that stands in it: neighbouring groups, with little between them. Dates, decimals and points of
    the map are none and divide what stands around them."""
    form = _NO_NUMBER.sub("\n", form)
    for run in _runs(form):
        for first in range(len(run)):
            plus = bool(_PLUS.search(form, 0, run[first].start()))
            joined = form[run[first].start() - 1] in _JOINS if first else False
            for last in range(first, len(run)):
                groups = tuple(group.group() for group in run[first : last + 1])
                if sum(map(len, groups)) > _WIDEST:
                    break
                goes_on = last + 1 < len(run) and form[run[last].end()] in _JOINS
                yield Number(groups, plus, joined or goes_on)


def _runs(form: str) -> list[list[re.Match[str]]]:
    groups = list(_GROUP.finditer(form))
    runs = [groups[:1]] if groups else []
    for before, group in pairwise(groups):
        if _GAP.fullmatch(form, before.end(), group.start()):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs
