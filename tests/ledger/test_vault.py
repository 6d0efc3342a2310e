import hashlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as rules

from blockwise.ledger import keys, vault
from blockwise.ledger.models import DataKey, Sealed
from blockwise.problems import Invalid
from tests.ledger.test_canonical import values

pytestmark = pytest.mark.django_db
CONTACT = {"name": "张三", "phone": "13800000000"}


@given(values)
@rules(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_sealed_opens_again(value: vault.JSON) -> None:
    assert vault.open_("case:1", vault.seal("case:1", "note", value)) == value


def test_the_same_text_twice_shares_no_bytes() -> None:
    one, other = vault.seal("case:1", "contact", CONTACT), vault.seal("case:2", "contact", CONTACT)
    first, second = Sealed.objects.get(digest=one), Sealed.objects.get(digest=other)
    assert one != other
    pieces = {bytes(first.ciphertext)[i : i + 4] for i in range(len(first.ciphertext) - 3)}
    assert not any(bytes(second.ciphertext)[i : i + 4] in pieces for i in range(len(second.ciphertext) - 3))


def test_the_digest_is_sha_256_over_domain_salt_and_canonical_value() -> None:
    digest = vault.seal("case:1", "contact", CONTACT)
    row, key = Sealed.objects.get(), DataKey.objects.get()
    inside = vault.AESGCM(vault.unwrapped(key)).decrypt(
        bytes(row.ciphertext)[:12],
        bytes(row.ciphertext)[12:],
        f'["blockwise/sealed/1","case:1","contact","{digest}"]'.encode(),
    )
    assert inside[32:].decode() == '{"name":"张三","phone":"13800000000"}'
    assert digest == hashlib.sha256(b"blockwise/sealed/1\x00" + inside).hexdigest()


def test_many_are_opened_in_two_queries_and_one_that_was_damaged_takes_no_other_with_it() -> None:
    """None stands for what was erased, Unopened for what does not open or is not there."""
    pairs = [(f"case:{n}", vault.seal(f"case:{n}", "note", n)) for n in range(20)]
    DataKey.objects.filter(thread="case:3").update(wrapped=None)
    DataKey.objects.filter(thread="case:4").update(wrapped=DataKey.objects.get(thread="case:5").wrapped)
    DataKey.objects.filter(thread="case:6").update(wrapped=b"short")
    DataKey.objects.filter(thread="case:7").update(master="another")
    DataKey.objects.filter(thread="case:8").delete()
    Sealed.objects.filter(thread="case:9").update(ciphertext=b"x" * 60)
    damaged = {4, 6, 7, 8, 9}
    with CaptureQueriesContext(connection) as few:
        opened = vault.open_many([*pairs, ("case:1", "0" * 64), ("case:99", "0" * 64)])
    assert len(few) == 2
    assert opened == {
        pair: None if n == 3 else vault.Unopened if n in damaged else n for n, pair in enumerate(pairs)
    } | {("case:1", "0" * 64): vault.Unopened, ("case:99", "0" * 64): vault.Unopened}


def test_sealing_many_takes_two_queries_once_the_key_is_there() -> None:
    vault.seal("case:1", "note", "first")
    with CaptureQueriesContext(connection) as few:
        digests = vault.seal_many("case:1", {"a": 1, "b": 2, "c": 3})
    assert len(few) == 2
    assert [vault.open_("case:1", digests[name]) for name in "abc"] == [1, 2, 3]


def test_an_erased_thread_neither_opens_nor_takes_more() -> None:
    digest = vault.seal("case:1", "note", "x")
    DataKey.objects.update(wrapped=None)
    with pytest.raises(vault.Erased):
        vault.open_("case:1", digest)
    with pytest.raises(vault.Erased):
        vault.seal("case:1", "note", "y")


@pytest.mark.parametrize("column", ["thread", "name", "digest", "ciphertext"])
def test_a_text_moved_renamed_or_altered_does_not_open(column: str) -> None:
    digest, other = vault.seal("case:1", "note", "x"), vault.seal("case:2", "note", "y")
    row = Sealed.objects.get(digest=digest)
    key = vault.unwrapped(DataKey.objects.get(thread="case:1"))
    assert vault.unsealed(key, row) == "x"
    box = bytes(row.ciphertext)
    altered = {"thread": "case:2", "name": "contact", "digest": other, "ciphertext": box[:-1] + bytes([box[-1] ^ 1])}
    setattr(row, column, altered[column])
    assert vault.unsealed(key, row) is vault.Unopened


def test_a_wrapped_key_opens_no_other_thread() -> None:
    vault.seal("case:1", "note", "x")
    digest = vault.seal("case:2", "note", "y")
    DataKey.objects.filter(thread="case:2").update(wrapped=DataKey.objects.get(thread="case:1").wrapped)
    with pytest.raises(keys.KeyTrouble):
        vault.open_("case:2", digest)


def test_what_is_not_there_is_said_so() -> None:
    with pytest.raises(vault.NotThere):
        vault.open_("case:1", "0" * 64)


def test_text_that_cannot_be_stored_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        vault.seal("case:1", "contact", {"name": "\ud800"})
    assert refused.value.where == "contact.name"
