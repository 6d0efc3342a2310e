"""A real worker started once with the machine's clock ahead, by `faketime`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.homes import ENGINES, ROOT, Home, made

ENDED = """
from datetime import timedelta
from blockwise import clock
from blockwise.access.actors import actor_for
from blockwise.rooms import Role
from blockwise.cases.kinds import registry
from tests.cases.engine.test_engine import acted, hazard
from tests.people import make_city, person
make_city()
registry.store(registry.builtin_texts(), "system:test")
inspector = actor_for(person("inspector", (Role.BLOCK_LEADER, "9901")))
acted(hazard(inspector), "cancel", inspector, reason="found twice", outcome="not_a_hazard")
"""
ROUND = """
import json
from blockwise.rooms import house
from blockwise.site import server
from blockwise.site.worker import Turns
from blockwise.ledger import clockwatch
from blockwise.ledger.models import DataKey
print(clockwatch.look().words(), file=sys.stderr)
all_turns = [Turns(job) for job in house().jobs.values()]
for turns in all_turns:
    turns.whole()
print(json.dumps([turns.name for turns in all_turns if turns.failures]))
print(DataKey.objects.filter(wrapped__isnull=False).count())
"""


@pytest.fixture(params=ENGINES, name="home")
def _home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if not shutil.which("faketime"):
        if os.environ.get("CI"):
            pytest.fail("faketime is not there: install Debian's faketime")
        pytest.skip("NOT RUN: faketime is not there; install Debian's faketime")
    with made(request.param, tmp_path / "home") as ready:
        yield ready


def ahead(home: Home, days: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["faketime", "-f", f"+{days}d", sys.executable, *words]
    return subprocess.run(command, env=home._environment(), cwd=ROOT, capture_output=True, text=True, timeout=300)


def all_jobs(home: Home, days: int) -> tuple[int, str]:
    """How many threads have a key after every job ran once, and what was said."""
    code = f"import sys; from blockwise.cli import start; start.django()\n{ROUND}"
    done = ahead(home, days, "-c", code)
    assert done.returncode == 0, done.stderr
    failed, keys = done.stdout.split("\n")[:2]
    assert json.loads(failed) == []
    return int(keys), done.stderr


def test_a_clock_four_years_ahead_erases_nothing_until_an_operator_says_it_is_true(home: Home) -> None:
    home.python(ENDED)
    assert home.run("clock", "show").returncode == 0
    kept, said = all_jobs(home, 1460)
    assert (kept, "Retention, shifts, escalation and locks wait" in said) == (1, True)
    assert not (home.folder / "erasures.jsonl").exists()
    done = ahead(home, 1460, "-m", "blockwise.cli.main", "clock", "show")
    assert (done.returncode, "no silence explains that" in done.stdout) == (1, True)
    assert home.run("clock", "confirm", "--yes").returncode == 0
    assert "believed" in home.run("clock", "show").stdout
    assert home.run("verify").returncode == 0
    assert all_jobs(home, 0)[0] == 1

    assert all_jobs(home, 1460)[0] == 1
    for days, kept in ((1460, 1), (1462, 1), (1464, 0)):  # announced, then too early, then erased
        done = ahead(home, days, "-m", "blockwise.cli.main", "clock", "confirm", "--yes")
        assert done.returncode == 0, done.stderr
        assert all_jobs(home, days)[0] == kept
