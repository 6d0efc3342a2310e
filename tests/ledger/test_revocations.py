"""What was ended stays ended when an older backup comes back, and no backup is believed that the home did not sign."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blockwise.ledger import backup
from tests.ledger.homes import ENGINES, FILL, NAME, Home, made
from tests.ledger.test_homes import files_of

PEOPLE = """
from blockwise.access.kept_sessions import SessionStore
from blockwise.access import actions
from blockwise.access.actors import WORKER
from tests.people import make_city
make_city()
for login in ("ann", "ben", "cat", "dan"):
    user = actions.create_user(login, login, f"first word of {login}", WORKER)
    actions.grant(user, "dispatcher", "9901", WORKER)
    actions.make_token(user, "a program", ["stream"], WORKER)
store = SessionStore()
store["_auth_user_id"] = "1"
store.save()
"""
ENDED = """
from blockwise.access import actions, passwords
from blockwise.access.actors import WORKER
from blockwise.access.models import ApiToken, Grant, User
ann, ben, cat, dan = User.objects.order_by("pk")
actions.revoke_token(ApiToken.objects.get(user=ann).pk, WORKER)
actions.set_active(ben, False, WORKER)
actions.set_active(dan, False, WORKER)
actions.set_active(dan, True, WORKER)
passwords.set_password(cat, "second word of cat", WORKER)
actions.revoke(Grant.objects.get(user=cat).pk, WORKER)
"""
LOOK = """
import json
from blockwise.access.models import Session
from blockwise.access.models import User
from blockwise.access.actors import in_force
from blockwise.access.models import Grant
from blockwise.access.tokens import in_force as tokens
print(json.dumps({user.login: [
    user.is_active,
    next((word for word in ("first", "second") if user.check_password(f"{word} word of {user.login}")), None),
    Grant.objects.filter(in_force(), user=user).count(),
    tokens(user).count(),
] for user in User.objects.order_by("pk")} | {"sessions": Session.objects.count()}))
"""
UNTOUCHED = [True, "first", 1, 1]


@pytest.fixture(params=ENGINES, name="installed")
def _installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    with made(request.param, tmp_path / "home") as ready:
        yield ready


def seen(home: Home) -> dict[str, object]:
    found: dict[str, object] = json.loads(home.python(LOOK))
    return found


def test_what_was_ended_after_a_backup_is_ended_again_when_it_is_restored(installed: Home, tmp_path: Path) -> None:
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    installed.python(PEOPLE)
    assert installed.run("backup", old).returncode == 0
    assert seen(installed) == {**dict.fromkeys(("ann", "ben", "cat", "dan"), UNTOUCHED), "sessions": 1}
    installed.python(ENDED)
    done = installed.run("restore", old, "--over")
    assert done.returncode == 0, done.stderr
    assert "5 revocations done again; 1 session ended" in done.stdout
    assert "the old one holds no more: cat;" in done.stderr
    after = {"ann": [True, "first", 1, 0], "ben": [False, "first", 1, 0], "cat": [True, None, 0, 0], "dan": UNTOUCHED}
    assert seen(installed) == {**after, "sessions": 0}

    word = "from blockwise.access import actors, models, passwords\npasswords.set_password("
    installed.python(f"{word}models.User.objects.get(login='cat'), 'second word of cat', actors.WORKER)")
    assert installed.run("backup", new).returncode == 0
    done = installed.run("restore", new, "--over")
    assert (done.returncode, "0 revocations done again" in done.stdout) == (0, True)
    assert seen(installed) == {**after, "cat": [True, "second", 0, 0], "sessions": 0}


def test_a_home_that_cannot_know_what_was_revoked_ends_every_token(installed: Home, tmp_path: Path) -> None:
    installed.python(PEOPLE)
    installed.python(ENDED)
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    with made("postgresql" if installed.url else "sqlite", tmp_path / "other") as other:
        shutil.copytree(installed.folder / "keys", other.folder / "keys", dirs_exist_ok=True)
        done = other.run("restore", str(tmp_path / "backup"))
        assert done.returncode == 0, done.stderr
        assert "does not know what was revoked after the backup: 2 tokens ended" in done.stderr
        assert seen(other) == {
            "ann": [True, "first", 1, 0], "ben": [False, "first", 1, 0], "cat": [True, "second", 0, 0],
            "dan": [True, "first", 1, 0], "sessions": 0,
        }  # fmt: skip


def edited(folder: Path, *, by: Ed25519PrivateKey | None = None) -> None:
    """Forget the erasures and make the manifest fit, signed by a key of one's own where one is given."""
    (folder / "erasures.jsonl").write_bytes(b"")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["erasures.jsonl"] = {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}
    if by:
        del manifest["signature"]
        manifest["key"] = by.public_key().public_bytes_raw().hex()
        manifest["signature"] = by.sign(backup._signed_bytes(manifest)).hex()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_backup_edited_by_hand_is_refused_before_anything_is_changed(installed: Home, tmp_path: Path) -> None:
    installed.python(FILL, "0", "20", NAME)
    assert installed.run("erase", "case:7", "--reason", "retention").returncode == 0
    assert installed.run("backup", str(tmp_path / "backup")).returncode == 0
    (installed.folder / "erasures.jsonl").unlink()
    before = files_of(installed.folder)
    for by, why in ((None, "its signature is wrong"), (Ed25519PrivateKey.generate(), "does not know")):
        edited(tmp_path / "backup", by=by)
        done = installed.run("restore", str(tmp_path / "backup"), "--over")
        assert (done.returncode, why in done.stderr) == (2, True)
    (tmp_path / "backup" / "manifest.json").write_text("[]")
    assert installed.run("restore", str(tmp_path / "backup"), "--over").returncode == 2
    old = {"format": "blockwise-backup-1", "version": "0.1", "engine": "sqlite", "files": {}}
    (tmp_path / "backup" / "manifest.json").write_text(json.dumps(old))
    done = installed.run("restore", str(tmp_path / "backup"), "--over")
    assert (done.returncode, "bears no signature" in done.stderr) == (2, True)
    left = files_of(installed.folder)
    assert {path: left[path] for path in before if "lock" not in path.name} == {
        path: content for path, content in before.items() if "lock" not in path.name
    }


SLOWLY = """
import time
from blockwise.cli.main import main
from blockwise.ledger import backup
backup.signed = lambda manifest: print("half", flush=True) or time.sleep(60)
main()
"""


def test_a_backup_that_is_killed_is_swept_by_the_next_and_leaves_nothing_when_told_to_stop(
    installed: Home, tmp_path: Path
) -> None:
    installed.python(FILL, "0", "20", NAME)
    kept = tmp_path / "kept"
    for number, left in ((signal.SIGTERM, 0), (signal.SIGKILL, 1)):
        with installed.running(SLOWLY, "backup", str(kept / "half")) as one:
            assert one.stdout is not None
            assert one.stdout.readline() == "half\n"
            assert len(list(kept.iterdir())) == 1
            one.send_signal(number)
            one.wait(20)
        assert len(list(kept.iterdir())) == left
    with installed.running(SLOWLY, "backup", str(kept / "under way")) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "half\n"
        time.sleep(0.1)
        assert installed.run("backup", str(kept / "whole")).returncode == 0
        assert sorted(path.name for path in kept.iterdir() if not path.name.startswith(".")) == ["whole"]
        assert len(list(kept.iterdir())) == 2  # the one under way is left alone
