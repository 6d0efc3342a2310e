"""The calls of a city folder (`calls.parquet`, `responses.parquet`), read for a replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.exchange.parquet import UnfitError, read_table
from blockwise.problems import Invalid, NotFound
from blockwise.response.replay.rows import STEPS, CallRow, ResponseRow, Source

DETAILS = ("injured", "trapped", "weapon", "hazmat", "language")


def read_source(folder: Path) -> Source:
    """Calls and, where there are any, responses. NotFound when the folder holds no calls."""
    path = folder / "calls.parquet"
    if not path.is_file():
        fix = _("Name a city folder that holds calls.parquet.")
        raise NotFound(_("There are no calls to replay."), where=str(path), fix=fix)
    calls = tuple(_call(row) for row in _rows(path))
    responses = folder / "responses.parquet"
    rows = _rows(responses) if responses.is_file() else ()
    return Source(calls, tuple(_response(row) for row in rows))


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        table = read_table(path)
    except UnfitError as unfit:
        raise Invalid(_("These calls cannot be read: %s.") % unfit.what, where=str(path), fix=f"{unfit.fix}.") from None
    for batch in table.to_batches():
        yield from batch.to_pylist()


def _call(row: Mapping[str, Any]) -> CallRow:
    details: dict[str, Any] = {name: row[name] for name in DETAILS if row.get(name) not in (None, False, "")}
    if row.get("text"):
        details["description"] = row["text"]
    caller = {"name": row.get("caller_name"), "phone": row.get("caller_phone")}
    if any(caller.values()):
        details["caller"] = {name: value for name, value in caller.items() if value}
    return CallRow(
        call=row["call"],
        received_at=_utc(row["received_at"]),
        channel=row["channel"],
        type=row["type"],
        priority=int(row["priority"]),
        lon=row["lon"],
        lat=row["lat"],
        place_kind=row["place_kind"],
        address=row["address"] or "",
        repeat_of=row.get("repeat_of"),
        details=details,
    )


def _response(row: Mapping[str, Any]) -> ResponseRow:
    times = {name: _utc(row[name]) for name in STEPS if row.get(name) is not None}
    return ResponseRow(int(row["row"]), row["call"], row["unit"], times)


def _utc(moment: datetime) -> datetime:
    """Invalid for a time without a zone, which would be taken for this machine's."""
    if moment.tzinfo is None:
        fix = _("Write the times with a zone; `blockwise city check` names the columns.")
        raise Invalid(_("The calls have times without a zone."), where="calls.parquet, responses.parquet", fix=fix)
    return moment.astimezone(UTC)
