"""The server as a process: what it refuses, how it stops, what it writes down."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.folder.check_calls import CALLS
from tests.exchange.test_folder_roads import a_call
from tests.exchange.tiny_city import write_tiny_city
from tests.ledger.homes import POSTGRES
from tests.servers import Home, Server, postgres_database

pytestmark = pytest.mark.slow
CALL = {
    "type": "crime.theft",
    "channel": "phone",
    "place": {"lon": 113.9125, "lat": 22.5575, "kind": "street", "text": "西一街口"},
    "description": "包被偷了，联系人王小明",
}


def open_call(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.post("/api/cases", json={"kind": "call", "data": CALL}, **more)


@pytest.fixture(scope="module")
def running(filled: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For the tests that leave it running."""
    with Server(filled.copy(tmp_path_factory.mktemp("running") / "home")) as server:
        yield server


def test_a_call_is_taken_over_http_and_the_record_verifies(running: Server) -> None:
    with running.client("taker") as taker:
        opened = open_call(taker, headers={"Idempotency-Key": "one"})
        again = open_call(taker, headers={"Idempotency-Key": "one"})
        assert (opened.status_code, again.status_code) == (201, 200)
        assert again.json() == opened.json() | {"again": True}
        seen = taker.get(f"/api/cases/{opened.json()['case']}").json()
    assert seen["place"]["block"].startswith("TA")
    assert "verified" in running.home.blockwise("verify").stdout


def test_a_second_server_on_one_sqlite_file_is_refused(home: Home) -> None:
    with Server(home) as first:
        second = home.blockwise("serve", "--port", "1", check=False)
        assert second.returncode == 1
        assert f"process {first.process.pid}" in second.stderr
        assert httpx.get(f"{first.url}/healthz").status_code == 200
    with Server(home):  # the lock goes with its holder
        pass


def test_a_replay_beside_a_server_is_refused(home: Home, tmp_path: Path) -> None:
    write_tiny_city(tmp_path / "city")
    pq.write_table(pa.Table.from_pylist([a_call(1)], schema=CALLS), tmp_path / "city" / "calls.parquet")
    with Server(home) as server:
        done = home.blockwise("replay", str(tmp_path / "city"), check=False)
        assert done.returncode == 1
        assert f"process {server.process.pid}" in done.stderr


def test_a_port_that_is_served_already_is_refused(home: Home, tmp_path: Path) -> None:
    other = home.copy(tmp_path / "other")
    with Server(home) as server:
        done = other.blockwise("serve", "--port", str(server.port), check=False)
    assert done.returncode != 0
    assert f"port {server.port}, cannot be served" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_server_leaves_the_file_free(home: Home) -> None:
    first = Server(home)
    first.start()
    first.process.kill()  # the parent alone
    first.process.wait()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            httpx.get(f"{first.url}/healthz", timeout=1)
        except httpx.TransportError:
            break
        time.sleep(0.1)
    with Server(home) as second:
        assert httpx.get(f"{second.url}/healthz").json() == {"status": "alive"}


def to_the_parent(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)


def as_a_terminal(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize("stop", [to_the_parent, as_a_terminal])
def test_it_stops_cleanly_with_streams_open_and_everything_sealed(
    home: Home, stop: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    with Server(home) as server, server.client("dispatcher") as reader, server.client("taker") as taker:
        with reader.stream("GET", "/api/stream?after=0") as stream:
            pieces = stream.iter_text()
            next(pieces)
            line = open_call(taker).json()["line"]
            while f"id: {line}\n" not in next(pieces):
                pass
            began = time.monotonic()
            stop(server.process)
            assert list(pieces) == []  # the stream's end, not a broken connection
        assert server.process.wait(15) == 0
    assert time.monotonic() - began < 10
    with sqlite3.connect(home.folder / "blockwise.sqlite3") as database:
        last_line = database.execute("SELECT max(number) FROM ledger_line").fetchone()
        assert database.execute("SELECT max(last_line) FROM ledger_seal").fetchone() == last_line
    database.close()


def test_a_stop_amid_10_000_due_promises_leaves_no_line_unsealed(home: Home) -> None:
    """The heartbeat goes on meanwhile, and what is due goes on after the next start."""
    path = home.folder / "blockwise.sqlite3"
    with Server(home, BLOCKWISE_WORKER="0") as server, server.client("taker") as taker:
        case = open_call(taker).json()["case"]
    with sqlite3.connect(path) as database:
        due = [(case, number) for number in range(2, 10_002)]
        database.executemany(
            "INSERT INTO cases_caseclock (case_id, name, round, counts, starts_at, due_at, wakes_at, pauses,"
            " provisional, lapsed, level, theirs) VALUES (?, 'dispatch', ?, 'real', '2026-01-01 00:00:00',"
            " '2026-01-01 00:01:00', '2026-01-01 00:01:00', '[]', 0, 0, 0, 0)",
            due,
        )
    with Server(home) as server:
        first = count(path, "SELECT max(number) FROM ledger_line")
        until = time.monotonic() + 60
        while count(path, "SELECT max(number) FROM ledger_line") < first + 100 and time.monotonic() < until:
            time.sleep(0.05)
        with server.client() as anybody:
            assert anybody.get("/readyz").json()["checks"]["worker"]["ok"]
        assert server.stop() == 0
    last = count(path, "SELECT max(number) FROM ledger_line")
    assert first + 100 <= last
    assert count(path, "SELECT count(*) FROM cases_caseclock WHERE stopped_at IS NULL AND level = 0") > 0
    assert count(path, "SELECT max(last_line) FROM ledger_seal") == last
    assert count(path, "SELECT count(*) FROM cases_heartbeat") == 0


def count(path: Path, query: str) -> int:
    database = sqlite3.connect(path)
    try:
        return int(database.execute(query).fetchone()[0])
    finally:
        database.close()


def test_it_does_not_start_without_a_database_or_on_an_unmigrated_one(tmp_path: Path) -> None:
    refused = Home(tmp_path).blockwise("serve", check=False)
    assert (refused.returncode, "There is no database" in refused.stderr) == (1, True)
    Home(tmp_path).blockwise("migrate")
    with sqlite3.connect(tmp_path / "blockwise.sqlite3") as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'units' AND name > '0002'")
    database.close()
    refused = Home(tmp_path).blockwise("serve", check=False)
    assert refused.returncode == 1
    assert "migrations are not applied. Run `blockwise migrate`." in refused.stderr


@pytest.mark.postgres
def test_an_empty_postgresql_database_is_named_by_its_variable(tmp_path: Path) -> None:
    with postgres_database(POSTGRES) as address:
        refused = Home(tmp_path / "home", address).blockwise("serve", check=False)
        unsealed = Home(tmp_path / "home", address).blockwise("verify", check=False)
    assert (
        "There is no table in the database of DATABASE_URL yet. `blockwise city load CITY` makes it" in refused.stderr
    )
    assert unsealed.stderr.startswith("DATABASE_URL: There is no record here")
    assert str(tmp_path) not in refused.stderr + unsealed.stderr


def test_it_does_not_start_without_the_triggers(home: Home) -> None:
    with sqlite3.connect(home.folder / "blockwise.sqlite3") as database:
        database.execute("DROP TRIGGER ledger_line_no_update")
    database.close()
    refused = home.blockwise("serve", check=False)
    assert refused.returncode == 1
    assert "ledger_line_no_update" in refused.stderr
    home.blockwise("migrate")
    with Server(home):
        pass


def test_it_does_not_start_in_production_on_a_demonstration(home: Home) -> None:
    refused = home.blockwise(
        "serve", check=False, BLOCKWISE_MODE="production", BLOCKWISE_SECRET_KEY="", BLOCKWISE_HOSTS=""
    )
    assert refused.returncode == 1
    assert "BLOCKWISE_PROXIES is not set in production" in refused.stderr
    assert refused.stderr.count("\n- ") == 4
    assert "This is a demo database" in refused.stderr


@pytest.mark.parametrize("size", [2_000_001, 10_000_000])
def test_a_large_body_is_refused_and_nothing_is_written(running: Server, size: int) -> None:
    with running.client("taker") as taker:
        before = taker.get("/api/cases").json()
        answer = taker.post("/api/cases", content=b"x" * size)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        assert taker.get("/api/cases").json() == before


def test_logs_are_json_with_an_id_and_nothing_about_persons(running: Server) -> None:
    with running.client("taker") as taker:
        answer = open_call(taker)
        taker.get("/api/cases", params={"type": "王小明"})
        taker.post("/api/cases", content="{broken 王小明")
    log = running.log.read_text()
    answered = [line for line in running.lines_of_log() if line["from"] == "blockwise.access_log"]
    mine = next(line for line in answered if line["request"] == answer.headers["x-request-id"])
    assert (mine["method"], mine["route"], mine["status"]) == ("POST", "/api/cases", 201)
    assert "王小明" not in log
    assert "\\u738b" not in log
    assert running.home.tokens["taker"] not in log
    assert "127.0.0.1" not in "".join(line["what"] for line in answered)


def test_ready_tells_what_it_looked_at(running: Server) -> None:
    with running.client() as anybody:
        until = time.monotonic() + 10
        while (answer := anybody.get("/readyz")).status_code != 200 and time.monotonic() < until:
            time.sleep(0.2)
        assert answer.json()["status"] == "ready"
        looked_at = {"database", "worker", "jobs", "messages", "seal", "keys", "rows", "cases", "disk", "clock", "time"}
        assert set(answer.json()["checks"]) == looked_at


def test_a_server_without_a_worker_is_not_ready(home: Home) -> None:
    with Server(home, BLOCKWISE_WORKER="0") as server, server.client() as anybody:
        answer = anybody.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["worker"] == {
            "name": "worker",
            "ok": False,
            "vital": True,
            "figure": "never",
        }


@pytest.mark.postgres
def test_two_processes_on_postgresql_serve_one_stream(postgres_home: Home) -> None:
    """What one process commits is on the other's stream; stopped, everything is sealed and verifies."""
    with Server(postgres_home, processes=2) as server, server.client("dispatcher") as reader:
        with reader.stream("GET", "/api/stream") as stream:
            pieces = stream.iter_text()
            next(pieces)
            lines = []
            for _ in range(8):
                with server.client("taker") as taker:  # a connection of its own: either process may answer
                    lines.append(open_call(taker).json()["line"])
            seen = ""
            while f"id: {lines[-1]}\n" not in seen:
                seen += next(pieces)
        assert server.stop() == 0
    assert all(f"id: {line}\n" in seen for line in lines)
    assert "verified" in postgres_home.blockwise("verify").stdout


@pytest.mark.postgres
def test_a_process_that_is_killed_is_logged_and_replaced_while_the_others_serve_on(postgres_home: Home) -> None:
    with Server(postgres_home, processes=2) as server:
        first, *_others = before = children(server)
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 30
        while len(after := children(server) - {first}) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(before & after) == len(before) - 1
        assert len(after) == 2
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        told = [line["what"] for line in server.lines_of_log() if line["level"] == "error"]
        assert told == [f"process {first} of the server was lost (-9): another takes its place"]
        assert server.stop() == 0


def test_a_single_process_that_is_killed_is_logged_and_ends_the_server(home: Home) -> None:
    with Server(home) as server:
        [only] = children(server)
        os.kill(only, signal.SIGKILL)
        assert server.process.wait(30) == 1
        told = [line["what"] for line in server.lines_of_log() if line["level"] == "error"]
    assert told == [f"process {only} of the server was lost (-9): the server ends"]


@pytest.mark.parametrize("processes", ["0", "-3"])
def test_fewer_than_one_process_is_refused(processes: str, tmp_path: Path) -> None:
    done = Home(tmp_path / "home").blockwise("serve", "--processes", processes, check=False)
    assert done.returncode == 2
    assert "--processes" in done.stderr


def children(server: Server) -> set[int]:
    """The processes that answer: those that the server's own one made."""
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return set(map(int, listed.split()))
