"""The house rules that no other tool holds: sizes, words, lock files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400
WRITTEN = {".py", ".html", ".css", ".js", ".mjs", ".sh", ".yaml"}
UNFINISHED = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
BARE = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[a-z-]+\])?)\s*$")
HOST = re.compile(r"https?://|file://|--(extra-)?index-url|--find-links|\"resolved\"")


def _files() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    named = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in named if name and (ROOT / name).is_file()]


def _written() -> list[Path]:
    files = _files()
    assert len(files) > 50, "git lists too few files: the rules would hold over nothing"
    return [path for path in files if path.suffix in WRITTEN and "migrations" not in path.parts]


def test_no_file_is_longer_than_400_lines() -> None:
    """A kind is one file however much it declares, so it is not split."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in _written()
        if not {"tests", "builtin"} & set(path.parts) and (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*_written(), *(ROOT / "docs").rglob("*.md")]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_every_exemption_from_a_check_gives_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _written()
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BARE.search(line)
    ]
    assert bare == []


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt", "web/package-lock.json"]
)
def test_lock_files_name_no_download_host(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert len(lines) > 5
    assert [line for line in lines if HOST.search(line) and '"url":' not in line] == []


def test_the_short_lock_is_part_of_the_long_one() -> None:
    """What runs in production is what was tested."""
    short, long = (_pinned(ROOT / name) for name in ("requirements.txt", "requirements-dev.txt"))
    assert short - long == set()


def _pinned(path: Path) -> set[str]:
    return {line.rstrip(" \\") for line in path.read_text().splitlines() if re.match(r"[a-z0-9]", line)}
