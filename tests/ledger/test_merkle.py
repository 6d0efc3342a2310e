import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from blockwise.ledger import merkle
from tests.ledger.independent_verifier import root as independent_root

hashes = some.lists(some.binary(min_size=32, max_size=32), max_size=70)


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@given(hashes)
def test_the_root_is_rfc_6962s(leaves: list[bytes]) -> None:
    assert merkle.root_of(b"".join(leaves)) == by_definition(leaves).hex()
    if leaves:
        assert independent_root(leaves) == by_definition(leaves).hex()


@given(hashes.filter(bool), some.data())
def test_any_change_order_or_length_changes_the_root(leaves: list[bytes], data: some.DataObject) -> None:
    place = data.draw(some.integers(0, len(leaves) - 1))
    changed = [*leaves[:place], bytes(32 * [0xAA]), *leaves[place + 1 :]]
    swapped = [*leaves[:place], *reversed(leaves[place : place + 2]), *leaves[place + 2 :]]
    for other in (changed, swapped, leaves[:place] + leaves[place + 1 :], [*leaves, leaves[-1]]):
        assert (merkle.root_of(b"".join(other)) == merkle.root_of(b"".join(leaves))) == (other == leaves)


@given(some.binary(min_size=32, max_size=32 * 40), some.data())
def test_a_path_leads_to_the_root_and_from_another_leaf_or_place_it_does_not(raw: bytes, data: some.DataObject) -> None:
    count = len(raw) // 32
    leaves = b"".join(hashlib.sha256(bytes([n]) + raw).digest() for n in range(count))
    place = data.draw(some.integers(0, count - 1))
    path, leaf = merkle.path_to(leaves, place), leaves[place * 32 : place * 32 + 32]
    assert merkle.root_along(leaf, place, count, path) == merkle.root_of(leaves)
    assert merkle.root_along(bytes(32), place, count, path) != merkle.root_of(leaves)
    for wrong in ([*path, "00" * 32], path[1:] if path else ["00" * 32]):
        with pytest.raises(ValueError):
            merkle.root_along(leaf, place, count, wrong)
    with pytest.raises(ValueError):
        merkle.root_along(leaf, count, count, path)
