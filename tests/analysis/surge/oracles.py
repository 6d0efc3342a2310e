"""R surveillance's series and answers, as the oracles keep them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date

from tests.oracles import oracle

NEWPORT, AGONA = "salmNewport_germany_weekly.csv", "salmonella_agona.csv"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Row:
    day: date
    observed: int
    bound: float | None
    alarm: bool


def rows(name: str) -> list[dict[str, str]]:
    with (oracle("surveillance") / name).open(newline="") as file:
        return list(csv.DictReader(file))


def series(name: str) -> tuple[list[date], list[int]]:
    """The days (the epoch itself where the file has none) and counts."""
    found = rows(name)
    return [date.fromisoformat(row.get("epoch", "1970-01-01")) for row in found], [
        int(row["observed"]) for row in found
    ]


def expected(config: str) -> list[Row]:
    """The rows of a configuration for Newport, or "agona"."""
    agona = config == "agona"
    found = rows("agona_classic_farrington_b3w3_a01.csv" if agona else "salmNewport_2011_expected.csv")
    return [
        Row(
            EPOCH if agona else date.fromisoformat(row["epoch"]),
            int(row["observed"]),
            None if row["upperbound"].strip() == "NA" else float(row["upperbound"]),
            row["alarm"].strip() == "1",
        )
        for row in found
        if agona or row["config"] == config
    ]
