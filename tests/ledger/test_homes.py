"""Erasing, backing up, restoring and writing at once, on real files and servers, each step in a process of its own."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import independent_verifier
from tests.ledger.homes import ENGINES, FILL, NAME, Home, made

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
    assert installed.run("ledger", "export", "--whole", str(tmp_path / "x.jsonl")).returncode == 0
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
    named = "DATABASE_URL" if installed.url else "BLOCKWISE_HOME"
    assert [one for one in ("DATABASE_URL", "BLOCKWISE_HOME") if one in refused.stderr] == [named]
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
        "manifest.json", "erasures.jsonl", "revocations.jsonl",
        "database.pgdump" if installed.url else "database.sqlite3",
    }  # fmt: skip
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        done = other.run("restore", str(tmp_path / "backup"), "--seal", str(tmp_path / "seal.json"))
        assert (done.returncode, "NOT ALL VERIFIED" in done.stderr) == (1, True), done.stdout + done.stderr
        assert "master keys not in this home" in done.stderr
        assert "keys that this home does not know" not in done.stderr
        assert other.run("seal", "make").returncode == 0
        assert other.run("verify").returncode == 1
        refused = other.run("serve")
        assert (refused.returncode, "master keys that are not in this home" in refused.stderr) == (1, True)
        shutil.copy(installed.folder / "keys" / "master.json", other.folder / "keys")
        assert other.run("verify").returncode == 0
        opened = json.loads(other.python(OPENED, "case:6"))
        assert opened == json.loads(installed.python(OPENED, "case:6")) != [None]
        assert (other.folder / "erasures.jsonl").read_text() == (installed.folder / "erasures.jsonl").read_text()


def test_a_restored_record_is_not_taken_for_verified_by_keys_that_nobody_knows(installed: Home, tmp_path: Path) -> None:
    installed.python(WRITERS, "1")
    done = installed.run("verify")
    assert (done.returncode, "nothing is sealed yet" in done.stderr) == (0, True)
    installed.python(FILL, "0", "20", NAME)
    (installed.folder / "keys" / "seal.pem").unlink()
    first = (installed.folder / "keys" / "seal.pub").read_text().strip()
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    second = (installed.folder / "keys" / "seal.pub").read_text().split()[1]
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        done = other.run("restore", str(tmp_path / "backup"))
        assert (done.returncode, f"signed by a key that this home does not know: {second}" in done.stderr) == (2, True)
        assert other.run("verify").stdout.startswith("0 lines")
        (other.folder / "keys").mkdir()
        (other.folder / "keys" / "seal.pub").write_text(f"{second}\n")
        done = other.run("restore", str(tmp_path / "backup"))
        assert (done.returncode, "DOES NOT VERIFY: line 1" in done.stderr) == (1, True)
        assert f"{first}; compare them" in done.stderr
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


CITY = """
from django.db import transaction
from blockwise.clock import real_now
from blockwise.ledger.lines import Entry, write
from blockwise.places.models import City
names = {"name_zh": "x", "name_en": "x", "timezone": "UTC", "languages": ["en"], "calendar": "plain"}
more = {"working_hours": [], "levels": [], "rings": [5, 15], "road_periods": [], "features": {}}
with transaction.atomic():
    City.objects.create(code=sys.argv[1], purpose=sys.argv[2], loaded_at=real_now(), **names, **more)
    write([Entry("system", "seeded", "system:test")])
"""


def test_a_wrong_backup_is_refused_while_the_record_still_stands(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "20", NAME)
    installed.python(CITY, "T", "live")
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        other.python(FILL, "0", "40", NAME)
        assert other.run("erase", "case:7", "--reason", "retention").returncode == 0
        assert other.run("backup", str(tmp_path / "backup")).returncode == 0
        other.python(CITY, "T", "demo")
        assert other.run("backup", str(tmp_path / "demo")).returncode == 0
        (tmp_path / "seal.json").write_text(other.run("seal", "show").stdout)

    def restored(name: str, *more: str) -> subprocess.CompletedProcess[str]:
        done = installed.run("restore", str(tmp_path / name), "--over", *more)
        assert done.returncode == 2
        assert installed.run("verify").stdout.startswith("21 lines")
        assert not (installed.folder / "erasures.jsonl").exists()  # nothing of it is erased in the record here
        return done

    vouched = ("--seal", str(tmp_path / "seal.json"))
    assert "is of the city T (demo), the record here of T (live)" in restored("demo", *vouched).stderr
    assert "The backup is signed by a key" in restored("backup").stderr
    assert "needs master keys that are not in this home" in restored("backup", *vouched).stderr


USERS = """
from django.db import transaction
from blockwise.access.models import User
from blockwise.ledger.lines import Entry, write
with transaction.atomic():
    print(*[User.objects.create_user(name, name=name).pk for name in sys.argv[1:]])
    write([Entry("system", "seeded", "system:test")])
"""


def test_numbers_that_were_given_do_not_come_again_after_a_restore(installed: Home, tmp_path: Path) -> None:
    installed.python(USERS, "one", "two")
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    last = int(installed.python(USERS, "three", "four").split()[-1])
    assert installed.run("restore", str(tmp_path / "backup"), "--over").returncode == 0
    assert int(installed.python(USERS, "five")) > last
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:  # a machine that burnt down
        shutil.copytree(installed.folder / "keys", other.folder / "keys", dirs_exist_ok=True)
        shutil.copy(installed.folder / "numbers.json", other.folder)
        assert other.run("restore", str(tmp_path / "backup")).returncode == 0
        assert int(other.python(USERS, "six")) > last + 900


OPEN = """
import time
from django.db import connection
connection.ensure_connection()
connection.cursor().execute("SELECT count(*) FROM ledger_line")
print("open", flush=True)
time.sleep(60)
"""


def test_nothing_is_restored_under_the_hands_of_who_uses_the_database(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    with installed.running(OPEN) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        done = installed.run("restore", str(tmp_path / "backup"), "--over")
        assert (done.returncode, "Stop every server" in done.stderr) == (2, True)
    done = installed.run("verify")
    assert (done.returncode, done.stdout.split(" lines")[0]) == (0, "20")
    assert installed.run("restore", str(tmp_path / "backup"), "--over").returncode == 0


@pytest.mark.postgres
def test_a_restore_without_its_tools_leaves_the_record_as_it_was(tmp_path: Path) -> None:
    with made("postgresql", tmp_path / "home") as installed:  # SQLite needs none
        installed.python(FILL, "0", "20", NAME)
        assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
        code = "import os; os.environ['PATH'] = ''; from blockwise.cli.main import main; main()"
        done = installed.fails(code, "restore", str(tmp_path / "backup"), "--over")
        assert (done.returncode, "pg_restore: This program is not there." in done.stderr) == (2, True)
        done = installed.run("verify")
        assert (done.returncode, done.stdout.split(" lines")[0]) == (0, "20")


MEETS = """
from blockwise.ledger import triggers
import sqlite3
from django.conf import settings
put_back = triggers.install
def meanwhile(*using):
    put_back(*using)
    sys.other = sqlite3.connect(settings.HOME / "blockwise.sqlite3")
    sys.other.execute("SELECT count(*) FROM ledger_line").fetchone()
triggers.install = meanwhile
from blockwise.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_restore_that_meets_somebody_at_its_end_takes_nothing_away(tmp_path: Path) -> None:
    with made("sqlite", tmp_path / "home") as installed:
        installed.python(FILL, "0", "20", NAME)
        assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
        noted = (installed.folder / "seal.json").read_bytes()
        done = installed.fails(MEETS, "restore", str(tmp_path / "backup"), "--over")
        assert (done.returncode, "Stop every server" in done.stderr) == (2, True)
        assert (installed.folder / "seal.json").read_bytes() == noted
        done = installed.run("verify")
        assert (done.returncode, done.stdout.split(" lines")[0]) == (0, "20")


def test_a_restore_that_is_killed_leaves_the_old_record_or_the_new_one(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "300", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    installed.python(FILL, "300", "400", NAME)
    rng = random.Random(4)
    for _ in range(5):
        with installed.running(
            "from blockwise.cli.main import main; main()", "restore", str(tmp_path / "backup"), "--over"
        ) as one:
            try:
                one.wait(rng.uniform(0.7, 3.5))
            except subprocess.TimeoutExpired:
                one.kill()
        done = installed.run("verify")
        assert done.returncode == 0, done.stderr
        assert int(done.stdout.split(" line")[0]) >= 301
    assert installed.run("restore", str(tmp_path / "backup"), "--over").returncode == 0
    assert installed.run("verify").stdout.startswith("301 lines")
    left = {path.name for path in installed.folder.iterdir()}
    assert not {name for name in left if "restored" in name}


KILLED = """
from blockwise.ledger import seals
import contextlib, os
through, when = seals.note_changes, sys.argv.pop()
@contextlib.contextmanager
def killed(coming):
    with through(coming):
        if when == "before":
            os._exit(9)
        yield
        os._exit(9)
seals.note_changes = killed
from blockwise.cli.main import main
main()
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restore_that_is_killed_at_its_exchange_leaves_the_note_of_the_record_that_is_there(
    installed: Home, tmp_path: Path, when: str
) -> None:
    for first in range(0, 60, 20):
        installed.python(FILL, str(first), str(first + 20), NAME)
        assert installed.run("seal", "make").returncode == 0
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    for first in range(60, 120, 20):
        installed.python(FILL, str(first), str(first + 20), NAME)
        assert installed.run("seal", "make").returncode == 0
    assert installed.fails(KILLED, "restore", str(tmp_path / "backup"), "--over", when).returncode == 9
    done = installed.run("verify")
    assert (done.returncode, done.stdout.split(" lines")[0]) == (0, "120" if when == "before" else "61")
    installed.python(FILL, "200", "220", NAME)
    assert installed.run("seal", "make").returncode == 0
    assert installed.run("verify").returncode == 0
    assert not (installed.folder / "seal.coming.json").exists()


def test_an_empty_database_where_a_record_was_is_not_taken_for_a_new_one(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    code = "from django.db import connection; connection.cursor().execute(sys.argv[1])"
    if installed.url:
        installed.python(code, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    else:
        installed.file.unlink()
    for words in (["migrate"], ["serve"]):
        done = installed.run(*words)
        assert (done.returncode, "sealed a record up to line 20, and the database is empty" in done.stderr) == (1, True)
    assert installed.run("restore", str(tmp_path / "backup")).returncode == 0
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
    installed.run("ledger", "export", "--whole", str(export))
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
