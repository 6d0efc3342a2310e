"""Names as they are typed, and the index that finds them, against a plain scan."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.names import Lines, NameIndex, key_of, plain


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("20th Avenue", "20TH AVE"),
        ("04TH ST", "4TH ST"),
        ("100 ST", "100 ST"),
        ("O'Farrell St.", "OFARRELL ST"),
        ("LINCOLN BL, PR", "LINCOLN BLVD"),
        ("宝安大道", "宝安大道"),
        ("宝安　大道 １２", "宝安大道12"),
        ("ｂａｋｅｒ  ｒｏａｄ", "BAKER RD"),
        ("", ""),
        (" ,;- ", ""),
        ("\x00\ud800\u202e", ""),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert key_of(name) == key


def test_hostile_texts_are_cut_and_cleaned() -> None:
    assert plain("a" * 10_000) == "A" * 200
    assert plain("  宝\x00安\ud83d大\u200b道\n ") == "宝安大道"


STREETS = [
    ("MISSION ST",),
    ("SOUTH MISSION ST",),
    ("MISSION",),
    ("MISSIONARY LN",),
    ("宝安大道", "BAOAN AVE"),
    ("宝安",),
    ("南宝安路",),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("MISSION", [(0, 2), (1, 0), (2, 3), (3, 1)]),
        ("MISSION ST", [(0, 0), (3, 1), (4, 2)]),
        ("MISSIO", [(2, 2), (2, 0), (2, 3), (3, 1)]),
        ("ISSION", []),
        ("BAOAN", [(1, 4)]),
        ("宝安大道", [(0, 4), (4, 5)]),
        ("宝安", [(0, 5), (1, 4), (3, 6)]),
        ("安", [(3, 5), (3, 4), (3, 6)]),
        ("深圳市宝安大道", [(4, 4), (5, 5)]),
        ("HERE MISSION ST", [(4, 0), (5, 2)]),
        ("", []),
    ],
)
def test_ranks(wanted: str, found: list[tuple[int, int]]) -> None:
    assert NameIndex(STREETS).match(wanted, 8) == found


def test_the_likeliest_come_first_and_no_more_than_asked() -> None:
    assert NameIndex(STREETS).match("MISSION", 2) == [(0, 2), (1, 0)]


def test_names_within_a_text_are_the_longest_and_do_not_overlap() -> None:
    index = NameIndex(STREETS)
    assert index.within("宝安大道南宝安路") == [4, 6]
    assert index.within("MISSION ST SOUTH MISSION ST") == [1, 0]
    assert index.within("宝安大道") == [4]
    assert index.within("别处") == []


WORDS = st.text(st.sampled_from("AB "), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(WORDS, max_size=12), WORDS)
def test_lines_find_every_occurrence(texts: list[str], wanted: str) -> None:
    lines = Lines(texts)
    ringed = [f"\n{text}\n" for text in texts]
    expected = [
        (place, text[at - 1], text[at + len(wanted)], len(text) - 2)
        for place, text in enumerate(ringed)
        for at in range(1, len(text))
        if text.startswith(wanted, at)
    ]
    starting = [(place, after, length) for place, before, after, length in expected if before == "\n"]
    assert list(lines.find(wanted)) == expected
    assert list(lines.starting(wanted)) == starting
    assert list(lines.find(wanted, 2)) == expected[:2]


@given(st.lists(st.tuples(st.text(string.ascii_uppercase, max_size=4)), max_size=12), st.text("AB", max_size=5))
def test_a_whole_name_always_ranks_first(keys: list[tuple[str]], wanted: str) -> None:
    found = NameIndex(keys).match(wanted, 50)
    exact = [thing for thing, (key,) in enumerate(keys) if key == wanted and key]
    assert [thing for rank, thing in found if rank == 0] == exact
    assert [rank for rank, _thing in found] == sorted(rank for rank, _thing in found)
