"""Recompute the whole record and name the first line that does not fit.

It streams: what it holds is a page of lines, one seal's hashes and, in a temporary file, the end of each thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from django.utils.translation import gettext as _

from blockwise.ledger import keys, rows, seals
from blockwise.ledger.check import Check, Fault, Held, Report, Unfit
from blockwise.ledger.line_text import LineText
from blockwise.ledger.models import Head
from blockwise.ledger.rows import LineRow, SealRow
from blockwise.ledger.texts import Texts
from blockwise.problems import Invalid

Progress = Callable[[int], None]
_A_BATCH = 500


def verify_database(held: Held | None = None, progress: Progress = lambda lines: None) -> Report:
    """Verify this installation's database, its sealed texts and head row too, against seals kept elsewhere.

    Seals must be signed by keys that the home knows, and the seal that it noted last must be among them.
    """
    head_before, noted = _head(), seals.noted()
    texts, known = Texts(), keys.known_seal_keys()
    check = Check(held or {}, {*known, *(_trusted(held) or ())}, noted)
    report = _verify(rows.in_database(), check, texts, progress)
    report.texts = dict(texts.counts)
    if report.ok:
        report.fault = _head_fault(report.lines, head_before)
    if report.ok and known and report.lines and not report.seals:
        report.fault = Fault(1, "", _("no seal is there, though this home has signed some before"))
    return report


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
) -> Report:
    batch: list[LineText] = []
    with closing(check):
        fault = _first_fault(check, items, texts, batch, progress)
        earlier = _text_fault(texts, batch)
        check.report.fault = earlier or fault
        return check.report


def _first_fault(
    check: Check, items: Iterable[SealRow | LineRow], texts: Texts | None, batch: list[LineText], progress: Progress
) -> Fault | None:
    try:
        for item in items:
            if isinstance(item, SealRow):
                check.seal(item)
                continue
            batch.append(check.line(item))
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


def _head() -> int:
    return Head.objects.values_list("number", flat=True).filter(pk=1).first() or 0


def _head_fault(lines: int, head_before: int) -> Fault | None:
    """Lines may have been written meanwhile; but never fewer than the head knew, nor more than it knows now."""
    if lines < head_before:
        return Fault(lines + 1, "", _("it is missing, the head row knows of it"))
    if lines > (now := _head()):
        return Fault(now + 1, "", _("it was written past the head row"))
    return None
