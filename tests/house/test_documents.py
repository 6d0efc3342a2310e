"""The documents say what is there: every variable, every command, every link."""

from __future__ import annotations

import re
from pathlib import Path

import typer
from typer.testing import CliRunner

from blockwise.cli.main import FILES, command

ROOT = Path(__file__).resolve().parents[2]
OPERATE = (ROOT / "docs" / "operate.md").read_text()
READ = re.compile(r'(?:environ\.get\(|environ\[|_switch\(|_number\()"([A-Z_]+)"|envvar="([A-Z_]+)"')
NAMED = re.compile(r"`((?:BLOCKWISE|DATABASE)_[A-Z_]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FOREIGN = {"CI"}  # set by the machine that runs the tests


def _read_in(folder: str) -> set[str]:
    texts = [path.read_text() for path in (ROOT / folder).rglob("*.py")]
    return {one or other for text in texts for one, other in READ.findall(text)}


def test_every_variable_that_is_read_is_documented() -> None:
    read = _read_in("blockwise")
    assert len(read) > 12
    assert read - set(NAMED.findall(OPERATE)) == {"DJANGO_SETTINGS_MODULE"} & read


def test_no_variable_is_documented_that_nobody_reads() -> None:
    read = _read_in("blockwise") | _read_in("tests") | _read_in("bench")
    assert set(NAMED.findall(OPERATE)) - read == set()


def test_every_command_that_the_documents_name_exists() -> None:
    texts = [OPERATE, (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()]
    named = set(re.findall(r"blockwise ([a-z]+)(?: ([a-z][a-z-]+))?", "\n".join(texts)))
    known = _commands()
    unknown = {
        (first, second)
        for first, second in named
        if first in FILES and second and known[first] and second not in known[first]
    }
    assert unknown == set()
    assert set(FILES) == set(known)


def _commands() -> dict[str, set[str]]:
    """Each command with the names of its own commands, none for one without."""
    whole = typer.main.get_command(command(""))
    return {name: set(getattr(one, "commands", {})) for name, one in whole.commands.items()}  # type: ignore[attr-defined]  # a group


def test_every_command_explains_itself() -> None:
    whole = typer.main.get_command(command(""))
    for name, one in whole.commands.items():  # type: ignore[attr-defined]  # a group
        assert one.help, name
        for own, inner in getattr(one, "commands", {}).items():
            assert inner.help, f"{name} {own}"
    assert CliRunner().invoke(command(""), ["--help"]).exit_code == 0


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in LINK.findall(page.read_text())
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert dead == []
