"""Two courses at once: the true one is shown, and within what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from json import dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.units.courses import CONFIRMED, HEARD, QUIET, Course, Seen, follow, read

PER_METRE = 1e7 / 111_195
GHOST_M = 4_000.0


def seen(at: float, north: float = 0.0, errs: float = 50.0) -> Seen:
    return Seen(1_140_000_000, 225_000_000 + round(north * PER_METRE), at, errs)


def north_of(courses: Sequence[Course]) -> float:
    return (courses[0].last.lat_e7 - 225_000_000) / PER_METRE


def run(fixes: Iterable[Seen], courses: Sequence[Course] = ()) -> list[tuple[float, bool]]:
    """After each fix: where the unit is shown (metres north), and whether the fix was taken."""
    told = []
    for one in fixes:
        courses, shown = follow(read(loads(dumps([asdict(course) for course in courses]))), one)
        assert len(courses) <= 2
        told.append((round(north_of(courses)), shown))
    return told


def true(*times: float, speed: float = 0.0) -> list[Seen]:
    return [seen(at, speed * at) for at in times]


def ghost(*times: float, errs: float = 50.0) -> list[Seen]:
    return [seen(at, GHOST_M, errs) for at in times]


def merged(*sequences: list[Seen]) -> list[Seen]:
    return sorted((one for sequence in sequences for one in sequence), key=lambda one: one.at)


def first_shown(fixes: list[Seen], below: float) -> float:
    """When the unit is first shown less far north, and after which it stays so."""
    told = [(one.at, north < below) for one, (north, _taken) in zip(fixes, run(fixes), strict=True)]
    last_elsewhere = max(k for k, (_at, there) in enumerate(told) if not there)
    return told[last_elsewhere + 1][0]


def test_one_false_fix_is_never_shown() -> None:
    assert run(true(0, 10, 20) + ghost(25) + true(30)) == [(0, True)] * 3 + [(0, False), (0, True)]


def test_after_a_silence_it_is_shown_and_left_with_the_next_true_fix() -> None:
    known = true(0, 10, 20, 30)
    assert run(known + ghost(100) + true(105))[-2:] == [(4000, True), (0, True)]


def test_one_that_repeats_is_left_with_the_third_true_fix() -> None:
    known = true(0, 10, 20, 30)
    false = ghost(*range(100, 160, 10))
    assert run(known + false + true(162, 167, 172))[-3:] == [(4000, False), (4000, False), (0, True)]


def test_the_one_that_was_there_first_keeps_against_a_ghost_that_goes_on_for_ever() -> None:
    known = true(0, 10, 20, 30)
    both = merged(true(*range(40, 3600, 10)), ghost(*range(45, 3600, 10)))
    assert all(north == 0 for north, _shown in run(known + both))


def test_one_that_was_first_is_left_when_the_true_one_has_moved() -> None:
    both = merged(true(*range(100, 200, 10), speed=5), ghost(*range(0, 200, 10)))
    assert first_shown(both, below=3_000) == 130  # more than 100 metres from where it was first seen


def test_one_that_was_first_is_left_when_the_true_one_is_more_exact() -> None:
    both = merged(ghost(*range(0, 200, 10), errs=800), [seen(at, errs=20) for at in range(105, 200, 10)])
    assert first_shown(both, below=3_000) == 125  # its third fix


def test_of_two_that_begin_together_the_one_told_more_often() -> None:
    both = merged(ghost(0, 30, 60, 90), true(*range(2, 100, 4)))
    told = run(both)
    assert all(north == 0 for one, (north, _s) in zip(both, told, strict=True) if one.at > 2 + HEARD + 4)


@given(st.integers(1, 30), st.integers(1, 20), st.floats(1, 40), st.integers(2, 12))
def test_a_true_course_is_never_refused_for_long_once_the_false_one_is_silent(
    ghosts: int, every: int, speed: float, period: int
) -> None:
    """Whatever the false fixes before: at most until CONFIRMED true fixes after QUIET."""
    end = ghosts * every
    after = [end + period * k for k in range(1, 40)]
    told = run(ghost(*range(0, end, every)) + true(*after, speed=speed))[-len(after) :]
    limit = end + QUIET + (CONFIRMED + 1) * period
    assert all(taken for at, (_n, taken) in zip(after, told, strict=True) if at > limit)


@given(
    st.lists(st.floats(0.5, 20), min_size=8, max_size=40),
    st.lists(st.tuples(st.floats(0, 400), st.floats(5_000, 30_000)), max_size=20),
    st.floats(0, 35),
)
def test_a_settled_course_is_never_refused_while_single_false_fixes_are_strewn_in(
    gaps: list[float], ghosts: list[tuple[float, float]], speed: float
) -> None:
    at, times = 0.0, [0.0, 10.0, 20.0, 30.0]
    for gap in gaps:
        at = times[-1] + gap
        times.append(at)
    false = [seen(when, north) for when, north in ghosts if when > 30]
    both = merged(true(*times, speed=speed), false)
    told = run(both)
    refused = [one for one, (_n, taken) in zip(both, told, strict=True) if not taken and one not in false]
    assert len(refused) <= 2 * len(false)


@pytest.mark.parametrize("period", [1, 5, 15, 30, 60, 120])
def test_a_unit_that_drives_fast_is_never_refused(period: int) -> None:
    assert all(taken for _north, taken in run(true(*range(0, 3600, period), speed=40)))
