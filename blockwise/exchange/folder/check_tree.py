"""The block tree: one root, known parents, no cycle, codes that begin with the parent's. And the calendar."""

from collections import defaultdict
from typing import Final

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import BlockRow, CityFolder

FILE: Final = "blocks.geojson"


def check_tree(folder: CityFolder, problems: Problems) -> None:
    """Notes what keeps the blocks from being a tree over the city's levels."""
    blocks = _distinct(folder.blocks, problems)
    _check_root(folder, blocks, problems)
    circling = _check_cycles(blocks, problems)
    _check_parents(folder, [block for block in blocks.values() if block.code not in circling], blocks, problems)
    _check_children(folder, blocks, problems)


def _distinct(rows: tuple[BlockRow, ...], problems: Problems) -> dict[str, BlockRow]:
    blocks: dict[str, BlockRow] = {}
    for row in rows:
        if row.code in blocks:
            what = f"block {row.code} is there twice; first on line {blocks[row.code].line}"
            problems.error(FILE, row.line, what, "Give every block its own code")
        blocks.setdefault(row.code, row)
    return blocks


def _check_root(folder: CityFolder, blocks: dict[str, BlockRow], problems: Problems) -> None:
    code = folder.city.code
    fix = f"Let exactly one block, {code}, have no parent (null), and name it in city.yaml"
    if code not in blocks:
        problems.error(FILE, None, f"the city's block {code} is missing", fix)
    for block in blocks.values():
        if block.code == code and block.parent is not None:
            problems.error(FILE, block.line, f"the city's block {code} has a parent, {block.parent}", fix)
        elif block.code != code and block.parent is None:
            problems.error(FILE, block.line, f"block {block.code} has no parent, but is not the city's", fix)


def _check_parents(folder: CityFolder, rows: list[BlockRow], blocks: dict[str, BlockRow], problems: Problems) -> None:
    depth = {level.key: number for number, level in enumerate(folder.city.levels)}
    named = f"Use the levels of city.yaml: {', '.join(depth)}"
    for block in rows:
        if block.level not in depth:
            problems.error(FILE, block.line, f"block {block.code} has the level {block.level!r}", named)
            continue
        if block.parent is None:
            if depth[block.level] != 0:
                what = f"block {block.code} has no parent, but its level is {block.level}"
                problems.error(FILE, block.line, what, "Give the top level to the city's block only")
            continue
        parent = blocks.get(block.parent)
        if parent is None:
            what = f"block {block.code} has the parent {block.parent}, which is missing"
            problems.error(FILE, block.line, what, "Add the parent or correct its code")
            continue
        if depth.get(parent.level, -1) != depth[block.level] - 1:
            what = f"block {block.code} ({block.level}) lies in {parent.code} ({parent.level})"
            problems.error(FILE, block.line, what, "Let a parent be exactly one level above its children")
        if not block.code.startswith(parent.code) or block.code == parent.code:
            what = f"the code {block.code} does not begin with its parent's, {parent.code}"
            problems.error(FILE, block.line, what, "Begin a child's code with its parent's code")


def _check_cycles(blocks: dict[str, BlockRow], problems: Problems) -> set[str]:
    """Codes of the blocks that lie in themselves."""
    circling: set[str] = set()
    done: set[str] = set()
    for start in blocks:
        path: list[str] = []
        code: str | None = start
        while code in blocks and code not in done:
            if code in path:
                ring = path[path.index(code) :]
                words = " in ".join([*ring, code])
                what = f"blocks lie in one another in a cycle: {words}"
                problems.error(FILE, blocks[code].line, what, "Correct the parents")
                circling.update(ring)
                break
            path.append(code)
            code = blocks[code].parent
        done.update(path)
    return circling


def _check_children(folder: CityFolder, blocks: dict[str, BlockRow], problems: Problems) -> None:
    children: dict[str, list[BlockRow]] = defaultdict(list)
    for block in blocks.values():
        if block.parent is not None:
            children[block.parent].append(block)
    *above, lowest = (level.key for level in folder.city.levels)
    for block in blocks.values():
        if block.level in above and block.code not in children:
            what = f"block {block.code} ({block.level}) has no {lowest} in it"
            problems.error(FILE, block.line, what, "Divide every block down to the lowest level")
    for siblings in children.values():
        first = siblings[0]
        for block in siblings:
            if len(block.code) != len(first.code):
                what = f"the codes of the siblings {first.code} and {block.code} differ in length"
                problems.error(FILE, block.line, what, "Give the children of a block codes of one length")
                break


def check_calendar(folder: CityFolder, problems: Problems) -> None:
    """Notes days that are given twice."""
    first: dict[object, int] = {}
    for row in folder.calendar:
        if row.day in first:
            what = f"{row.day} is there twice; first on line {first[row.day]}"
            problems.error("calendar.csv", row.line, what, "Give every day once")
        first.setdefault(row.day, row.line)
