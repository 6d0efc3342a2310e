"""A database made by the commit before this one goes on here: migrated, served, worked on, verified."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.servers import ROOT, Home, Server
from tests.site.test_server import open_call

pytestmark = pytest.mark.slow
_OPEN = """
import json, sys
from blockwise.cli import start
start.django()
from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.cases import engine
taker = actor_for(User.objects.get(login="taker"))
place = {"lon": 113.9125, "lat": 22.5575, "kind": "street", "text": "West"}
data = {"type": "crime.theft", "channel": "phone", "place": place, "description": "told before the upgrade"}
hazard = {"type": "fire.exit", "place": place, "description": "found before the upgrade"}
print(json.dumps([engine.open_case(kind, given, taker).case for kind, given in (("call", data), ("hazard", hazard))]))
"""
_HAZARDS = """
from blockwise.cli import start
start.django()
from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
case = Case.objects.get(kind="hazard")
desk = actor_for(User.objects.get(login="dispatcher"))
engine.act(case.pk, "grade", {"grade": "serious"}, desk, expected_version=1)
engine.act(case.pk, "note", {"note": "after the upgrade", "files": []}, desk)
print(registry.of(case).format, registry.current("hazard").format, registry.of(case).digest == case.kind_text_id)
"""
_REPORTED = """
from blockwise.cli import start
start.django()
from blockwise.cases.models import Intake
print(*Intake.objects.values_list("case", "type", "channel", "source", "place_kind").order_by("case").first())
"""


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the commit before this one (of this one, where the work tree has changes)."""
    commit = "HEAD" if _git("status", "--porcelain", "blockwise") else "HEAD~1"
    try:
        archive = _git("archive", commit)
    except subprocess.CalledProcessError:
        pytest.skip("the history has no commit before this one; fetch it to try an upgrade")
    tree = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tree, filter="data")
    if not (tree / "blockwise" / "cli" / "main.py").exists():
        pytest.skip(f"{commit} had no database yet")
    return tree


def test_a_database_of_the_commit_before_is_upgraded_and_verifies(before: Path, tmp_path: Path) -> None:
    old = {"PYTHONPATH": str(before)}
    home = Home(tmp_path)
    assert home.python("-c", "import blockwise; print(blockwise.__file__)", **old).stdout.startswith(str(before))
    home.fill(**old)
    case, _hazard = json.loads(home.python("-c", _OPEN, **old).stdout)
    home.blockwise("seal", "make", **old)
    held = tmp_path / "seals"
    held.write_text(home.blockwise("seal", "show", **old).stdout)

    home.blockwise("migrate")
    assert home.python("-c", _HAZARDS).stdout.split()[1:] == ["2", "True"]
    assert home.python("-c", _REPORTED).stdout.split() == [str(case), "crime.theft", "phone", "public", "street"]
    assert "verified" in home.blockwise("verify", "--seal", str(held)).stdout
    with Server(home) as server, server.client("taker") as taker:
        assert taker.get(f"/api/cases/{case}").json()["place"]["text"] == "West"
        noted = taker.post(f"/api/cases/{case}/acts/note", json={"data": {"note": "after the upgrade"}})
        assert noted.status_code == 200
        assert open_call(taker).status_code == 201
    assert "verified" in home.blockwise("verify", "--seal", str(held)).stdout
