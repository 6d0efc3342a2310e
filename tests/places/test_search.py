"""The search by its list of texts as people say them, and by what must never be called exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise.exchange.folder import CityFolder
from blockwise.places import actions, current
from blockwise.places.addresses import AddressHit, search
from blockwise.places.coordinates import Point
from blockwise.places.finding.english import DIRECTIONS
from blockwise.places.models import Landmark

from .search_city import DOORED, LANDMARKS, RANGED, at, made_city
from .search_list import Wanted, shares, wanted


@pytest.fixture
def made(db: None, tiny: CityFolder) -> Iterator[CityFolder]:
    current.forget()
    city = made_city(tiny)
    actions.load(city, purpose="demo", record=lambda act, data: None)
    yield city
    current.forget()


def test_the_list_is_long_enough_and_in_both_languages() -> None:
    texts = wanted()
    assert len({one.text for one in texts}) == len(texts) >= 300
    assert min(sum(one.language == language for one in texts) for language in ("zh", "en")) >= 150


def test_texts_as_people_say_them(made: CityFolder) -> None:
    """Each is found first, nothing else is called exact, each says what it is, and what is not exact says why."""
    hits = {one.text: search(one.text) for one in wanted()}
    found = shares(wanted(), hits.__getitem__)
    assert (found.missed, found.wrongly_exact) == ((), ())
    first = [(one, hits[one.text][0]) for one in wanted() if one.called != "none"]
    assert [(one.text, hit.called) for one, hit in first if not _says_so(one, hit)] == []
    assert [text for text, some in hits.items() for hit in some if not hit.exact and not str(hit.note)] == []


def _says_so(one: Wanted, hit: AddressHit) -> bool:
    exact = one.called not in {"near", "guess", "sent?"}
    return (hit.called, hit.exact) == (one.called.removesuffix("?"), exact)


STREETS = [name for name, *_rest in RANGED]
CHINESE = [name for name, *_rest in DOORED]


@pytest.mark.usefixtures("made")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(STREETS),
    before=st.sampled_from(["", *DIRECTIONS, *DIRECTIONS.values()]),
    kind=st.sampled_from(["", "ST", "AVE", "BLVD", "LN", "PL"]),
    number=st.integers(1, 1700),
)
def test_another_direction_or_type_is_another_street(name: str, before: str, kind: str, number: int) -> None:
    """Whatever is put before a name or in place of its type: what is exact bears the very same words."""
    words = name.split()
    stem = " ".join(words[:-1] if words[-1] in {"ST", "AVE", "BLVD"} else words)
    text = f"{number} {before} {stem} {kind}"
    for hit in search(text):
        if hit.exact:
            there = hit.text.split(" ", 1)[1]
            assert _same_street(f"{before} {stem} {kind}", there), (text, hit)


def _same_street(typed: str, there: str) -> bool:
    from blockwise.places.finding import english

    asked, found = (english.parts(english.key(each.split())) for each in (typed, there))
    return asked[:2] == found[:2] and asked[2] in {"", found[2]}


@pytest.mark.usefixtures("made")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(CHINESE),
    place=st.integers(0, 2),
    character=st.sampled_from("东南西北中新一三五大小路街巷"),
    number=st.integers(1, 60),
)
def test_one_character_more_is_another_street(name: str, place: int, character: str, number: int) -> None:
    other = name[:place] + character + name[place:]
    if other in CHINESE:
        return
    assert [hit.text for hit in search(f"{other}{number}号") if hit.exact] == []


def test_of_alike_guesses_the_nearest_comes_first(made: CityFolder) -> None:
    for code, kind, name, _en, _road, _number, spot in LANDMARKS:
        if kind == "market":
            lon, lat = at(*spot)
            near = Point(round(lon * 1e7), round(lat * 1e7))
            assert search("the market", near=near)[0].text == name, code


def test_two_landmarks_of_one_name_are_guesses(made: CityFolder, tiny: CityFolder) -> None:
    again = replace(made.landmarks[0], code="L99", lon=made.landmarks[0].lon + 0.005)
    actions.load(replace(made, landmarks=(*made.landmarks, again)), purpose="demo", record=lambda act, data: None)
    hits = search("小城中心医院")
    assert [hit.exact for hit in hits[:2]] == [False, False]
    assert {hit.code for hit in hits[:2]} == {"L01", "L99"}


def test_landmarks_are_applied_as_a_difference(made: CityFolder) -> None:
    told: list[dict[str, object]] = []
    changed = (replace(made.landmarks[0], name="小城第一医院"), *made.landmarks[2:])
    loaded = actions.load(
        replace(made, landmarks=changed), purpose="demo", record=lambda act, data: told.append(dict(data))
    )
    assert loaded.tables["landmarks"].counts() == type(loaded.tables["landmarks"].counts())(0, 1, 1)
    assert told[0]["tables"] == {"landmarks": {"added": 0, "changed": 1, "gone": 1}}
    assert Landmark.objects.count() == len(LANDMARKS) - 1
    assert search("小城第一医院")[0].exact


@pytest.mark.usefixtures("made")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="宝安大道路口与和对面号弄之12 &/@EXITKmBETWEENand°'\".,+", max_size=60) | st.text(max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    for hit in search(text, 50):
        assert hit.exact or str(hit.note)
