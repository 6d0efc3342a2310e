"""The search for a place: how long while somebody types at 400,000 addresses; how often it is right, by two lists."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.exchange.tiny_city import write_tiny_city
from tests.folders import shared_folder
from tests.servers import Home

from .figures import Figure, Goal, percentile
from .installation import ENGINES, city, inside, installed, run

ADDRESSES, NAMED, RUNS = 400_000, 20, 3  # every 20th address made beside the city's own has a building's name
TYPED: Final = 24  # addresses whose texts are typed, letter by letter, in each language
BEFORE: Final[Mapping[str, tuple[float, float]]] = {  # per cent found first and wrongly called exact, same lists
    "made city": (42.0, 15.7),
    "San Francisco": (59.0, 18.0),
}
BASELINE: Final = "the search before (35ce660)"


def measure(scratch: Path) -> Iterator[Figure]:
    yield from _right(scratch / "lists")
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            made = inside(home, "search.multiply", wanted=ADDRESSES)
            found = inside(home, "search.typing", runs=RUNS)
        notes = {"addresses": made, **found["notes"]}
        what = f"p95 of an answer while typing, {engine}"
        base = ("an address's whole text alone", found["whole"])
        yield Figure("search", what, "ms", tuple(found["p95"]), Goal(50.0), *base, notes)


def _right(folder: Path) -> Iterator[Figure]:
    home = Home(folder)
    folder.mkdir(parents=True)
    run(home, "-m", "blockwise.cli.main", "migrate")
    tiny = str(write_tiny_city(folder / "tiny"))
    streets = (shared_folder() / "data" / "sf_streets").is_dir()
    for name in BEFORE if streets else ["made city"]:
        found = inside(home, "search.lists", folder=tiny, name=name, shared=str(shared_folder()))
        first, wrong = BEFORE[name]
        notes = {"texts": found["texts"], "missed": found["missed"], "wrongly exact": found["wrongly"]}
        yield Figure("search", f"found first, {name}", "%", (found["first"],), None, BASELINE, first, notes)
        yield Figure("search", f"wrongly called exact, {name}", "%", (found["wrong"],), Goal(0.0), BASELINE, wrong)


def lists(folder: str, name: str, shared: str) -> dict[str, Any]:
    """The shares over one list; its city is loaded in place of what was there."""
    from blockwise.access.actors import LOADER
    from blockwise.exchange.folder import read_folder
    from blockwise.ledger.lines import Entry, write
    from blockwise.places import actions
    from blockwise.places.addresses import search
    from tests.places.search_city import made_city
    from tests.places.search_list import shares, wanted
    from tests.places.search_sf import san_francisco

    tiny = read_folder(Path(folder))
    content = made_city(tiny) if name == "made city" else san_francisco(tiny, Path(shared))

    def record(act: str, data: Mapping[str, Any]) -> None:
        write([Entry(thread="system", act=act, actor=LOADER.id, data=data)])

    actions.load(content, purpose="replay", record=record)
    found = shares(wanted("search_list" if name == "made city" else "search_list_sf"), search)
    return {
        "texts": found.texts,
        "first": round(100 * found.found_first, 1),
        "wrong": round(100 * found.wrong, 1),
        "missed": [one.text for one in found.missed],
        "wrongly": [one.text for one in found.wrongly_exact],
    }


def multiply(wanted: int) -> int:
    """Give every street more doors until the city has so many addresses, some with a building's name; their number."""
    from blockwise.places.models import Address

    rows = list(Address.objects.order_by("code").values())
    made, turn = len(rows), 0
    while made < wanted:
        turn += 1
        more = rows[: wanted - made]
        Address.objects.bulk_create([_further(row, turn, k % NAMED == 0) for k, row in enumerate(more)], 5000)
        made += len(more)
    return made


def _further(row: Mapping[str, Any], turn: int, named: bool) -> Any:
    from blockwise.places.models import Address

    number = row["number_value"] + 10_000 * turn
    name = (f" {row['street'][:-1]}大厦{number}", f"Tower {number}, ") if named else ("", "")
    text = row["text"].replace(f"{row['number']}号", f"{number}号") + name[0]
    text_en = name[1] + row["text_en"].replace(row["number"], str(number), 1)
    fields = {"code": f"{row['code']}T{turn}", "number": str(number), "number_value": number}
    return Address(**{**row, **fields, "text": text[:160], "text_en": text_en[:160]})


def typing(runs: int) -> dict[str, Any]:
    """Milliseconds of each answer while texts are typed letter by letter; the first answer of the process apart."""
    from blockwise.places.addresses import search

    texts = _texts()
    began = time.perf_counter()
    search(texts[0])
    first = time.perf_counter() - began
    times: list[list[float]] = []
    slowest: tuple[float, str] = (0.0, "")
    for _run in range(runs):
        taken = []
        for text in texts:
            for length in range(1, len(text) + 1):
                began = time.perf_counter()
                search(text[:length], 8)
                taken.append(1000 * (time.perf_counter() - began))
                slowest = max(slowest, (taken[-1], text[:length]))
        times.append(taken)
    whole = []
    for text in texts[:TYPED]:
        began = time.perf_counter()
        search(text, 8)
        whole.append(1000 * (time.perf_counter() - began))
    notes = {"answers": len(times[0]), "texts": len(texts), "first ms": round(1000 * first), "slowest": slowest}
    return {
        "p95": [percentile(taken, 95) for taken in times],
        "whole": percentile(whole, 95),
        "notes": {**notes, "p50 ms": round(percentile(times[0], 50), 1)},
    }


def _texts() -> list[str]:
    """Addresses in both languages, crossings, misspellings and pinyin of the city's own."""
    import random

    from blockwise.places.current import places
    from blockwise.places.models import Address

    draw = random.Random(1)
    codes = draw.sample(list(Address.objects.order_by("code").values_list("code", flat=True)), 2 * TYPED)
    rows = list(Address.objects.filter(code__in=codes).order_by("code"))
    streets = draw.sample(places().streets.all, TYPED)
    doors = [f"{row.street}{row.number}号" for row in rows[:TYPED]] + [row.text_en[:40] for row in rows[TYPED:]]
    crossings = [f"{a.name}与{b.name}路口" for a, b in zip(streets[::2], streets[1::2], strict=True)]
    wrong = [f"{street.name_en[:3]}{street.name_en[4:]}" for street in streets[:TYPED]]
    spoken = ["".join(street.name_en.lower().split()) for street in streets[: TYPED // 2]]
    return [*doors, *crossings, *wrong, *spoken, "市场对面", "opposite the market"]
