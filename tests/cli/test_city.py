"""`blockwise city load`: from nothing to a city in one command, and what comes next in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.exchange.tiny_city import write_tiny_city
from tests.servers import Home, Server

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"


def no_demo(city: dict[str, Any]) -> None:
    city["demo"] = False


WAITS = """Nothing has changed.
Waiting to be signed by two people, oversight among them: call, hazard, objection.
Until then no case can be opened of: call, hazard, objection.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_city(tmp_path_factory.mktemp("city") / "tiny", city=no_demo, people=None)


@pytest.fixture(scope="module")
def home(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("homes") / "deep" / "home")


def test_a_new_home_is_made_by_loading_a_city_and_the_next_step_told(home: Home, folder: Path) -> None:
    told = home.blockwise("city", "load", str(folder)).stdout
    assert "blocks: 11 added" in told
    assert "Nobody can sign in yet. Make an administrator:" in told
    assert "user grant admin administrator T\n" in told
    again = home.blockwise("city", "load", str(folder)).stdout
    assert again.startswith("Nothing has changed.\nNobody can sign in yet.")
    home.blockwise("user", "create", "admin", "--name", "Duty Administrator", BLOCKWISE_PASSWORD=PASSWORD)
    home.blockwise("user", "grant", "admin", "administrator", "T")
    assert home.blockwise("city", "load", str(folder)).stdout.startswith(WAITS)
    with Server(home) as server:
        assert httpx.get(f"{server.url}/readyz").json()["status"] == "ready"


def test_an_administrator_of_the_folder_needs_a_password(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = write_tiny_city(tmp_path / "tiny", city=no_demo)
    told = home.blockwise("city", "load", str(folder)).stdout
    assert "Nobody can sign in yet. Give an administrator a password:" in told
    assert "user password admin\n" in told
    home.blockwise("user", "password", "admin", BLOCKWISE_PASSWORD=PASSWORD)
    assert home.blockwise("city", "load", str(folder)).stdout.startswith(WAITS)


def test_a_folder_that_cannot_be_used_gets_no_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.blockwise("city", "load", str(tmp_path / "none"), check=False)
    assert done.returncode == 1
    assert "there is no such folder. Name the folder that holds city.yaml." in done.stderr
    assert not home.folder.exists()


def test_a_server_without_a_database_makes_the_home_and_says_what_makes_the_rest(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    done = home.blockwise("serve", check=False)
    assert done.returncode == 1
    assert "http://" not in done.stdout
    assert f"There is no database in {home.folder} yet. `blockwise city load CITY` makes it" in done.stderr
    assert home.folder.is_dir()


def test_a_database_of_an_earlier_version_is_not_migrated_by_a_load(tmp_path: Path, folder: Path) -> None:
    home = Home(tmp_path / "home")
    home.blockwise("migrate")
    home.python("-m", "django", "migrate", "units", "zero", DJANGO_SETTINGS_MODULE="blockwise.site.settings")
    done = home.blockwise("city", "load", str(folder), check=False)
    assert done.returncode == 1
    assert "The database is of an earlier version: " in done.stderr
    assert "run `blockwise migrate`, then load the city." in done.stderr


def test_a_check_ends_with_whether_the_folder_can_be_loaded(folder: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.blockwise("city", "check", str(folder))
    assert done.stdout.startswith("What units can do, and what types of case need:\n  patrol ")
    assert "Further words for what units can do: foot, command, support, investigation.\n" in done.stdout
    assert done.stdout.endswith(f"{folder} can be loaded; 5 warnings.\n")
    broken = write_tiny_city(tmp_path / "broken", roster=None)
    done = home.blockwise("city", "check", str(broken), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == "roster.csv: the file is missing. Add it to the folder."
    assert done.stderr.splitlines()[-1].startswith(f"{broken} cannot be loaded: 1 error, ")
    assert not home.folder.exists()
