"""A direction, a type, an ordinal or a saint that differs is another street; how each is written is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.finding import english


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("SOUTH VAN NESS AVENUE", "S VAN NESS AVE"),
        ("SO VAN NESS AV", "S VAN NESS AVE"),
        ("ST FRANCIS BLVD", "SAINT FRANCIS BLVD"),
        ("N ST MARYS AVE", "N SAINT MARYS AVE"),
        ("MISSION ST", "MISSION ST"),
        ("MISSION ST W", "MISSION ST W"),
        ("ST", "ST"),
        ("NORTH ST", "N ST"),
        ("MC ALLISTER ST", "MCALLISTER ST"),
        ("O FARRELL ST", "OFARRELL ST"),
        ("O ST", "O ST"),
        ("DR MARTIN LUTHER KING JR BLVD", "MLK BLVD"),
        ("MLK BOULEVARD", "MLK BLVD"),
        ("TWENTY FIRST AVE", "21TH AVE"),
        ("21ST AVE", "21TH AVE"),
        ("THIRD ST", "3TH ST"),
        ("03RD ST", "3TH ST"),
        ("3R", "3TH"),
        ("3 ST", "3 ST"),
        ("MT VERNON AVE", "MOUNT VERNON AVE"),
        ("THE EMBARCADERO", "EMBARCADERO"),
        ("THE", "THE"),
    ],
)
def test_one_form_for_what_is_written_differently(written: str, key: str) -> None:
    assert english.key(written.split()) == key


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("S VAN NESS AVE", ("S|", "VAN NESS", "AVE")),
        ("MISSION ST W", ("|W", "MISSION", "ST")),
        ("ZHONGSHAN N RD", ("|N", "ZHONGSHAN", "RD")),
        ("N ST", ("|", "N", "ST")),
        ("AVE B", ("|", "AVE B", "")),
        ("BROADWAY", ("|", "BROADWAY", "")),
        ("", ("|", "", "")),
    ],
)
def test_the_parts_of_a_name(key: str, parts: tuple[str, str, str]) -> None:
    assert english.parts(key) == parts


WORDS = st.lists(st.sampled_from([*english.TYPES, *english.DIRECTIONS, "SAINT", "3TH", "MCGEE", "A"]), max_size=5)


@given(WORDS)
def test_a_key_is_its_own_key(words: list[str]) -> None:
    """Else a name on record and the same name typed from the record would differ."""
    once = english.key(words)
    assert english.key(once.split()) == english.key(english.key(once.split()).split())


@given(st.lists(st.text(max_size=8), max_size=8))
def test_no_words_make_it_fail(words: list[str]) -> None:
    english.parts(english.key(words))
