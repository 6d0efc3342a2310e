"""What a load would take away, held against what there was: a folder that was cut off or mixed up is not applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized

from blockwise.access.load import People
from blockwise.exchange.folder import CityFolder
from blockwise.places.difference import Difference
from blockwise.problems import Conflict
from blockwise.rooms import Role

MOST = 0.2  # of a table
NEEDED = (Role.DISPATCHER, Role.ADMINISTRATOR)
REPLACED = ("shifts", "crews")  # a changed row of these is one that is gone and one that is added


def refuse_losses(folder: CityFolder, tables: Mapping[str, Difference], people: People) -> None:
    """Conflict, inside the load's transaction, with the numbers of what would be gone."""
    lost = [*_tables(folder, tables), *_people(people)]
    if lost:
        what = f"The folder would take away {'; '.join(lost)}."
        fix = "Correct the folder; where all of this is meant to go, load it with --gone."
        raise Conflict(what, where=str(folder.path), fix=fix)


def _tables(folder: CityFolder, tables: Mapping[str, Difference]) -> Iterator[str]:
    rows: dict[str, Sized] = {
        "groupings": {("beat", row.code) for row in folder.beats} | {("zone", row.code) for row in folder.zones},
        "blocks": folder.blocks,
        "addresses": folder.addresses,
        "landmarks": folder.landmarks,
        "street_ranges": folder.street_ranges,
        "stations": folder.stations,
        "units": folder.units,
        "shifts": folder.roster,
        "crews": {(row.login, row.unit) for row in folder.people if row.unit},
    }
    for name, present in rows.items():
        changed = tables[name]
        before = len(present) - len(changed.added) + len(changed.gone)
        gone = len(changed.gone) - (len(changed.added) if name in REPLACED else 0)
        if gone > MOST * before:
            yield f"{gone:,} of {before:,} {name.replace('_', ' ')}"


def _people(people: People) -> Iterator[str]:
    if people.lost > MOST * people.held:
        yield f"{people.lost:,} of {people.held:,} roles"
    for role in NEEDED:
        if role in people.unheld:
            yield f"the last {role.value}"
