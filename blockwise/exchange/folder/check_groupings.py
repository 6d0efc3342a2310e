"""Beats and zones: every cell in exactly one of each."""

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import CityFolder, GroupingRow


def check_groupings(folder: CityFolder, problems: Problems) -> None:
    """Notes cells that are unknown, in two beats (or zones) or in none; an absent file is not a fault."""
    lowest = folder.city.levels[-1].key
    cells = {block.code for block in folder.blocks if block.level == lowest}
    for file, rows in (("beats.csv", folder.beats), ("zones.csv", folder.zones)):
        if rows:
            _check_cells(file, rows, cells, lowest, problems)
            _check_names(file, rows, problems)


def _check_cells(file: str, rows: tuple[GroupingRow, ...], cells: set[str], lowest: str, problems: Problems) -> None:
    first: dict[str, GroupingRow] = {}
    for row in rows:
        if row.cell not in cells:
            what = f"{row.code} names the cell {row.cell}, which is not a {lowest} in blocks.geojson"
            problems.error(file, row.line, what, "Correct the cell's code or leave the row out")
        elif row.cell in first:
            other = first[row.cell]
            what = f"the cell {row.cell} is in {row.code} and, on line {other.line}, in {other.code}"
            problems.error(file, row.line, what, "Name every cell once")
        first.setdefault(row.cell, row)
    for cell in sorted(cells - set(first)):
        problems.error(file, None, f"the cell {cell} is missing", "Add a row for every cell")


def _check_names(file: str, rows: tuple[GroupingRow, ...], problems: Problems) -> None:
    first: dict[str, GroupingRow] = {}
    for row in rows:
        other = first.setdefault(row.code, row)
        if (row.name, row.name_en) != (other.name, other.name_en):
            what = f"{row.code} is called {row.name!r} here and {other.name!r} on line {other.line}"
            problems.error(file, row.line, what, "Use one name for each code")
