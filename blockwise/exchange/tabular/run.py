"""A file, a map and a folder: the whole way of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.tabular.account import Account
from blockwise.exchange.tabular.batches import BadFile, Batch, Told, read_file
from blockwise.exchange.tabular.calls import CallTable
from blockwise.exchange.tabular.city import City, read_surroundings
from blockwise.exchange.tabular.fields import Cells
from blockwise.exchange.tabular.mapfile import BadMap, Map
from blockwise.exchange.tabular.notes import notes
from blockwise.exchange.tabular.points import Points
from blockwise.exchange.tabular.rows import RowTable
from blockwise.exchange.tabular.store import Shelf, put_calls, put_rows
from blockwise.exchange.tabular.times import ORDERS, Clockwork, Order, Undecided

PAPERS: Final = "imports"  # the folder of accounts inside a city's
Progress = Callable[[int], None]


def take(
    path: Path, plan: Map, into: Path | None = None, *, partly: bool = False, progress: Progress | None = None
) -> Account:
    """Read the file by its map and, with `into`, write what it says into that city folder, all or nothing.

    BadFile, BadMap, BadFolder or Conflict (more than a fifth refused, unless `partly`) before anything is written.
    """
    city = read_surroundings(into, places="lon" in plan.fields)
    _check_types(plan, city)
    order, why = plan.times.order, "as the map says" if plan.times.order else ""
    try:
        return _taken(path, plan, city, (order, why), partly, progress)
    except Undecided:
        return _taken(path, plan, city, _order(path, plan), partly, progress)


def _check_types(plan: Map, city: City) -> None:
    """BadMap where a type of the map is none of the city's kind `call`."""
    said = plan.fields.get("type")
    if plan.table.name != "calls" or said is None:
        return
    problems = Problems()
    fix = "Write a type of kinds/call.yaml (or of the built-in kind call where the city has none)"
    words = said.words
    for word, meaning in (words.words if words else {}).items():
        if words and meaning not in city.types:
            line = words.lines.get(word, said.line)
            problems.error(plan.file, line, f"{word!r} is given as {meaning!r}, which is no type of call", fix)
    for given in (said.other, said.value if not words else None):
        if given and given not in city.types:
            problems.error(plan.file, said.line, f"{given!r} is no type of call", fix)
    if not (said.other or city.other):
        what = "the city has no type other, and the map names none that stands for unknown words"
        problems.error(plan.file, said.line, what, "Write other: with a type into type")
    if problems.found:
        raise BadMap(problems.listed())


def _order(path: Path, plan: Map) -> tuple[str, str]:
    """Whether the day or the month comes first, from every date of the file."""
    order, cells = Order(), Cells(plan)
    names = [name for name, one in plan.fields.items() if plan.table.by_name[name].kind in ("time", "day")]
    for batch in read_file(path, plan.layout, Told()):
        for name in names:
            order.look(batch.numbers, cells.texts(plan.fields[name], batch))
    return order.decided()


def _taken(
    path: Path, plan: Map, city: City, order: tuple[str | None, str], partly: bool, progress: Progress | None
) -> Account:
    account = Account(path.name, plan.table.name)
    if order[0]:
        account.told.say("order", order[1] if order[1][0].isupper() else f"Dates have {ORDERS[order[0]]}, {order[1]}.")
    cells, points = Cells(plan, str(path)), Points(plan.place, city.land)
    clockwork = Clockwork(plan.times.zone or city.zone, plan.times.twice, order[0])
    calls = CallTable(plan, city, cells, clockwork, account, points) if plan.table.name == "calls" else None
    rows = RowTable(plan, city, cells, account, points, order[0]) if calls is None else None
    for batch in read_file(path, plan.layout, account.told):
        _begin(batch, cells, account)
        (calls or rows).take(batch, _skipped(batch, plan, cells))  # type: ignore[union-attr]  # one of them is there
        if progress:
            progress(account.rows)
    points.refuse_swapped()
    account.mended = cells.mended
    shelf = Shelf(into) if (into := city.folder) else None
    if rows is not None:
        rows.finish()
    _tell(account, plan, city, clockwork, points)
    _demand_sum(account)
    account.refuse_many(partly)
    if calls is not None:
        _put_calls(account, calls, shelf)
    elif rows is not None and shelf:
        account.files[plan.table.file] = put_rows(shelf, plan.table, rows.found, plan.fields)
    if shelf:
        name = f"{Path(plan.file).stem}.{path.stem}"[:100]  # an account for each file that a map took
        shelf.papers |= {f"{PAPERS}/{name}{end}": content for end, content in account.papers().items()}
        shelf.put()
    return account


def _begin(batch: Batch, cells: Cells, account: Account) -> None:
    if not account.rows and batch.numbers:
        cells.check_columns(batch)
    account.rows += len(batch.numbers) + len(batch.bad)
    account.blank += batch.blank
    for number, why in batch.bad:
        account.refuse(number, "", why)
    cells.refuse_damaged(batch)


def _skipped(batch: Batch, plan: Map, cells: Cells) -> set[int]:
    found: set[int] = set()
    for column, words in plan.skip.items():
        found |= {row for row, text in enumerate(cells.column(column, batch)) if words.meaning(text) is not None}
    return found


def _put_calls(account: Account, table: CallTable, shelf: Shelf | None) -> None:
    calls, responses = table.tables()
    account.noted.extend(notes(calls, responses))
    account.noted.sort(key=lambda one: one.row)
    if shelf:
        account.files |= put_calls(shelf, calls, responses)


def _tell(account: Account, plan: Map, city: City, clockwork: Clockwork, points: Points) -> None:
    for subject, sentence in _sentences(plan, city, clockwork, points):
        account.told.say(subject, sentence)


def _sentences(plan: Map, city: City, clockwork: Clockwork, points: Points) -> Iterator[tuple[str, str]]:
    if any(plan.table.by_name[name].kind == "time" for name in plan.fields):
        zone = clockwork.zone.key if clockwork.zone else "none: each says its own"
        whose = "as the map says" if plan.times.zone else "as the city's folder says" if city.zone else ""
        yield "zone", f"Times are of the zone {zone}{f', {whose}' if whose else ''}."
    if clockwork.repeated:
        yield "twice", f"{clockwork.repeated:,} times lie in the hour that comes twice: {plan.times.twice}."
    if clockwork.skipped:
        yield (
            "skipped",
            f"{clockwork.skipped:,} times lie in the hour that does not come, and are taken as an hour later.",
        )
    if "lon" in plan.fields:
        yield "crs", f"Points are {plan.place.crs}."
        if points.commas:
            yield "commas", f"{points.commas:,} longitudes have a comma, read as a decimal mark."
        if points.land is None:
            yield "land", "Where the city lies is not known: no point is refused for lying elsewhere."


def _demand_sum(account: Account) -> None:
    """The counts add up, or nothing is written: a row that is not accounted for is a fault of this program."""
    if not account.adds_up:
        what = f"{account.rows:,} rows are not accounted for: " + " ".join(account.lines())
        raise BadFile(what, where=account.file, fix="Tell whoever maintains this program.")
