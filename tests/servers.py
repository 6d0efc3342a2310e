"""A real server in a process of its own, on a database of its own with the tiny city in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from tests.exchange.tiny_city import write_tiny_city

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "correct horse battery"
SCOPES = ["cases:read", "cases:write", "places:read", "units:read", "units:write", "stream"]
SECRET = "kJ3v9QxT7mWz2RbY8nLc4HdF6gPs1AeUoN5iXwVq"
_TOKENS = """
import json, sys
from blockwise.cli import start
start.django()
from blockwise.access.actions import make_token
from blockwise.access.actors import actor_for
from blockwise.access.models import User
scopes = json.loads(sys.argv[1])
print(json.dumps({user.login: make_token(user, "test", scopes, actor_for(user))[1] for user in User.objects.all()}))
"""
_LOAD = """
import sys
from pathlib import Path
from blockwise.cli import start
start.django()
from blockwise.exchange.load import load_folder
load_folder(Path(sys.argv[1]), purpose="demo", password=sys.argv[2])
"""


Done = subprocess.CompletedProcess[str]


@dataclass
class Home:
    """An installation: its folder, its database ("" is SQLite in the folder), and a token for every login."""

    folder: Path
    database: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BLOCKWISE_", "DATABASE_"))}
        own.pop("DJANGO_SETTINGS_MODULE", None)
        return own | {
            "BLOCKWISE_HOME": str(self.folder),
            "BLOCKWISE_SECRET_KEY": SECRET,
            "DATABASE_URL": self.database,
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def blockwise(self, *words: str, check: bool = True, typed: str = "", **more: str) -> Done:
        """Run a command of ours to its end; what it asks is answered with `typed`."""
        return self.python("-m", "blockwise.cli.main", *words, check=check, typed=typed, **more)

    def python(self, *words: str, check: bool = True, typed: str = "", **more: str) -> Done:
        env = self.environment(**more)
        command = [sys.executable, *words]
        kept = {"capture_output": True, "text": True, "timeout": 300}
        done: Done = subprocess.run(command, env=env, cwd=env["PYTHONPATH"], input=typed, **kept)
        assert not check or done.returncode == 0, done.stderr
        return done

    def fill(self, **more: str) -> Home:
        """Migrate, load the tiny city with PASSWORD for everybody, make the tokens."""
        self.blockwise("migrate", **more)
        city = write_tiny_city(self.folder / "city")
        self.python("-c", _LOAD, str(city), PASSWORD, **more)
        self.tokens = json.loads(self.python("-c", _TOKENS, json.dumps(SCOPES), **more).stdout)
        return self

    def copy(self, folder: Path) -> Home:
        """A copy of a SQLite installation that is not running."""
        shutil.copytree(self.folder, folder)
        return Home(folder, self.database, self.tokens)


class Server:
    """`blockwise serve` on a free port; started by `with`, stopped at its end."""

    def __init__(self, home: Home, processes: int = 1, **environment: str) -> None:
        self.home, self.processes, self.environment = home, processes, environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.folder / "server.log"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def start(self) -> None:
        words = ["serve", "--port", str(self.port), "--processes", str(self.processes)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "blockwise.cli.main", *words],
                env=self.home.environment(**self.environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> int:
        """Ask it to stop; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of every process of the server."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def client(self, login: str | None = None, **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.home.tokens[login]}"} if login else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **options)

    def lines_of_log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """The address of a new, empty database on the PostgreSQL `server` (a URL with a database one may connect to)."""
    name = f"bw_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
