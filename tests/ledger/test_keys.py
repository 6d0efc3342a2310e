import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from blockwise.clock import real_now
from blockwise.ledger import canonical, keys, rotation, vault
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import DataKey, Line
from blockwise.problems import Conflict


def test_keys_are_made_once_and_for_nobody_else_to_read(home: Path) -> None:
    ring, public = keys.keyring(), keys.seal_key().public_key().public_bytes_raw().hex()
    assert keys.keyring() == ring
    assert keys.seal_key().public_key().public_bytes_raw().hex() == public
    assert keys.known_seal_keys() == [public]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (home / "keys").iterdir()} == {
        "master.json": "0o600", "seal.pem": "0o600", "seal.pub": "0o600",
    }  # fmt: skip


def test_sixteen_threads_that_find_no_key_agree_on_one() -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len({keys.keyring().current for _ in pool.map(lambda _: keys.keyring(), range(16))}) == 1


def test_a_readable_key_file_is_refused(home: Path) -> None:
    keys.keyring()
    (home / "keys" / "master.json").chmod(0o644)
    with pytest.raises(keys.KeyTrouble, match="chmod 600"):
        keys.keyring()


def test_the_environment_may_hold_the_keys(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    new, old = os.urandom(32), os.urandom(32)
    monkeypatch.setenv("BLOCKWISE_MASTER_KEY", f"{base64.b64encode(new).decode()},{base64.b64encode(old).decode()}")
    ring = keys.keyring()
    assert list(ring.keys.values()) == [new, old]
    assert ring.keys[ring.current] == new
    assert not home.exists()
    with pytest.raises(keys.KeyTrouble, match="Put a new key in front"):
        keys.add_master()


def test_keys_of_the_environment_are_not_this_homes_to_forget(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    old, new = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    monkeypatch.setenv("BLOCKWISE_MASTER_KEY", f"{new},{old}")
    with pytest.raises(keys.KeyTrouble, match="Take the old keys out of it"):
        keys.drop_masters()
    assert not (home / "keys" / "master.json").exists()


@pytest.mark.parametrize("given", ["short", "c2hvcnQ=", "äöü"])
def test_a_wrong_key_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("BLOCKWISE_MASTER_KEY", given)
    with pytest.raises(keys.KeyTrouble, match="BLOCKWISE_MASTER_KEY"):
        keys.keyring()


def _age(home: Path) -> None:
    path = home / "keys" / "master.json"
    kept = json.loads(path.read_text())
    kept["made_at"] = canonical.moment(real_now() - timedelta(minutes=2))
    path.write_text(json.dumps(kept))


@pytest.mark.django_db(transaction=True)
def test_rotation_wraps_every_key_again_and_the_old_one_can_go(home: Path) -> None:
    digests = [vault.seal(f"case:{n}", "note", n) for n in range(3)]
    old = keys.keyring().current
    assert rotation.rotate("user:1") == 3
    new = keys.keyring().current
    assert new != old
    assert set(DataKey.objects.values_list("master", flat=True)) == {new}
    with pytest.raises(Conflict, match="minute"):
        rotation.forget("user:1")
    _age(home)
    assert rotation.forget("user:1") == [old]
    assert list(keys.keyring().keys) == [new]
    assert [vault.open_(f"case:{n}", digest) for n, digest in enumerate(digests)] == [0, 1, 2]
    assert [(line.act, data_of(line)) for line in Line.objects.order_by("number")] == [
        ("keys_rotated", {"master": new, "keys": 3}),
        ("keys_forgotten", {"masters": [old]}),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_rotation_is_finished_and_not_begun_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = [vault.seal(f"case:{n}", "note", n) for n in range(7)]
    monkeypatch.setattr(rotation, "_A_STEP", 2)

    def crash(done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate("user:1", crash)
    new = keys.keyring().current
    assert DataKey.objects.filter(master=new).count() == 4
    assert [vault.open_(f"case:{n}", digest) for n, digest in enumerate(digests)] == list(range(7))
    _age(home)
    with pytest.raises(Conflict, match="still need"):
        rotation.forget("user:1")
    assert rotation.rotate("user:1") == 3
    assert keys.keyring().current == new
    assert DataKey.objects.filter(master=new).count() == 7


@pytest.mark.django_db
def test_without_its_master_key_nothing_opens(home: Path) -> None:
    digest = vault.seal("case:1", "note", "x")
    (home / "keys" / "master.json").unlink()
    with pytest.raises(keys.KeyTrouble, match="not in this home"):
        vault.open_("case:1", digest)
