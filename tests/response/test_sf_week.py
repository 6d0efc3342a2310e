"""A real week: San Francisco's calls of 2016-12-31 to 2017-01-07 through the engine, as they were recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.exchange.datasf import build
from blockwise.exchange.load import load_folder
from blockwise.exchange.replay_source import read_source
from blockwise.ledger.verify import verify_database
from blockwise.places import current
from blockwise.response.replay import historic
from blockwise.response.replay.historic import Played
from blockwise.units.models import Assignment, Meaning, Unit

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
ROWS, CALLS = 7_704, 3_560


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sf")
    build(shared / "data", path)
    return path


@pytest.fixture(scope="module")
def played(folder: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[Played]:
    """The whole week, played once for the tests of this module, and undone after them."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            current.forget()
            registry.forget()
            load_folder(folder, purpose="replay")
            yield historic.play(read_source(folder), None)
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            current.forget()
            registry.forget()


def quantiles(seconds: list[float]) -> tuple[int, int]:
    p50, p90 = np.percentile(seconds, [50, 90])
    return round(p50), int(p90)


def between(first: str, second: str) -> tuple[int, int]:
    rows = Assignment.objects.exclude(**{first: None}).exclude(**{second: None}).values_list(first, second)
    return quantiles([(later - earlier).total_seconds() for earlier, later in rows])


def test_every_row_is_accounted_for(played: Played) -> None:
    account = played.account
    assert account.rows + len(account.refused_rows) == ROWS
    assert account.calls + len(account.refused_calls) == CALLS
    assert account.refused_rows == {}
    assert account.refused_calls == {}
    assert Assignment.objects.count() == ROWS


def test_the_impossible_rows_are_listed_by_reason(played: Played) -> None:
    reasons = [one.reason.split(":")[0] for one in played.noted]
    assert reasons.count("overlap") == 9
    assert reasons.count("no_end") == 5
    assert reasons.count("backwards") == 28


def test_the_intervals_are_those_that_were_recorded(played: Played) -> None:
    opened = Assignment.objects.values_list("case__opened_at", "dispatched_at")
    assert quantiles([(sent - received).total_seconds() for received, sent in opened]) == (119, 328)
    assert between("dispatched_at", "en_route_at") == (49, 124)
    assert between("en_route_at", "on_scene_at") == (227, 759)


def test_code_3_received_to_first_on_scene(played: Played) -> None:
    first: dict[int, float] = {}
    rows = Assignment.objects.filter(case__priority=1).exclude(on_scene_at=None)
    for case, received, arrived in rows.values_list("case", "case__opened_at", "on_scene_at"):
        seconds = (arrived - received).total_seconds()
        first[case] = min(seconds, first.get(case, seconds))
    assert len(first) == 2_038
    assert quantiles(list(first.values())) == (327, 511)


def test_every_call_is_closed_and_every_unit_free(played: Played) -> None:
    assert Case.objects.filter(final=False).count() == 0
    assert Assignment.objects.filter(cleared_at=None).count() == 0
    assert set(Unit.objects.values_list("meaning", flat=True)) == {Meaning.AVAILABLE}


def test_every_time_of_every_row_is_kept_as_claimed(played: Played, folder: Path) -> None:
    """All of them, the impossible ones too; only an end that cannot be true gives way to the rule."""
    steps = ("dispatched_at", "en_route_at", "on_scene_at", "transport_at", "hospital_at")
    rows = read_source(folder).responses
    recorded = Counter((row.unit, *(row.times.get(step) for step in steps)) for row in rows)
    assert Counter(Assignment.objects.values_list("unit", *steps)) == recorded
    assert recorded.total() == ROWS
    noted = {one.row for one in played.noted}
    ends = Counter(
        (row.unit, row.times["dispatched_at"], row.times["available_at"]) for row in rows if row.row not in noted
    )
    assert ends.total() == ROWS - len(noted)
    assert ends - Counter(Assignment.objects.values_list("unit", "dispatched_at", "cleared_at")) == Counter()


def test_the_record_verifies(played: Played) -> None:
    assert verify_database().ok
