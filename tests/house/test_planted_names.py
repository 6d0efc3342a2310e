"""Marked names, planted in every contact, note and text through the API, are nowhere outside the vault: not in the
database's files, the export, the logs, the problems, the backup. Erased, they stay erased, an older backup or not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from tests.ledger.homes import POSTGRES
from tests.servers import Home, Server, postgres_database

NAMES = ("欧阳月明", "Zebedee Quillfeather", "555-0199-887", "Łukasz Żółć")
WHO = " ".join(NAMES)
POINT = {"lon": 113.9125, "lat": 22.5575}
DWELLING = {**POINT, "kind": "dwelling", "text": f"横1路5号 {WHO}"}
CONTACT = {"name": f"{NAMES[0]} {NAMES[1]}", "phone": NAMES[2], "address": f"at {WHO}", "language": NAMES[3]}
CALL = {"type": "order.noise", "place": DWELLING, "caller": CONTACT, "description": f"seen by {WHO}"}
LINES = {"language": f"speaks {WHO}", "departments": f"with {WHO}"}
HAZARD = {"type": "fire.exit", "place": DWELLING, "description": f"says {WHO}", "reporter": CONTACT}
GAPS = ((",", ":"), (", ", ": "))
ENGINES = [pytest.param("sqlite", marks=pytest.mark.slow), pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "home").mkdir()
    if request.param == "sqlite":
        yield Home(tmp_path / "home").fill()
        return
    with postgres_database(POSTGRES) as address:
        yield Home(tmp_path / "home", address).fill()


def test_marked_names_are_nowhere_outside_the_vault(home: Home, tmp_path: Path) -> None:
    with Server(home) as server:
        case, hazard, problems = plant(server), plant_hazard(server), provoke(server, home)
        with server.client("taker") as taker:
            seen = taker.post(f"/api/cases/{case}/contact", json={"act": "call_back"}).json()
            assert seen["caller"] == CONTACT  # it is in the vault, whole
        while_running = outside(home)
        home.blockwise("seal", "make")
        home.blockwise("ledger", "export", str(tmp_path / "public.jsonl"))
        home.blockwise("ledger", "export", "--whole", str(tmp_path / "export.jsonl"))
        home.blockwise("backup", str(tmp_path / "backup"))
    found = while_running | outside(home) | files_of(tmp_path / "backup")
    found |= {name: (tmp_path / name).read_bytes() for name in ("public.jsonl", "export.jsonl")}
    found |= {"problems": json.dumps(problems).encode()}
    found["problems as sent"] = "\n".join(str(one) for one in problems).encode()
    assert any(b"order.noise" in content for content in found.values()), "what is in the open must be found"
    assert {name: hits for name, content in found.items() if (hits := names_in(content))} == {}

    for number in (case, hazard):
        home.blockwise("erase", f"case:{number}", "--reason", "asked for", typed=f"y\n{number}\n")
    assert opened(home) == {}
    home.blockwise("restore", str(tmp_path / "backup"), "--over")
    assert opened(home) == {}
    assert "verified" in home.blockwise("verify").stdout
    with Server(home) as server, server.client("taker") as taker:
        assert taker.post(f"/api/cases/{case}/contact", json={"act": "call_back"}).json()["caller"] is None
        shown = taker.get(f"/api/cases/{case}")
        assert (shown.status_code, shown.json()["place"]["text"]) == (200, None)
    assert {name: hits for name, content in outside(home).items() if (hits := names_in(content))} == {}


def test_a_callers_number_cannot_be_guessed_from_what_is_kept(home: Home) -> None:
    """Whoever holds every file and row, but no key, and knows all of a request but the number."""
    number = "139 0013 9001"
    data = {"type": "order.noise", "place": {**POINT, "kind": "street", "text": "横1路"}, "caller": {"phone": number}}
    sent = {"kind": "call", "data": data}
    with Server(home) as server:
        with server.client("taker") as taker:
            answer = done(taker.post("/api/cases", json=sent, headers={"Idempotency-Key": number}))
        with server.client("dispatcher") as dispatcher:
            do(dispatcher, answer["case"], "close", {"outcome": "helped"})
        kept = outside(home)
    kept |= {f"{name}, stopped": content for name, content in outside(home).items()}
    home.blockwise("erase", f"case:{answer['case']}", "--reason", "asked for", typed=f"y\n{answer['case']}\n")
    kept |= {f"{name}, erased": content for name, content in outside(home).items()}
    assert any(b"order.noise" in content for content in kept.values()), "what is in the open must be found"
    tried = guesses([number, {"phone": number}, data, sent, {"open": "call", "data": data, "happened_at": None}])
    assert {name: how for name, content in kept.items() for how, needle in tried.items() if needle in content} == {}


def guesses(texts: list[Any]) -> dict[str, bytes]:
    """Each as it is and hashed without a secret, the ways in which it could stand in a row or a file."""
    found: dict[str, bytes] = {}
    for text in texts:
        written = {json.dumps(text, sort_keys=order, separators=gap) for order in (True, False) for gap in GAPS}
        for form in [text] if isinstance(text, str) else sorted(written):
            found[form] = form.encode()
            for how in ("md5", "sha1", "sha256", "sha512", "blake2b"):
                for digest in (hashlib.new(how, found[form]).digest(), hmac.digest(b"", found[form], how)):
                    found[f"{how} of {form}, {len(found)}"] = digest
                    found[f"{how} of {form} in hex, {len(found)}"] = digest.hex().encode()
                    found[f"{how} of {form} in base64, {len(found)}"] = base64.b64encode(digest)
    return found


def plant(server: Server) -> int:
    """A call with the names wherever its kind takes contacts and texts; its number."""
    with server.client("taker") as taker, server.client("dispatcher") as dispatcher:
        case = int(done(taker.post("/api/calls", json={**CALL, "details": {"language": LINES["language"]}}))["case"])
        acts = [
            (taker, "note", {"note": f"heard {WHO}"}),
            (taker, "correct", {"caller": {**CONTACT, "name": NAMES[0]}, "description": f"rather {WHO}"}),
            (taker, "correct", {"caller": CONTACT, **LINES}),
            (taker, "call_back", {"note": f"not there: {WHO}"}),
            (dispatcher, "send", {"units": ["P1"]}),
            (dispatcher, "close", {"outcome": "founded", "note": f"goodbye {WHO}"}),
            (dispatcher, "reopen", {"reason": f"again {WHO}"}),
        ]
        for client, act, data in acts:
            do(client, case, act, data)
    return case


def plant_hazard(server: Server) -> int:
    with server.client("leader-TA") as leader:
        hazard = int(done(leader.post("/api/cases", json={"kind": "hazard", "data": HAZARD}))["case"])
        acts: list[tuple[str, dict[str, Any]]] = [
            ("grade", {"grade": "major"}),
            ("name_owner", {"owner_name": NAMES[1], "rectify_by": "2035-01-05", "measure": f"by {WHO}"}),
            ("suspend", {"reason": f"ill: {WHO}"}),
            ("resume", {}),
            ("urge", {"note": f"told {WHO}"}),
            ("rectify", {"rectification": f"done by {WHO}"}),
            ("pass_recheck", {"finding": f"seen with {WHO}"}),
            ("report_inside", {"reported_to": "emergency"}),
            ("publish", {"notice": "2035-17"}),
        ]
        for act, data in acts:
            do(leader, hazard, act, data)
    return hazard


def do(client: httpx.Client, case: int, act: str, data: dict[str, Any]) -> None:
    version = client.get(f"/api/cases/{case}").json()["version"]
    done(client.post(f"/api/cases/{case}/acts/{act}", json={"data": data, "expected_version": version}))


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


def provoke(server: Server, home: Home) -> list[dict[str, Any]]:
    """The problems that come back when names stand where they cannot, and when the database fails under them."""
    with server.client("taker") as taker:
        wrong = [
            taker.post("/api/calls", content=json.dumps(CALL, ensure_ascii=False).encode()[:-9]),
            taker.post("/api/calls", json={**CALL, "type": WHO}),
            taker.post("/api/calls", json={**CALL, "channel": WHO}),
            taker.post("/api/calls", json={**CALL, "place": {**DWELLING, "kind": WHO}}),
            taker.post("/api/calls", json={**CALL, "place": {**DWELLING, "lon": WHO}}),
            taker.post("/api/calls", json={**CALL, "place": {**DWELLING, "lat": 89.0}}),
            taker.post("/api/calls", json={**CALL, "caller": WHO}),
            taker.post("/api/calls", json={**CALL, "caller": {**CONTACT, "phone": WHO * 9}}),
            taker.post("/api/calls", json={**CALL, "happened_at": WHO}),
            taker.post("/api/calls", json={**CALL, "description": [WHO]}),
            taker.post("/api/calls", json={**CALL, "details": {"injured": WHO}}),
            taker.post("/api/calls", json={**CALL, "details": {WHO: WHO}}),
            taker.post("/api/calls", json={**CALL, "description": f"{WHO}\x00"}),
            taker.post("/api/cases/1/acts/note", json={"data": {"note": WHO, "to": WHO}}),
            taker.post("/api/cases/1/acts/close", json={"data": {"outcome": WHO}, "expected_version": 0}),
            *(taker.post("/api/calls", json={**CALL, "details": {"recording_number": name}}) for name in (WHO, *NAMES)),
            taker.get("/api/cases", params={"type": WHO, "cursor": WHO}),
            taker.get("/api/blocks/at", params={"lon": WHO, "lat": 1}),
        ]
        with broken(home):
            failed = taker.post("/api/calls", json=CALL)
    assert failed.status_code == 500
    refused = {400, 403, 404, 409, 422}
    assert [(one.status_code, one.text[:300]) for one in wrong if one.status_code not in refused] == []
    assert "trace" in server.log.read_text()
    return [one.json() for one in (*wrong, failed)]


@contextmanager
def broken(home: Home) -> Iterator[None]:
    """The vault's table is away for a moment, so that a create fails with everything in its hands."""
    there, away = "ledger_sealed", "ledger_sealed_away"
    statements = (f"ALTER TABLE {there} RENAME TO {away}", f"ALTER TABLE {away} RENAME TO {there}")
    for number, statement in enumerate(statements):
        if home.database:
            with psycopg.connect(home.database, autocommit=True) as server:
                server.execute(statement)
        else:
            with closing(sqlite3.connect(home.folder / "blockwise.sqlite3", timeout=20)) as file:
                file.execute(statement)
        if number == 0:
            yield


def outside(home: Home) -> dict[str, bytes]:
    """Every file of the home, logs and WAL included, and on PostgreSQL every row."""
    found = files_of(home.folder)
    if home.database:
        found["rows"] = _said("pg_dump", home.database)
    return found


def files_of(folder: Path) -> dict[str, bytes]:
    found = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    dumps = [path for path in found if path.endswith(".pgdump")]
    for path in dumps:  # packed
        found[f"{path} as text"] = subprocess.run(
            ["pg_restore", "--file=-", path], capture_output=True, check=True
        ).stdout
    return found


def _said(*words: str) -> bytes:
    return subprocess.run(words, capture_output=True, check=True).stdout


def names_in(content: bytes) -> list[str]:
    """The forms of the names that the content holds."""
    return [form for name in NAMES for form, needle in forms(name).items() if needle in content]


def forms(name: str) -> dict[str, bytes]:
    """How a name can be written down: encodings, escapes, and base64 wherever in a longer text it stands."""
    raw = name.encode()
    found = {f"{name} in {code}": name.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")}
    found[f"{name} in GB 18030"] = name.encode("gb18030")
    found[f"{name} upper"], found[f"{name} lower"] = name.upper().encode(), name.lower().encode()
    found[f"{name} in JSON"] = json.dumps(name)[1:-1].encode()
    found[f"{name} quoted"], found[f"{name} in a form"] = quote(name).encode(), quote(name).replace("%20", "+").encode()
    found[f"{name} in hex"] = raw.hex().encode()
    for before in range(3):
        inner = base64.b64encode(b"\x00" * before + raw)
        found[f"{name} in base64, {before}"] = inner[4 * (before > 0) : -4]
    return found


def opened(home: Home) -> dict[str, Any]:
    """What the vault still opens, by thread and name."""
    found: dict[str, Any] = json.loads(home.python("-c", OPEN).stdout)
    return found


OPEN = """
import json
from blockwise.cli import start
start.django()
from blockwise.ledger import vault
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line, Sealed
pairs = {(row.thread, row.digest): row.name for row in Sealed.objects.all()}
for line in Line.objects.all():
    for name, digest in data_of(line).get("sealed", {}).items():
        pairs[line.thread, digest] = name
values = vault.open_many(pairs)
print(json.dumps({f"{pair[0]} {name}": values[pair] for pair, name in pairs.items() if values[pair] is not None}))
"""
