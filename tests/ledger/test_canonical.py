import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as some

from blockwise.ledger import canonical
from tests.ledger.independent_verifier import jcs

texts = some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
values = some.recursive(
    some.none() | some.booleans() | some.integers(-canonical.GREATEST, canonical.GREATEST) | texts,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_the_text_is_rfc_8785_and_says_the_same(value: canonical.JSON) -> None:
    text = canonical.dumps(canonical.plain(value))
    assert text == rfc8785.dumps(value).decode() == jcs(value)
    assert json.loads(text) == value


def test_keys_beyond_16_bits_sort_by_utf_16_unit() -> None:
    assert canonical.dumps({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'


def test_mappings_and_tuples_become_plain() -> None:
    frozen: Mapping[str, canonical.JSON] = MappingProxyType({"b": (1, True), "a": MappingProxyType({})})
    assert canonical.dumps(canonical.plain(frozen)) == '{"a":{},"b":[1,true]}'


def test_moments_are_utc_with_six_digits() -> None:
    east = timezone(timedelta(hours=8))
    assert canonical.moment(datetime(2026, 11, 21, 9, 2, 3, tzinfo=east)) == "2026-11-21T01:02:03.000000Z"
    assert canonical.moment(datetime(2026, 11, 21, 1, 2, 3, 4, tzinfo=UTC)) == "2026-11-21T01:02:03.000004Z"
    with pytest.raises(ValueError):
        canonical.moment(datetime(2026, 1, 1))  # noqa: DTZ001  (naive on purpose)
