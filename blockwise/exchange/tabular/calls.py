"""Calls and responses out of batches: one call for all rows of its number, one response a row with a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from blockwise.exchange.folder.check_calls import CALLS, MOMENT, RESPONSES, TIMES
from blockwise.exchange.folder.text import unclean
from blockwise.exchange.tabular.account import Account
from blockwise.exchange.tabular.batches import Batch
from blockwise.exchange.tabular.city import City
from blockwise.exchange.tabular.fields import Cells
from blockwise.exchange.tabular.mapfile import Map
from blockwise.exchange.tabular.points import Points
from blockwise.exchange.tabular.times import BadTimeError, Clockwork, in_range, tell
from blockwise.exchange.tabular.words import WordTable

OWN: Final = "the type's own"
YES: Final = {"true": True, "yes": True, "y": True, "1": True, "是": True, "有": True}
NO: Final = {"false": False, "no": False, "n": False, "0": False, "否": False, "无": False, "": False}
MOST_HURT: Final = 10_000
LONGEST: Final = {  # the text leaves room for the data's own words, which may be put behind it
    "call": 80,
    "unit": 24,
    "type": 200,
    "priority": 200,
    "address": 200,
    "text": 4_500,
    "repeat_of": 80,
    "caller_name": 80,
    "caller_phone": 32,
    "language": 20,
}
_PLAIN: Final = ("address", "repeat_of", "caller_name", "caller_phone", "text", "language")
_SAID: Final = {"type": "Type", "priority": "Priority"}


@dataclass
class Rows:
    """A batch on its way: the texts by field, and for each row that cannot be taken the field and the reason."""

    numbers: Sequence[int]
    texts: dict[str, Sequence[str]]
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)

    def refuse(self, row: int, name: str, reason: str) -> None:
        self.bad.setdefault(row, (name, reason))

    def of(self, name: str) -> Sequence[str]:
        """A field's texts, empty ones where the map says nothing of it."""
        if name not in self.texts:
            self.texts[name] = [""] * len(self.numbers)
        return self.texts[name]


@dataclass
class CallTable:
    """Takes batch after batch; `calls` and `responses` are what was written."""

    plan: Map
    city: City
    cells: Cells
    clockwork: Clockwork
    account: Account
    points: Points
    calls: list[pa.RecordBatch] = field(default_factory=list)
    responses: list[pa.RecordBatch] = field(default_factory=list)
    _known: dict[int, int] = field(default_factory=dict)  # hash of a call's number: hash of what its row said
    _sent: set[int] = field(default_factory=set)
    _meanings: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)

    def take(self, batch: Batch, skipped: set[int]) -> None:
        rows = Rows(batch.numbers, {name: self.cells.texts(one, batch) for name, one in self.plan.fields.items()})
        self._texts(rows)
        self._needed(rows)
        moments = {name: self._moments(name, rows) for name in ("received_at", *TIMES) if name in self.plan.fields}
        lon, lat, why = self.points.turned(rows.of("lon"), rows.of("lat"))
        for row, reason in enumerate(why):
            if reason:
                rows.refuse(row, "lon, lat", reason)
        counts = {name: self._counts(name, rows) for name in ("injured", "trapped")}
        yes = {name: self._yes(name, rows) for name in ("weapon", "hazmat")}
        words = {name: self._words(name, rows.of(name)) for name in ("type", "channel", "place_kind", "priority")}
        call, sent = self._chosen(rows, skipped, moments, words)
        self._count_words(rows, words, sorted({*call, *sent}))
        made: dict[str, Any] = {}
        for name in _PLAIN:
            texts = rows.of(name)
            made[name] = [texts[row] or None for row in call]
        numbers, units = rows.of("call"), rows.of("unit")
        made["call"] = [numbers[row] for row in call]
        made["address"] = [text or "" for text in made["address"]]
        made["received_at"] = [moments["received_at"][row] for row in call]
        made |= {"lon": lon[call], "lat": lat[call]}
        for name in ("type", "channel", "place_kind"):
            made[name] = [words[name][row][0] for row in call]
        made["priority"] = [self._priority(words, row) for row in call]
        made["text"] = [self._text(rows, words, row) for row in call]
        made |= {name: [people[row] for row in call] for name, people in counts.items()}
        made |= {name: [answers[row] for row in call] for name, answers in yes.items()}
        self.calls.append(_batch(made, CALLS))
        if sent:
            steps = {name: moments[name] for name in TIMES if name in moments}
            told: dict[str, Any] = {
                "row": [rows.numbers[row] for row in sent],
                "call": [numbers[row] for row in sent],
                "unit": [units[row] for row in sent],
            }
            told |= {name: [values[row] for row in sent] for name, values in steps.items()}
            told |= {name: [None] * len(sent) for name in TIMES if name not in steps}
            self.responses.append(_batch(told, RESPONSES))

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Calls and responses, when every batch was taken; what told repeated rows apart is given up."""
        self._known.clear()
        self._sent.clear()
        found = pa.Table.from_batches(self.calls, CALLS), pa.Table.from_batches(self.responses, RESPONSES)
        self.calls, self.responses = [], []
        return found

    def _needed(self, rows: Rows) -> None:
        for name, one in self.plan.fields.items():
            if one.needed or name == "call":
                for row, text in enumerate(rows.of(name)):
                    if not text:
                        rows.refuse(row, name, f"{' and '.join(one.columns) or name} is empty")

    def _moments(self, name: str, rows: Rows) -> list[int | None]:
        said = self.plan.fields[name]
        found: list[int | None] = []
        for row, text in enumerate(rows.of(name)):
            value = None
            if text:
                try:
                    value = self.clockwork.micros(text, said)
                except BadTimeError as bad:
                    rows.refuse(row, name, str(bad))
                else:
                    if not in_range(value):
                        rows.refuse(row, name, f"{tell(value)} is before 2000 or after 2099")
                        value = None
            elif name == "received_at":
                rows.refuse(row, name, f"{' and '.join(said.columns) or name} is empty")
            found.append(value)
        return found

    def _counts(self, name: str, rows: Rows) -> list[int | None]:
        if name not in self.plan.fields:
            return [None] * len(rows.numbers)
        found: list[int | None] = []
        for row, text in enumerate(rows.of(name)):
            good = text.isdecimal() and len(text) < 6 and int(text) <= MOST_HURT
            if text and not good:
                rows.refuse(row, name, f"{text[:40]!r} is no number of people")
            found.append(int(text) if good else None)
        return found

    def _yes(self, name: str, rows: Rows) -> list[bool]:
        if name not in self.plan.fields:
            return [False] * len(rows.numbers)
        words = self._words(name, rows.of(name))
        found = []
        for row, (text, _known) in enumerate(words):
            small = text.casefold()
            if small not in YES and small not in NO:
                rows.refuse(row, name, f"{text[:40]!r} is neither yes nor no")
            found.append(YES.get(small, False))
        return found

    def _words(self, name: str, texts: Sequence[str]) -> list[tuple[str, bool]]:
        """For each text what it means, and whether the map or the product knows it."""
        cache = self._meanings.setdefault(name, {})
        for text in set(texts) - cache.keys():
            cache[text] = self._meaning(name, text)
        return [cache[text] for text in texts]

    def _meaning(self, name: str, text: str) -> tuple[str, bool]:
        said, target = self.plan.fields.get(name), self.plan.table.by_name[name]
        table: WordTable | None = said.words if said else None
        if (meaning := table.meaning(text) if table else None) is not None:
            return meaning, True
        choices = self.city.types if name == "type" else target.choices
        if target.kind == "yes" or (table is None and text in choices):
            return text, True  # beside a table of words a number such as 1 may mean anything
        usual = (said.other if said else None) or (self.city.other if name == "type" else target.usual)
        return usual, said is None or (not text and name not in _SAID)

    def _texts(self, rows: Rows) -> None:
        """Line ends as one; texts that no case could hold are refused."""
        for name, longest in LONGEST.items():
            if name not in self.plan.fields:
                continue
            whole = "".join(rows.of(name))
            if "\r" in whole or "\n" in whole:
                mark = "\n" if name == "text" else " "
                rows.texts[name] = [mark.join(text.splitlines()) for text in rows.of(name)]
            bad = unclean(whole.replace("\r", ""))
            for row, text in enumerate(rows.of(name)):
                if len(text) > longest:
                    rows.refuse(row, name, f"it has {len(text):,} characters; {longest:,} are the most")
                elif bad and (what := unclean(text)):
                    rows.refuse(row, name, f"it holds {what}")

    def _chosen(
        self, rows: Rows, skipped: set[int], moments: dict[str, list[int | None]], words: dict[str, Any]
    ) -> tuple[list[int], list[int]]:
        """The rows that begin a call and those that are a response, each row accounted for."""
        numbers, units = rows.of("call"), rows.of("unit")
        steps = [moments[name] for name in TIMES if name in moments]
        plain = [rows.of(name) for name in self.plan.fields if name not in ("unit", *TIMES)]
        calls, sent = [], []
        account = self.account
        for row, number in enumerate(numbers):
            if row in skipped:
                account.left_out += 1
            elif row in rows.bad:
                account.refuse(rows.numbers[row], *rows.bad[row])
            else:
                key, content = hash(number), hash(tuple(one[row] for one in plain))
                new = key not in self._known
                if new:
                    self._known[key] = content
                    calls.append(row)
                times = tuple(one[row] for one in steps)
                if units[row] and any(time is not None for time in times):
                    response = hash((number, units[row], times))
                    if response not in self._sent:
                        self._sent.add(response)
                        sent.append(row)
                        new = True
                if new:
                    account.written += 1
                else:
                    account.repeated += 1
                    if self._known[key] != content:
                        account.note(
                            rows.numbers[row], "call", "another row of its call says otherwise; the first stands"
                        )
        return calls, sent

    def _count_words(self, rows: Rows, words: dict[str, list[tuple[str, bool]]], taken: Sequence[int]) -> None:
        for name, found in words.items():
            if all(known for _, known in self._meanings[name].values()):
                continue
            texts = rows.of(name)
            for row in taken:
                meaning, known = found[row]
                if not known:
                    played = OWN if name == "priority" and not meaning else meaning
                    self.account.words.count(name, texts[row], rows.numbers[row], played)
        if self.city.units is not None and "unit" in self.plan.fields:
            units = rows.of("unit")
            for row in taken:
                if units[row] and units[row] not in self.city.units:
                    told = "it is; units.csv does not have it"
                    self.account.words.count("unit", units[row], rows.numbers[row], told)

    def _priority(self, words: dict[str, list[tuple[str, bool]]], row: int) -> int:
        meaning = words["priority"][row][0]
        return int(meaning) if meaning else self.city.types.get(words["type"][row][0], 3)

    def _text(self, rows: Rows, words: dict[str, list[tuple[str, bool]]], row: int) -> str | None:
        """What the map calls the text, and the data's own words where nobody has mapped them."""
        if words["type"][row][1] and words["priority"][row][1]:
            return rows.of("text")[row] or None
        told = [
            f"{noun} in the data: {rows.of(name)[row] or 'none'}."
            for name, noun in _SAID.items()
            if not words[name][row][1]
        ]
        return " ".join([text for text in (rows.of("text")[row], *told) if text]) or None


def _batch(columns: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for one in schema:
        kind = pa.int64() if one.type == MOMENT else one.type
        array = pa.array(columns[one.name], kind)
        arrays.append(array.cast(one.type) if one.type == MOMENT else array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
