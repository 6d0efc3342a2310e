"""Erasing, backing up, restoring and writing at once, on real files and servers, each step in a process of its own."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import independent_verifier
from tests.ledger.homes import ENGINES, Home, made

NAME = "标记姓名 Marked-Name-7731"
FILL = """
from django.db import transaction
from blockwise.ledger import seals, vault
from blockwise.ledger.lines import Entry, write
numbers = list(range(int(sys.argv[1]), int(sys.argv[2])))
while numbers:
    with transaction.atomic():
        entries = []
        for n in numbers[:20]:
            contact = {"name": sys.argv[3], "n": n}
            sealed = vault.seal_many(f"case:{n % 50}", {"contact": contact, "note": sys.argv[3] * (n % 7)})
            entries.append(Entry(f"case:{n % 50}", "note", "user:1", "0101", {"sealed": sealed}))
        write(entries)
    del numbers[:20]
seals.seal_all()
"""
BOXES = """
import json
from blockwise.ledger.models import DataKey, Sealed
keys = DataKey.objects.filter(thread__in=sys.argv[1:]).values_list("wrapped", flat=True)
texts = Sealed.objects.filter(thread__in=sys.argv[1:]).values_list("ciphertext", flat=True)
print(json.dumps([bytes(box).hex() for box in [*keys, *texts]]))
"""
OPENED = """
import json
from blockwise.ledger import vault
from blockwise.ledger.lines import data_of, thread_lines
sealed = [d for line in thread_lines(sys.argv[1]) for d in data_of(line).get("sealed", {}).values()]
print(json.dumps(list(vault.open_many((sys.argv[1], d) for d in sealed).values())))
"""


@pytest.fixture(params=ENGINES, name="installed")
def _installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    with made(request.param, tmp_path / "home") as ready:
        yield ready


def files_of(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_what_was_erased_is_nowhere_and_an_older_backup_does_not_bring_it_back(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "400", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    installed.python(FILL, "400", "500", NAME)
    gone = [bytes.fromhex(box) for box in json.loads(installed.python(BOXES, "case:7"))]
    assert len(gone) == 21
    done = installed.run("erase", "case:7", "--reason", "retention")
    assert (done.returncode, done.stdout) == (0, "case:7 erased, line 501\n")
    assert installed.run("ledger", "export", str(tmp_path / "x.jsonl")).returncode == 0
    after = files_of(installed.folder, tmp_path)
    assert {
        path.name for path, content in after.items() if NAME.encode() in content or "标记".encode() in content
    } == set()
    if not installed.url:
        kept = files_of(installed.folder)
        assert installed.file in kept
        assert [box for box in gone for content in kept.values() if box[:16] in content or box[-16:] in content] == []
    assert json.loads(installed.python(OPENED, "case:7")) == [None] * 20
    assert json.loads(installed.python(OPENED, "case:8"))[0] == {"name": NAME, "n": 8}

    refused = installed.run("restore", str(tmp_path / "backup"))
    assert (refused.returncode, "--over" in refused.stderr) == (2, True)
    done = installed.run("restore", str(tmp_path / "backup"), "--over")
    assert done.returncode == 0, done.stderr
    assert "1 erasure done again" in done.stdout
    assert json.loads(installed.python(OPENED, "case:7")) == [None] * 16
    assert json.loads(installed.python(OPENED, "case:8"))[0] == {"name": NAME, "n": 8}
    assert installed.python("from blockwise.ledger import triggers; print(triggers.missing())") == "[]\n"
    assert installed.run("verify").returncode == 0


def test_a_backup_restored_to_an_empty_home_carries_the_erasures_it_knew_of(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "60", NAME)
    (tmp_path / "seal.json").write_text(installed.run("seal", "show").stdout)
    assert installed.run("erase", "case:5", "--reason", "retention").returncode == 0
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {
        "manifest.json", "erasures.jsonl", "database.pgdump" if installed.url else "database.sqlite3",
    }  # fmt: skip
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        done = other.run("restore", str(tmp_path / "backup"), "--seal", str(tmp_path / "seal.json"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "master keys not in this home" in done.stderr
        assert "keys that this home does not know" not in done.stderr
        assert other.run("seal", "make").returncode == 0
        assert other.run("verify").returncode == 0
        refused = other.run("serve")
        assert (refused.returncode, "master keys that are not in this home" in refused.stderr) == (1, True)
        shutil.copy(installed.folder / "keys" / "master.json", other.folder / "keys")
        opened = json.loads(other.python(OPENED, "case:6"))
        assert opened == json.loads(installed.python(OPENED, "case:6")) != [None]
        assert (other.folder / "erasures.jsonl").read_text() == (installed.folder / "erasures.jsonl").read_text()


def test_a_restored_record_is_not_taken_for_verified_by_keys_that_nobody_knows(installed: Home, tmp_path: Path) -> None:
    installed.python(WRITERS, "1")
    done = installed.run("verify")
    assert (done.returncode, "nothing is sealed yet" in done.stderr) == (0, True)
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        done = other.run("restore", str(tmp_path / "backup"))
        assert (done.returncode, "DOES NOT VERIFY: line 1" in done.stderr) == (1, True)
        assert f"{(installed.folder / 'keys' / 'seal.pub').read_text().strip()}; compare them" in done.stderr
        assert other.run("verify").returncode == 1
        shutil.copytree(installed.folder / "keys", other.folder / "keys", dirs_exist_ok=True)
        assert other.run("verify").returncode == 0


def test_an_older_backup_says_what_it_does_not_hold(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    installed.python(FILL, "20", "40", NAME)
    done = installed.run("restore", str(tmp_path / "backup"), "--over")
    said = "seal 2, up to line 40, was made in this home and is not in the backup"
    assert (done.returncode, said in done.stderr) == (0, True)
    assert installed.run("seal", "make").returncode == 0
    assert installed.run("verify").returncode == 0


def test_a_backup_with_an_altered_file_is_refused(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "5", NAME)
    installed.run("backup", str(tmp_path / "backup"))
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 2
    with next((tmp_path / "backup").glob("database.*")).open("ab") as file:
        file.write(b"x")
    done = installed.run("restore", str(tmp_path / "backup"), "--over")
    assert (done.returncode, "not whole" in done.stderr) == (2, True)
    assert installed.run("verify").returncode == 0


def test_verify_says_by_its_status_what_it_found(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "30", NAME)
    seal, export = tmp_path / "seal.json", tmp_path / "x.jsonl"
    seal.write_text(installed.run("seal", "show").stdout)
    installed.run("ledger", "export", str(export))
    for arguments in ([], ["--export", str(export)]):
        assert installed.run("verify", *arguments, "--seal", str(seal)).returncode == 0
    assert independent_verifier.main(export, seal) == "verified"
    export.write_text(export.read_text().replace("user:1", "user:2", 1))
    done = installed.run("verify", "--export", str(export), "--seal", str(seal))
    assert (done.returncode, done.stderr) == (1, "DOES NOT VERIFY: line 1 (case:0): its text does not give its hash\n")
    assert independent_verifier.main(export, seal).startswith("line 1 (case:0): ")
    assert installed.run("verify", "--seal", str(export)).returncode == 2
    assert installed.run("verify", "--export", str(seal)).returncode == 2
    if not installed.url:
        assert independent_verifier.main(installed.file, seal) == "verified"
        with sqlite3.connect(installed.file) as base:
            base.execute("DROP TRIGGER ledger_line_no_update")
            base.execute("UPDATE ledger_line SET actor = 'user:2' WHERE number = 12")
        done = installed.run("verify", "--seal", str(seal))
        assert (done.returncode, "line 12 (case:11)" in done.stderr) == (1, True)
        assert independent_verifier.main(installed.file, seal).startswith("line 12 (case:11): ")


WRITERS = """
import json, threading, time
from django.db import connection, transaction
from blockwise.ledger.lines import Entry, after, write
from blockwise.ledger.models import Head
seen, done, failed = [], threading.Event(), []
def follow():
    while True:
        last = done.is_set()
        while page := after(seen[-1] if seen else 0, 50):
            seen.extend(line.number for line in page)
        if last:
            break
        time.sleep(0.001)
    connection.close()
def work(who):
    try:
        for n in range(int(sys.argv[1])):
            with transaction.atomic():
                write([Entry(f"case:{n % 5}", "note", f"user:{who}"), Entry(f"unit:{who}", "status", f"user:{who}")])
                if n % 7 == 3:
                    transaction.set_rollback(True)
    except Exception as error:
        failed.append(repr(error))
    connection.close()
follower = threading.Thread(target=follow)
threads = [threading.Thread(target=work, args=(who,)) for who in range(16)]
for thread in [follower, *threads]: thread.start()
for thread in threads: thread.join()
done.set(); follower.join()
print(json.dumps({"seen": seen, "failed": failed, "head": Head.objects.get().number}))
"""


def test_sixteen_writers_leave_no_gap_and_a_follower_misses_nothing(installed: Home) -> None:
    rounds = 14
    told = json.loads(installed.python(WRITERS, str(rounds)))
    written = 16 * 2 * sum(n % 7 != 3 for n in range(rounds))
    assert told == {"seen": list(range(1, written + 1)), "failed": [], "head": written}
    done = installed.run("verify")
    assert (done.returncode, done.stdout.split(" lines")[0]) == (0, f"{written:,}")


def test_two_sealers_at_once_make_one_chain(installed: Home) -> None:
    installed.python(FILL, "0", "1", NAME)
    code = """
import threading
from django.db import connection, transaction
from blockwise.ledger import seals
from blockwise.ledger.lines import Entry, write
def work():
    for _ in range(20):
        with transaction.atomic():
            write([Entry("system", "go", "user:1")])
        seals.make_seal()
    connection.close()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
seals.seal_all()
"""
    installed.python(code)
    done = installed.run("verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("81 lines, ")
    assert " up to line 81, " in done.stdout


@pytest.mark.slow
def test_random_erasures_leave_no_trace_of_ciphertexts_in_the_file(tmp_path: Path) -> None:
    with made("sqlite", tmp_path / "home") as home:
        home.python(FILL, "0", "600", NAME)
        threads = [f"case:{n}" for n in random.Random(5).sample(range(50), 15)]
        gone = [bytes.fromhex(box) for box in json.loads(home.python(BOXES, *threads))]
        code = "from blockwise.ledger.erase import erase\nfor t in sys.argv[1:]: erase(t, 'user:1', 'retention')"
        home.python(code, *threads)
        kept = files_of(home.folder)
        left = [box for box in gone for content in kept.values() if box[:16] in content or box[-16:] in content]
        assert (len(gone), len(left)) == (15 + 15 * 24, 0)
