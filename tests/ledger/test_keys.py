import base64
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from blockwise.clock import real_now
from blockwise.ledger import canonical, keys, rotation, vault, verify
from blockwise.ledger.lines import Entry, data_of, write
from blockwise.ledger.models import DataKey, Line
from blockwise.problems import Conflict
from blockwise.site.refusal import members


@pytest.mark.django_db
def test_keys_are_made_once_and_for_nobody_else_to_read(home: Path) -> None:
    ring, public = keys.keyring(), keys.seal_key().public_key().public_bytes_raw().hex()
    assert keys.keyring() == ring
    assert keys.seal_key().public_key().public_bytes_raw().hex() == public
    assert keys.known_seal_keys() == [public]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (home / "keys").iterdir()} == {
        "master.json": "0o600", "seal.pem": "0o600", "seal.pub": "0o600",
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_that_find_no_key_agree_on_one() -> None:
    def made(number: int) -> str:
        try:
            vault.seal(f"case:{number}", "note", number)
            return keys.keyring().current
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(made, range(16)))) == 1


@pytest.mark.django_db
def test_a_readable_key_file_is_refused(home: Path) -> None:
    keys.keyring()
    (home / "keys" / "master.json").chmod(0o644)
    with pytest.raises(keys.KeyTrouble, match="chmod 600"):
        keys.keyring()


def _whole(home: Path) -> dict[str, Any]:
    keys.keyring()
    kept: dict[str, Any] = json.loads((home / "keys" / "master.json").read_text())
    return kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda kept: "{",
        lambda kept: "[]",
        lambda kept: "\x00",
        lambda kept: json.dumps(kept | {"keys": {}}),
        lambda kept: json.dumps(kept | {"keys": {kept["current"]: "c2hvcnQ="}}),
        lambda kept: json.dumps(kept | {"keys": 7}),
        lambda kept: json.dumps({"keys": kept["keys"]}),
        lambda kept: json.dumps(kept | {"made_at": None}),
    ],
)
def test_a_broken_file_of_keys_is_named_and_never_replaced(home: Path, change: Callable[[Any], str]) -> None:
    broken = change(_whole(home))
    (home / "keys" / "master.json").write_text(broken)
    for use in (keys.keyring, keys.absent):
        with pytest.raises(keys.KeyTrouble, match="not whole") as refused:
            use()
        assert members(refused.value)["where"] == "master.json"
    assert (home / "keys" / "master.json").read_text() == broken


def test_a_broken_seal_key_is_named_and_never_replaced(home: Path) -> None:
    keys.seal_key()
    (home / "keys" / "seal.pem").write_text("x")
    with pytest.raises(keys.KeyTrouble, match=r"seal\.pem"):
        keys.seal_key()
    assert (home / "keys" / "seal.pem").read_text() == "x"


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
def test_without_its_master_key_nothing_opens_and_no_other_is_made(home: Path) -> None:
    digest = vault.seal("case:1", "note", "x")
    path = home / "keys" / "master.json"
    kept, needed = path.read_bytes(), keys.keyring().current
    path.unlink()
    for use in (lambda: vault.open_("case:1", digest), lambda: vault.seal("case:2", "note", "y")):
        with pytest.raises(keys.KeyTrouble, match=f"{needed} is not in this home"):
            use()
    assert (keys.absent(), path.exists()) == ([needed], False)
    path.write_bytes(kept)
    path.chmod(0o600)
    assert (keys.absent(), vault.open_("case:1", digest)) == ([], "x")


@pytest.mark.django_db(transaction=True)
def test_a_home_goes_on_without_a_lost_master_key_only_when_told_to(home: Path) -> None:
    with transaction.atomic():
        lost = vault.seal("case:1", "note", "x")
        write([Entry("case:1", "note", "user:1", "0101", {"sealed": {"note": lost}})])
    (home / "keys" / "master.json").unlink()
    with pytest.raises(keys.KeyTrouble, match="not in this home"):
        rotation.rotate("user:1")
    assert rotation.give_up("user:1") == 1
    assert (keys.absent(), rotation.give_up("user:1")) == ([], 0)
    kept = vault.seal("case:2", "note", "y")
    assert rotation.rotate("user:1") == 1
    assert vault.open_many([("case:1", lost), ("case:2", kept)]) == {("case:1", lost): None, ("case:2", kept): "y"}
    assert verify.verify_database().texts == {"erased": 1}


@pytest.mark.django_db(transaction=True)
def test_only_what_the_lost_key_sealed_is_given_up(home: Path) -> None:
    path = home / "keys" / "master.json"
    vault.seal("case:1", "note", "x")
    path.unlink()
    path.write_bytes(keys._written(keys._with_new_key({})))
    path.chmod(0o600)
    digest = vault.seal("case:2", "note", "y")
    assert len(keys.absent()) == 1
    assert rotation.give_up("user:1") == 1
    assert rotation.rotate("user:1") == 1
    assert vault.open_("case:2", digest) == "y"
