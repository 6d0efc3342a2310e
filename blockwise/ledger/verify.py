"""Recompute the whole record, and the rows from it, and name the first that does not fit.

It streams: what it holds is a page of lines, one seal's hashes and, in temporary files, the end of each thread and the
rows as the lines made them. It reads one moment of the database.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import begin, canonical, erase, keys, rows, seals
from blockwise.ledger.check import Check, Fault, Held, Report, Unfit
from blockwise.ledger.fold import Fold
from blockwise.ledger.line_text import LineText
from blockwise.ledger.models import Head, Line
from blockwise.ledger.rows import LineRow, SealRow
from blockwise.ledger.snapshot import snapshot
from blockwise.ledger.texts import Texts
from blockwise.problems import Invalid

Progress = Callable[[int], None]
_A_BATCH = 500


def verify_database(
    held: Held | None = None, progress: Progress = lambda lines: None, *, restored: bool = False
) -> Report:
    """Verify this installation's database, its keys, sealed texts, proven rows and head row too, against seals kept
    elsewhere.

    What the home noted as erased must have no key.
    Seals must be signed by keys that the home knows, and the seal that it noted last must be among them; of a record
    that was just `restored` it notes the last one when this is done.
    """
    noted = seals.noted()
    with snapshot(), _uncollected():
        report = _verified(held, noted, progress)
        if not restored:
            report.doubts += _unnoted(noted, keys.known_seal_keys(), report.seals)
    if report.ok and (undone := erase.undone()):
        report.fault = Fault(*undone, _("its erasure is noted in this home, yet the key is there"))
    return report


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing in it refers to itself: looking for that again and again took a sixth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _verified(held: Held | None, noted: Mapping[str, Any] | None, progress: Progress) -> Report:
    texts, known = Texts(), keys.known_seal_keys()
    check = Check(held or {}, {*known, *(_trusted(held) or ())}, noted)
    with closing(Fold()) as fold:
        report = _verify(rows.in_database(), check, texts, progress, fold)
        report.texts = dict(texts.counts)
        report.fault = report.fault or _head_fault(report.lines, check.recorded_at)
        if report.ok and known and report.lines and not report.seals:
            report.fault = Fault(1, "", _("no seal is there, though this home has signed some before"))
        if report.ok and not (unbegun := begin.due()) and (misfit := fold.first_misfit()):
            report.fault = Fault(misfit[0], _thread(misfit[0]), misfit[1])
        report.rows = fold.rows
    if report.ok and unbegun:
        report.doubts.append(_("the rows are in no line of this record yet; run `blockwise migrate`"))
    report.doubts += _unopened(texts)
    return report


def _unopened(texts: Texts) -> Iterator[str]:
    """Whoever says of a text that an unknown key sealed it could have destroyed it."""
    if count := texts.counts["not opened"]:
        said = _("{n} sealed texts could not be opened, {first} first: their master keys are not in this home")
        yield said.format(n=count, first=texts.first_shut)


def _unnoted(noted: Mapping[str, Any] | None, known: Collection[str], made: int) -> Iterator[str]:
    """The last seal may have been made and not be noted yet; the one before it is."""
    if known and made and (noted["number"] if noted else 0) < made - 1:
        said = _("{file} does not name the seal that this home made last, {n}: it was changed or taken away")
        yield said.format(file=seals.note_path().name, n=made)


def verify_export(path: Path, held: Held | None = None, progress: Progress = lambda lines: None) -> Report:
    """Verify a ledger export. Without a seal kept elsewhere it only shows that the export agrees with itself.

    Invalid, naming file and line, for what is no export or is cut short.
    """
    return _verify(rows.in_export(path), Check(held or {}, _trusted(held)), None, progress)


def held_seals(path: Path) -> Held:
    """Seals kept elsewhere: a file of one public seal, or of one a line. Invalid if one is no seal or badly signed."""
    found = {}
    for place, seal in enumerate(_objects(path), 1):
        if not isinstance(seal, dict) or set(seal) != set(rows.SEAL_FIELDS) or not seals.signature_holds(seal):
            raise Invalid(_("This is no seal, or its own signature is wrong."), where=f"{path}:{place}")
        found[seal["number"]] = seal
    if not found:
        raise Invalid(_("There is no seal in this file."), where=str(path))
    return found


def _objects(path: Path) -> list[object]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(_("The file cannot be read: {why}").format(why=error), where=str(path)) from None
    try:
        return [json.loads(text)]
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        raise Invalid(_("This is not JSON."), where=str(path)) from None


def _trusted(held: Held | None) -> Collection[str] | None:
    return {str(seal["key"]) for seal in held.values()} if held else None


def _verify(
    items: Iterable[SealRow | LineRow],
    check: Check,
    texts: Texts | None,
    progress: Progress,
    fold: Fold | None = None,
) -> Report:
    batch: list[LineText] = []
    with closing(check):
        fault = _first_fault(check, items, texts, batch, progress, fold)
        earlier = _text_fault(texts, batch)
        check.report.fault = earlier or fault
        return check.report


def _first_fault(
    check: Check,
    items: Iterable[SealRow | LineRow],
    texts: Texts | None,
    batch: list[LineText],
    progress: Progress,
    fold: Fold | None,
) -> Fault | None:
    try:
        for item in items:
            if isinstance(item, SealRow):
                check.seal(item)
                continue
            batch.append(line := check.line(item))
            if fold:
                fold.take(line)
            if len(batch) >= _A_BATCH:
                if earlier := _text_fault(texts, batch):
                    return earlier
                batch.clear()
                progress(check.report.lines)
        check.end()
    except Unfit as unfit:
        return Fault(*check.place, str(unfit))
    return None


def _text_fault(texts: Texts | None, batch: Sequence[LineText]) -> Fault | None:
    found = texts.first_unfit(batch) if texts and batch else None
    return Fault(found[0].number, found[0].thread, found[1]) if found else None


def _head_fault(lines: int, recorded_at: str) -> Fault | None:
    head = Head.objects.filter(pk=1).first()
    number = head.number if head else 0
    if lines < number:
        return Fault(lines + 1, "", _("it is missing, the head row knows of it"))
    if lines > number:
        return Fault(number + 1, "", _("it was written past the head row"))
    if head and lines and (said := canonical.moment(head.recorded_at)) != recorded_at:
        why = _("the head row says that it was recorded at {head}, and it says {line}")
        return Fault(lines, _thread(lines), why.format(head=said, line=recorded_at))
    return None


def _thread(number: int) -> str:
    return Line.objects.filter(number=number).values_list("thread", flat=True).first() or ""
