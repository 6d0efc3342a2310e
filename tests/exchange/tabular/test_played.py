"""What came in by a map goes through the engine: a day of three cities' calls, unknown words among them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.exchange.folder import check_folder
from blockwise.exchange.load import load_folder
from blockwise.exchange.replay_source import read_source
from blockwise.exchange.tabular import read_map, take
from blockwise.places import current
from blockwise.response.replay import historic
from tests.exchange.tabular.city_over import write_city_over
from tests.exchange.tabular.maps import HEADER, ROW, a_map
from tests.exchange.tabular.test_open_data import FILES, MAPS
from tests.exchange.tiny_city import write_tiny_city

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
DAY = {"montgomery-county-911": 150, "milwaukee-police": 150, "portland-police": 150}  # rows of about a day or a part


def play(folder: Path) -> historic.Played:
    current.forget()
    registry.forget()
    load_folder(folder, purpose="replay")
    return historic.play(read_source(folder), None)


@pytest.mark.parametrize("name", FILES)
def test_a_city_s_calls_by_its_map_are_replayed(name: str, shared: Path, tmp_path: Path) -> None:
    plan = read_map(MAPS / f"{name}.yaml")
    assert plan.place.box
    assert plan.times.zone
    city = write_city_over(tmp_path / "city", plan.place.box, plan.times.zone.key)
    rows = pq.read_table(shared / "data" / FILES[name]).slice(0, DAY[name])
    pq.write_table(rows, tmp_path / "day.parquet")
    account = take(tmp_path / "day.parquet", plan, city)
    assert [problem for problem in check_folder(city) if problem.severity == "error"] == []
    played = play(city)
    assert played.account.refused_calls == {}
    assert played.account.calls == account.written
    types = Counter(Case.objects.values_list("type", flat=True))
    assert types["other"] == sum(int(str(one["rows"])) for one in account.words.listed() if one["field"] == "type") > 0


def test_rows_of_an_unknown_type_or_priority_are_played(tmp_path: Path) -> None:
    city = write_tiny_city(tmp_path / "city")
    text = HEADER + ROW + "2,2026-01-05 13:06,parade,9,113.915,22.556\n3,2026-01-05 13:07,,,113.912,22.552\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    take(tmp_path / "t.csv", read_map(a_map(tmp_path)), city)
    played = play(city)
    assert (played.account.calls, played.account.refused_calls) == (3, {})
    found = Case.objects.order_by("opened_at").values_list("type", "priority")
    assert list(found) == [("crime.theft", 2), ("other", 3), ("other", 3)]
