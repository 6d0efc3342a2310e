"""Names that a text may mean, each with what it costs to believe so; a name that differs is another name.

Costs: 0 the whole name; up to ALIKE what leaves out its type alone; above, a guess. Misspellings are counted by optimal
string alignment (Damerau 1964): characters left out, put in, changed, or two swapped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ..names import NameIndex, key_of
from . import chinese, english
from .chinese import HAN

SPOKEN, UNTYPED, UNDIRECTED = 0.05, 0.1, 0.3
WHOLE: Final = SPOKEN  # up to here nothing that is called otherwise can be meant
ALIKE: Final = UNTYPED  # up to here a name that nothing else is called is the one asked for
RIVAL: Final = UNTYPED + UNDIRECTED  # and up to here another one puts it in doubt
BEGINS, INITIALS, SOUND, HOLDS, INSIDE, SPELT = 0.6, 0.8, 0.9, 1.2, 1.5, 1.0
DIFFERS: Final = 1.0
SPELLINGS: Final = 12
MOST, KEPT = 8, 256  # of one text; texts whose answers are kept, since one search asks for the same several times
SHORTEST_SPOKEN: Final = 4


@dataclass(frozen=True, slots=True)
class Form:
    """A name in parts: directions, the name itself, its type."""

    key: str
    way: str
    stem: str
    kind: str


@dataclass(frozen=True, slots=True)
class Likely:
    """A thing by its position, the cost, why (a key of hits.NOTES), and what of the text is no part of its name."""

    thing: int
    cost: float
    why: str = ""
    left: str = ""


def form_of(key: str) -> Form:
    return Form(key, *(chinese if HAN.search(key) else english).parts(key))


class Names:
    """Names of things, several a thing; a thing is its position."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._names = names
        self._kept: dict[str, list[Likely]] = {}
        keys = [[key_of(name) for name in several] for several in names]
        self.index = NameIndex(keys)
        pairs = [(key, thing) for thing, several in enumerate(keys) for key in dict.fromkeys(several) if key]
        self._forms: list[list[Form]] = [[] for _name in names]
        for key, thing in pairs:
            self._forms[thing].append(form_of(key))
        flat = [(form, thing) for thing, forms in enumerate(self._forms) for form in forms]
        self._keys = [form.key for form, _thing in flat]
        self._stems = [form.stem for form, _thing in flat]
        self._owners = [thing for _form, thing in flat]
        self._stemmed: dict[str, list[int]] = {}
        self._squeezed: dict[str, list[int]] = {}
        for form, thing in flat:
            self._stemmed.setdefault(form.stem, []).append(thing)
            self._squeezed.setdefault(form.key.replace(" ", ""), []).append(thing)

    def likely(self, text: str, limit: int = MOST) -> list[Likely]:
        """What a text may mean, the cheapest first."""
        if text not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[text] = self._likely(text)
        return self._kept[text][:limit]

    def _likely(self, text: str) -> list[Likely]:
        asked = form_of(key_of(text))
        if not asked.key:
            return []
        things = [thing for _rank, thing in self.index.match(asked.key, 24)]
        things += self._stemmed.get(asked.stem, []) + self._squeezed.get(asked.key.replace(" ", ""), [])
        if asked.stem != asked.key:
            things += [thing for _rank, thing in self.index.match(asked.stem, 24)]
        found = {thing: self._judged(asked, thing) for thing in dict.fromkeys(things)}
        for one in self._heard(asked):
            if one.thing not in found or one.cost < found[one.thing].cost:
                found[one.thing] = one
        if not any(one.cost <= RIVAL for one in found.values()):
            for thing in self._misspelt(asked):
                found.setdefault(thing, self._judged(asked, thing))
        return sorted(found.values(), key=lambda one: one.cost)[:MOST]

    def _judged(self, asked: Form, thing: int) -> Likely:
        return min((_judged(asked, form, thing) for form in self._forms[thing]), key=lambda one: one.cost)

    def _heard(self, asked: Form) -> list[Likely]:
        """By pinyin and its initials, and what sounds alike."""
        if HAN.search(asked.key):
            same = self._by_pinyin.get(chinese.pinyin(asked.key)[0], [])
            return [Likely(thing, SOUND, "spelling") for thing in same]
        typed = asked.key.replace(" ", "")
        if not typed.isalpha() or len(typed) < 2:
            return []
        found = [Likely(thing, SPOKEN, "several") for thing in self._by_pinyin.get(typed, [])]
        found += [Likely(thing, INITIALS, "initials") for thing in self._by_initials.get(typed, [])]
        if len(typed) >= SHORTEST_SPOKEN:
            at = bisect_left(self._pinyin, typed)
            begun = [whole for whole in self._pinyin[at : at + SPELLINGS] if whole.startswith(typed) and whole != typed]
            found += [Likely(thing, BEGINS + 0.1, "begins") for whole in begun for thing in self._by_pinyin[whole]]
        return found

    def _misspelt(self, asked: Form) -> list[int]:
        found: list[int] = []
        for wanted, choices in ((asked.key, self._keys), (asked.stem, self._stems)):
            close = process.extract(wanted, choices, scorer=OSA.distance, score_cutoff=_most(wanted), limit=SPELLINGS)
            found += [self._owners[place] for _name, _distance, place in close]
        return list(dict.fromkeys(found))

    @cached_property
    def _spoken(self) -> list[tuple[str, str, int]]:
        return [
            (*chinese.pinyin(name), thing)
            for thing, several in enumerate(self._names)
            for name in dict.fromkeys(several)
            if HAN.search(name)
        ]

    @cached_property
    def _by_pinyin(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for whole, _initials, thing in self._spoken:
            found.setdefault(whole, []).append(thing)
        return found

    @cached_property
    def _pinyin(self) -> list[str]:
        return sorted(self._by_pinyin)

    @cached_property
    def _by_initials(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for _whole, initials, thing in self._spoken:
            found.setdefault(initials, []).append(thing)
        return found


def _most(wanted: str) -> int:
    """How many misspellings a name of this length may have."""
    if HAN.search(wanted):
        return 1 if len(wanted) > 2 else 0
    return min(4, len(wanted) // 3)


def _judged(asked: Form, form: Form, thing: int) -> Likely:
    if asked.key == form.key:
        return Likely(thing, 0.0)
    if asked.key.replace(" ", "") == form.key.replace(" ", ""):
        return Likely(thing, SPOKEN, "several")  # Bay Shore and Bayshore
    apart, why = _parts_apart(asked, form)
    if asked.stem == form.stem:
        return Likely(thing, apart, why)
    spaced = not HAN.search(asked.key)
    if form.key.startswith(asked.key):
        whole = spaced and form.key[len(asked.key)] == " "
        return Likely(thing, BEGINS + (0.0 if whole else 0.1) + len(form.key) / 1000, "begins")
    pad = " " if spaced else ""
    if f"{pad}{asked.stem}{pad}" in f"{pad}{form.stem}{pad}":
        return Likely(thing, HOLDS + max(0.0, apart - UNDIRECTED) + len(form.key) / 1000, "holds")
    if f"{pad}{form.key}{pad}" in f"{pad}{asked.key}{pad}":
        left = f"{pad}{asked.key}{pad}".replace(f"{pad}{form.key}{pad}", pad or " ", 1).strip()
        ends = asked.key.endswith(form.key)
        numbered = 0.6 if any(map(str.isdigit, left)) else 0.0  # a lane or a district's number tells streets apart
        return Likely(thing, INSIDE + (0.0 if ends else 0.2) + numbered - len(form.key) / 1000, "", left)
    whole_apart = OSA.distance(asked.key, form.key)
    stem_apart = OSA.distance(asked.stem, form.stem) + apart
    return Likely(thing, SPELT + min(whole_apart, stem_apart), "spelling")


def _parts_apart(asked: Form, form: Form) -> tuple[float, str]:
    """What types and directions cost."""
    cost, why = 0.0, ""
    if asked.kind != form.kind:
        cost, why = (UNTYPED, "several") if not asked.kind else (DIFFERS, "differs")
    if asked.way != form.way:
        unsaid = not asked.way.strip("|")
        turned = not unsaid and sorted(asked.way) == sorted(form.way)
        cost += UNDIRECTED if unsaid else DIFFERS / 2 if turned else DIFFERS
        why = "direction" if unsaid and why != "differs" else "differs"
    return cost, why
