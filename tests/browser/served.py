"""A city of its own, served by the product's own commands, and a way to call its API as a signed-in person."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq

from tests.servers import free_port

PASSWORD = "blockwise-demo"
PATIENCE = 90.0
LOAD = """
import sys
from pathlib import Path
from blockwise.cli import start
start.django()
from blockwise.exchange.load import load_folder
load_folder(Path(sys.argv[1]), purpose="demo", password=sys.argv[2])
"""


@dataclass(frozen=True)
class Site:
    url: str
    home: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BLOCKWISE_", "DATABASE_"))}
        own.pop("DJANGO_SETTINGS_MODULE", None)
        return own | {"BLOCKWISE_HOME": str(self.home), "BLOCKWISE_SECRET_KEY": "only-for-tests-" * 4}

    @contextmanager
    def client(self, login: str) -> Iterator[httpx.Client]:
        """A signed-in session, with the token against cross-site forgery on every request."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=30) as client:
            client.get("/login")
            form = {"username": login, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
            answer = client.post("/login", data=form, headers={"Referer": self.url})
            assert "/login" not in str(answer.url), answer.text[:500]
            client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
            yield client

    def take_call(self, type_: str, text: str, login: str = "taker") -> int:
        """A call of this type at a place of the generated history; its case number."""
        row = pq.read_table(self.folder / "calls.parquet").slice(60, 1).to_pylist()[0]
        with self.client(login) as client:
            return int(take(client, {**row, "type": type_, "priority": 1, "text": text})["case"])

    def open_calls(self, count: int, login: str = "taker") -> list[int]:
        """Calls out of the generated history, opened now; their case numbers."""
        rows = pq.read_table(self.folder / "calls.parquet").slice(50, 400).to_pylist()
        chosen = random.Random(7).sample([row for row in rows if row["repeat_of"] is None], count)
        with self.client(login) as client:
            return [int(take(client, row)["case"]) for row in chosen]


def take(client: httpx.Client, row: dict[str, Any]) -> dict[str, Any]:
    place = {"lon": row["lon"], "lat": row["lat"], "text": row["address"], "kind": row["place_kind"]}
    body: dict[str, Any] = {"type": row["type"], "priority": row["priority"], "place": place, "channel": "phone"}
    if row["caller_phone"]:
        body["caller"] = {"name": row["caller_name"] or "", "phone": row["caller_phone"]}
    if row["text"]:
        body["description"] = row["text"]
    answer = client.post("/api/calls", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def served(home: Path, folder: Path | None = None, size: str = "small") -> Iterator[Site]:
    """Make a city of this size (unless one is given), load it into a fresh database in `home`, serve it."""
    home.mkdir(parents=True, exist_ok=True)
    site = Site(f"http://127.0.0.1:{free_port()}", home, folder or home / "city")
    if folder is None:
        _run(site, *command("city", "new", str(site.folder), "--seed", "1", "--size", size))
    _run(site, *command("migrate"))
    _run(site, sys.executable, "-c", LOAD, str(site.folder), PASSWORD)
    serve = command("serve", "--port", site.url.rsplit(":", 1)[1])
    with (home / "serve.log").open("w") as log:
        server = subprocess.Popen(serve, env=site.environment(), stdout=log, stderr=log)
    try:
        _wait(site, server)
        yield site
    finally:
        server.terminate()
        server.wait(30)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "blockwise.cli.main", *words]


def _run(site: Site, *words: str) -> None:
    done = subprocess.run(words, env=site.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}"


def _wait(site: Site, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(f"{site.url}/healthz", timeout=2)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the server did not start: {(site.home / 'serve.log').read_text()[-2000:]}")
