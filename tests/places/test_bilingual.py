"""Places in the reader's language, whoever wrote them down."""

from __future__ import annotations

from typing import Any

import pytest

from blockwise.places.bilingual import in_language
from blockwise.places.current import forget, places
from blockwise.places.models import Address, Block

pytestmark = pytest.mark.usefixtures("town")


def test_what_is_on_record_in_both_languages_is_said_in_either() -> None:
    address = Address.objects.exclude(text_en="").order_by("code")[0]
    first, second = [street for street in places().streets.all if street.name_en][:2]
    zh = [address.text, first.name, f"{first.name} / {second.name}"]
    en = [address.text_en, first.name_en, f"{first.name_en} / {second.name_en}"]
    assert in_language(zh, chinese=False) == dict(zip(zh, en, strict=True))
    assert in_language(en, chinese=True) == dict(zip(en, zh, strict=True))


def test_a_block_is_called_in_either_and_by_no_name_that_two_of_them_share() -> None:
    one, other, third = sorted(places().blocks.values(), key=lambda facts: facts.code)[:3]
    Block.objects.filter(pk=one.code).update(name="湾碧第15网格", name_en="Wanbi cell 15")
    Block.objects.filter(pk=other.code).update(name="第1网格", name_en="Wanbi cell 1")
    Block.objects.filter(pk=third.code).update(name="第1网格", name_en="Juxia cell 1")
    forget()
    assert in_language(["湾碧第15网格", "第1网格"], chinese=False) == {"湾碧第15网格": "Wanbi cell 15"}
    assert in_language(["Wanbi cell 15"], chinese=True) == {"Wanbi cell 15": "湾碧第15网格"}


def test_what_was_written_freely_or_is_on_record_in_one_language_stays_as_it_is() -> None:
    street = places().streets.all[0]
    Address.objects.update(text_en="")
    texts = ["市场对面", f"{street.name} / 市场", "", *Address.objects.values_list("text", flat=True)[:3]]
    assert in_language(texts, chinese=False) == {}
    assert in_language(["opposite the market"], chinese=True) == {}


def test_nothing_is_asked_where_all_is_in_this_language(django_assert_num_queries: Any) -> None:
    texts = list(Address.objects.values_list("text", flat=True)[:5])
    with django_assert_num_queries(0):
        assert in_language(texts, chinese=True) == {}
    in_language(texts, chinese=False)  # the streets are read once
    with django_assert_num_queries(1):
        assert len(in_language(texts, chinese=False)) == 5
