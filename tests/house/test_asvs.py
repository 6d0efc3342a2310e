"""docs/asvs.md answers every requirement of ASVS 5.0.0 of levels 1 and 2 once, and the tests it names are there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text()
ROW = re.compile(r"\| (\d+)\.(\d+)\.(\d+)(?:-\1\.\2\.(\d+))? \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
NAMED = re.compile(r"`((?:tests|blockwise|docs|web)/[\w./-]+|test_\w+)")
# chapter -> how many requirements of level 1, of level 2
COUNTS = {
    1: (8, 19), 2: (4, 8), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3), 9: (4, 3),
    10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16), 17: (0, 7),
}  # fmt: skip


def _rows() -> list[tuple[str, ...]]:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    found = [match.groups("") for line in rows if (match := ROW.fullmatch(line))]
    assert len(found) == len(rows)
    return found


def test_every_requirement_is_answered_once() -> None:
    numbers = [
        (int(chapter), int(section), number)
        for chapter, section, first, last, *_rest in _rows()
        for number in range(int(first), int(last or first) + 1)
    ]
    assert numbers == sorted(set(numbers))
    counted = Counter(chapter for chapter, _section, _number in numbers)
    assert counted == {chapter: sum(levels) for chapter, levels in COUNTS.items()}


def test_every_answer_is_one_of_four_and_gives_its_reason() -> None:
    assert {row[5] for row in _rows()} <= {"held", "partly", "not held", "not applicable"}
    assert [row[:3] for row in _rows() if not row[6].strip()] == []


def test_whatever_is_held_names_what_shows_it() -> None:
    assert [row[:3] for row in _rows() if row[5] == "held" and "/" not in "".join(NAMED.findall(row[6]))] == []


def test_whatever_is_named_is_there() -> None:
    missing = []
    for row in _rows():
        text = ""
        for name in NAMED.findall(row[6]):
            if name.startswith("test_"):
                missing += [(row[:3], name)] * (f"def {name}(" not in text)
                continue
            path = ROOT / name
            missing += [(row[:3], name)] * (not path.exists())
            text = path.read_text() if path.is_file() else ""
    assert missing == []
