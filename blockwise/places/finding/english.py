"""Street names in English: their words in one form, and the parts by which two of them are the same street or not."""

from __future__ import annotations

import re
from typing import Final

TYPES: Final = {  # as the United States' postal service shortens them, and how people do
    "ALY": "AL ALLEE ALLEY ALLY", "AVE": "AV AVEN AVENU AVENUE AVN AVNUE", "BLVD": "BL BLV BOUL BOULEVARD BOULV BVD",
    "BYP": "BYPA BYPASS", "CIR": "CIRC CIRCL CIRCLE CR CRCL", "CRES": "CRESCENT CRSENT", "CSWY": "CAUSEWAY",
    "CT": "COURT CRT", "CTR": "CENTER CENTRE CNTR CEN", "DR": "DRIV DRIVE DRV", "ESPL": "ESPLANADE",
    "EXPY": "EXP EXPR EXPRESS EXPRESSWAY EXPW", "EXT": "EXTENSION", "FWY": "FREEWAY FREEWY FRWY", "GDNS": "GARDENS",
    "HTS": "HEIGHTS HT", "HWY": "HIGHWAY HIGHWY HIWAY HY HWAY", "LN": "LANE", "LOOP": "LOOPS", "MTWY": "MOTORWAY",
    "PASS": "PASSAGE", "PATH": "PATHS", "PIKE": "PIKES", "PKWY": "PARKWAY PARKWY PKY PKWAY", "PL": "PLACE",
    "PLZ": "PLAZA PLZA PZ", "PROM": "PROMENADE", "RAMP": "RMP", "RD": "ROAD", "ROW": "", "RTE": "ROUTE RT",
    "SQ": "SQR SQRE SQUARE SQU", "ST": "STR STREET STRT", "STPS": "STAIRS STEPS STEP", "STA": "STATION STN",
    "TER": "TERR TERRACE TR", "TPKE": "TURNPIKE TRNPK", "TRL": "TRAIL", "TUNL": "TUNNEL", "VW": "VIEW",
    "WALK": "WALKS WK", "WAY": "WY", "XING": "CROSSING",
}  # fmt: skip
STREETLIKE: Final = frozenset(TYPES) - {"CTR", "STA", "VW"}  # those are parts of names as often as not
DIRECTIONS: Final = {
    "N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST",
    "NE": "NORTHEAST", "NW": "NORTHWEST", "SE": "SOUTHEAST", "SW": "SOUTHWEST",
}  # fmt: skip
_UNITS: Final = ["FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH", "NINTH"]
_TEENS: Final = [
    "TENTH",
    "ELEVENTH",
    "TWELFTH",
    "THIRTEENTH",
    "FOURTEENTH",
    "FIFTEENTH",
    "SIXTEENTH",
    "SEVENTEENTH",
    "EIGHTEENTH",
    "NINETEENTH",
]
_TENS: Final = ["TWENTY", "THIRTY", "FORTY", "FIFTY", "SIXTY", "SEVENTY", "EIGHTY", "NINETY"]
_ORDINAL: Final = re.compile(r"0*(\d{1,4})(?:ST|ND|RD|TH)")
_BEGUN: Final = re.compile(r"0*(\d{1,4})[SNRT]")  # "3r", on the way to 3rd

_SHORT: Final = {word: short for short, words in TYPES.items() for word in words.split()}
_SHORT.update({word: short for short, word in DIRECTIONS.items()})
_NUMBERED: Final = {word: k for k, word in enumerate(_UNITS + _TEENS, 1)}
_NUMBERED.update({f"{word[:-1]}IETH": 10 * k for k, word in enumerate(_TENS, 2)})
_PEOPLE: Final = (
    (re.compile(r"^(?:DOCTOR |DR )?(?:MARTIN LUTHER KING|ML KING|MLK)(?: JUNIOR| JR)?\b"), "MLK"),
    (re.compile(r"^(?:JOHN F KENNEDY|J F KENNEDY|JFK)\b"), "JFK"),
)
_FIRST: Final = {"SAINT": "SAINT", "SAINTE": "SAINT", "STE": "SAINT", "MT": "MOUNT", "FT": "FORT", "SO": "S", "NO": "N"}


def key(words: list[str]) -> str:
    """A name's words in capitals as they are compared: "04TH STREET" as "4TH ST", "St Francis" as "SAINT FRANCIS"."""
    found = _numbers(words[1:] if words[:1] == ["THE"] and len(words) > 1 else words)
    kept: list[str] = []
    for place, word in enumerate(found):
        rest = found[place + 1 :]
        if kept and kept[-1] in {"MC", "O"} and word not in _SHORT and word not in TYPES and len(word) > 2:
            kept[-1] += word
        elif rest and all(one in DIRECTIONS for one in kept):
            kept.append(_beginning(word, rest))
        else:
            kept.append(_SHORT.get(word, word))
    text = " ".join(kept)
    for pattern, name in _PEOPLE:
        text = pattern.sub(name, text)
    return text


def _beginning(word: str, rest: list[str]) -> str:
    """A word before which there are directions at most: ST is a saint there, unless the name ends with it."""
    if word == "ST":
        following = _SHORT.get(rest[0], rest[0])
        return "ST" if following in DIRECTIONS and len(rest) == 1 else "SAINT"
    return _FIRST.get(word) or _SHORT.get(word, word)


def _numbers(words: list[str]) -> list[str]:
    """ "THIRD", "TWENTY FIRST", "03RD" as "3TH", "21TH", "3TH": the letters after a number are never a difference."""
    found: list[str] = []
    for place, word in enumerate(words):
        unit = _NUMBERED.get(word)
        if unit and unit < 10 and found and found[-1] in _TENS:
            found[-1] = f"{10 * (_TENS.index(found[-1]) + 2) + unit}TH"
        elif unit:
            found.append(f"{unit}TH")
        elif (number := _ORDINAL.fullmatch(word)) or (
            place == len(words) - 1 and (number := _BEGUN.fullmatch(word)) and not word.startswith("0")
        ):
            found.append(f"{int(number[1])}TH")
        else:
            found.append(word.lstrip("0") or "0" if word.isdigit() else word)
    return found


def parts(name: str) -> tuple[str, str, str]:
    """Of a key: (what is before and after as directions, joined by "|"; the name itself; the type)."""
    words = name.split()
    before = after = kind = ""
    if len(words) > 1 and words[0] in DIRECTIONS and not (len(words) == 2 and words[1] in STREETLIKE):
        before = words.pop(0)
    if len(words) > 1 and words[-1] in DIRECTIONS and words[:-1] != ["AVE"]:
        after = words.pop()
    if len(words) > 1 and words[-1] in STREETLIKE:
        kind = words.pop()
        if not after and len(words) > 1 and words[-1] in DIRECTIONS and words[0] != "AVE":
            after = words.pop()  # Zhongshan North Road
    return f"{before}|{after}", " ".join(words), kind
