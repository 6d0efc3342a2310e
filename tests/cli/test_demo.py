"""`blockwise demo run`: another city has a home of its own, and whoever ends it ends its children with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from blockwise.cli.demo import _made, _own_home
from blockwise.exchange.newcity import new_city
from tests.exchange.tiny_city import write_tiny_city
from tests.servers import Home, free_port

ROOT = Path(__file__).resolve().parents[2]


def test_each_folder_has_its_own_home_and_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "one" / "town", tmp_path / "two" / "town", tmp_path / "one" / ".." / "one" / "town"):
        monkeypatch.setenv("BLOCKWISE_HOME", "")
        monkeypatch.delenv("BLOCKWISE_HOME")
        _own_home(folder)
        found.append(os.environ["BLOCKWISE_HOME"])
    assert found[0] == found[2] != found[1]
    assert all(home.startswith("var/town-") for home in found)


def test_a_home_that_was_given_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOCKWISE_HOME", "/elsewhere")
    _own_home(tmp_path)
    assert os.environ["BLOCKWISE_HOME"] == "/elsewhere"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("towns") / "small"
    new_city(folder, 1, "small")
    return folder


@pytest.mark.slow
def test_a_district_that_was_left_half_made_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "district"
    folder.mkdir()
    (folder / "city.yaml").write_text("half")
    (_made(folder) / "city.yaml").write_text("edited")
    assert (folder / "truth.json").is_file()
    assert (_made(folder) / "city.yaml").read_text() == "edited"


def listening() -> None:
    """As a terminal starts a command: whoever runs the tests may ignore these signals, as nohup does."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def demo(home: Path, city: Path, by_make: bool = False, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`demo run`, or `make run`, in a process group of its own, of which nothing is left afterwards."""
    home.mkdir()
    words = [sys.executable, "-m", "blockwise.cli.main", "demo", "run", "--port", str(free_port()), "--city", str(city)]
    if by_make:  # -o: what is set up is not looked at again
        tools = Path(sys.executable).parent
        words = ["make", "-o", "setup", "run", f"BIN={tools}", f"PORT={free_port()}", f"CITY={city}"]
    with (home / "told").open("wb") as told:
        process = subprocess.Popen(
            words,
            env=Home(home).environment(**environment, PYTHONUNBUFFERED="1"),
            cwd=ROOT,
            stdout=told,
            stderr=told,
            start_new_session=True,
            preexec_fn=listening,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(told: Path, words: str) -> None:
    until = time.monotonic() + 120
    while words not in told.read_text():
        assert time.monotonic() < until, told.read_text()
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_server_and_the_replay_end_with_it(number: signal.Signals, town: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(home, town) as process:
        wait_for(home / "told", "Blockwise is at")
        process.send_signal(number)  # to itself alone, as make and a service manager do
        assert process.wait(60) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)  # nobody is left of its group


@pytest.mark.slow
def test_they_end_with_make(town: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(home, town, by_make=True) as process:
        wait_for(home / "told", "Blockwise is at")
        process.terminate()
        assert process.wait(60) != 0
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


@pytest.mark.slow
def test_a_server_that_does_not_start_is_told_by_the_status(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with demo(home, write_tiny_city(tmp_path / "city"), BLOCKWISE_MODE="prod") as process:
        assert process.wait(120) == 1
    assert "BLOCKWISE_MODE is 'prod'" in (home / "told").read_text()


@pytest.mark.slow
def test_a_city_that_is_no_demonstration_gets_the_next_step_and_no_logins(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    shutil.copytree(town, folder)
    text = (folder / "city.yaml").read_text()
    (folder / "city.yaml").write_text(text.replace("demo: true", "demo: false"))
    home = tmp_path / "home"
    with demo(home, folder):
        wait_for(home / "told", "Then sign in at http://127.0.0.1:")
    told = (home / "told").read_text()
    assert "This city's city.yaml says demo: false, so it has no demonstration logins and no calls are played." in told
    assert "user password admin" in told
    assert "blockwise-demo" not in told
    assert "This database is not for replays" not in told


def refused(home: Path, *words: str, **environment: str) -> str:
    done = Home(home).blockwise("demo", "run", *words, check=False, **environment)
    assert done.returncode == 1
    assert not home.exists()
    return done.stderr


def test_in_production_nothing_is_made(tmp_path: Path) -> None:
    told = refused(tmp_path / "home", "--port", str(free_port()), BLOCKWISE_MODE="production")
    assert "A demonstration is refused in production." in told


def test_nothing_is_made_for_a_port_that_is_served_already(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"127.0.0.1, port {port}, cannot be served" in refused(tmp_path / "home", "--port", port)
