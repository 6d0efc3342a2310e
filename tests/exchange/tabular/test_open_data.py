"""Cities' open data by the maps in examples/maps alone: each row accounted for, unknown words listed with counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.tabular import Account, read_map, take
from blockwise.exchange.tabular.points import Points
from tests.exchange.tabular.maps import taken

MAPS = Path(__file__).resolve().parents[3] / "examples" / "maps"
FILES = {
    "montgomery-county-911": "montco_911/dev_2015-12_2016-05.parquet",
    "milwaukee-police": "milwaukee_calls/dev_2018-05-01_2018-05-21.parquet",
    "portland-police": "portland_calls/dev_2016-08.parquet",
}
Taken = tuple[Account, list[dict[str, Any]], Path]


@pytest.fixture(scope="module")
def all_taken(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Taken]:
    found = {}
    for name, file in FILES.items():
        out = tmp_path_factory.mktemp(name)
        account = take(shared / "data" / file, read_map(MAPS / f"{name}.yaml"), out)
        found[name] = (account, pq.read_table(out / "calls.parquet").to_pylist(), out)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows", "refused"),
    [("montgomery-county-911", 66_491, 51), ("milwaukee-police", 33_968, 541), ("portland-police", 19_376, 9)],
)
def test_every_row_is_accounted_for(all_taken: dict[str, Taken], name: str, rows: int, refused: int) -> None:
    account, calls, out = all_taken[name]
    assert (account.rows, len(account.refused)) == (rows, refused)
    assert len(calls) == account.written == rows - refused
    listed = (
        (out / "imports" / f"{name}.{Path(FILES[name]).stem}.refused.csv").read_text(encoding="utf-8-sig").splitlines()
    )
    assert len(listed) == 1 + refused
    assert [one.row for one in account.refused] == sorted({one.row for one in account.refused})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "column"),
    [("montgomery-county-911", "title"), ("milwaukee-police", "nature"), ("portland-police", "final_case_type")],
)
def test_what_no_table_holds_is_listed_with_its_count(
    all_taken: dict[str, Taken], shared: Path, name: str, column: str
) -> None:
    account, calls, _out = all_taken[name]
    out_of = {one.row for one in account.refused}
    words = pq.read_table(shared / "data" / FILES[name], columns=[column])[column].to_pylist()
    types = read_map(MAPS / f"{name}.yaml").fields["type"].words
    assert types is not None
    counts = Counter(
        word for row, word in enumerate(words, 1) if row not in out_of and types.meaning(word or "") is None
    )
    listed = {str(one["word"]): one["rows"] for one in account.words.listed() if one["field"] == "type"}
    assert listed == counts
    other = [call for call in calls if call["type"] == "other"]
    assert len(other) == counts.total() > 0
    assert all("Type in the data: " in call["text"] for call in other), "the original words are kept"


@pytest.mark.slow
def test_milwaukee_s_points_from_elsewhere_are_refused_each_with_its_row(all_taken: dict[str, Taken]) -> None:
    account, calls, _ = all_taken["milwaukee-police"]
    reasons = Counter("missing" if "missing" in one.reason else "outside" for one in account.refused)
    assert reasons == {"outside": 530, "missing": 11}
    channels = Counter(call["channel"] for call in calls)
    assert channels["officer"] > 12_000, "stops, checks and patrol are no calls from the public"
    assert channels["sensor"] == sum(call["type"] == "other" and call["channel"] == "sensor" for call in calls)


@pytest.mark.slow
def test_portland_s_feet_are_degrees_where_the_portal_says(all_taken: dict[str, Taken], shared: Path) -> None:
    _, calls, _ = all_taken["portland-police"]
    rows = pq.read_table(shared / "data" / FILES["portland-police"]).to_pylist()[:-1]
    points = Points(read_map(MAPS / "portland-police.yaml").place)
    lon, lat, _ = points.turned([str(row["x_feet"]) for row in rows], [str(row["y_feet"]) for row in rows])
    assert np.abs(lon - [row["longitude"] for row in rows]).max() < 2e-5
    assert np.abs(lat - [row["latitude"] for row in rows]).max() < 2e-5
    assert {call["received_at"].hour for call in calls} == {19}, "noon of the Pacific in summer"
    assert len({call["call"] for call in calls}) == len(calls), "rows that are alike are calls each"


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_second_run_changes_nothing(all_taken: dict[str, Taken], shared: Path, name: str) -> None:
    _, _, out = all_taken[name]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*") if path.is_file()}
    account = take(shared / "data" / FILES[name], read_map(MAPS / f"{name}.yaml"), out)
    assert not account.changed
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*") if path.is_file()}


LONDON = (
    "IncidentNumber,DateOfCall,TimeOfCall,IncidentGroup,StopCodeDescription,SpecialServiceType,PropertyCategory,"
    "PropertyType,Postcode_district,IncGeo_BoroughName,IncGeo_WardName,Easting_rounded,Northing_rounded\n"
    "1-1,01 Jan 2024,00:05:12,False Alarm,AFA,,Non Residential,Hospital,SE1,SOUTHWARK,Borough,532750,179950\n"
    "1-2,31 Mar 2024,00:59:59,Fire,Secondary Fire,,Outdoor,Tree scrub,SE1,SOUTHWARK,Borough,532750,179950\n"
    "1-3,01 Jul 2024,12:00:00,Special Service,Special Service,Lift Release,Dwelling,Flats,SE1,SOUTHWARK,Borough,"
    "532750,179950\n"
)
TORONTO = (
    "_id,Incident_Number,Final_Incident_Type,Property_Use,Intersection,Latitude,Longitude,TFS_Alarm_Time\n"
    "1,F24000001,01 - Fire,301 - Detached Dwelling,Yonge St / Bloor St,43.6708,-79.3868,2024-01-01T00:05:12\n"
    "2,F24000002,01 - Fire,896 - Sidewalk\\, street,Queen St / Bay St,43.6523,-79.3820,2024-07-01T12:00:00\n"
).replace("\\,", "")


def test_two_portals_of_other_countries_need_no_code(tmp_path: Path) -> None:
    """Rows written for this test under the headings that London and Toronto publish."""
    london = taken(tmp_path, LONDON, MAPS / "london-fire.yaml", into=True)
    assert (london.written, london.refused) == (3, [])
    calls = pq.read_table(tmp_path / "city" / "calls.parquet").to_pylist()
    assert [f"{call['received_at']:%m-%d %H:%M:%S}" for call in calls] == [
        "01-01 00:05:12",
        "03-31 00:59:59",
        "07-01 11:00:00",
    ]
    assert [call["type"] for call in calls] == ["fire.alarm", "fire.outside", "other"]
    assert (calls[0]["lon"], calls[0]["lat"]) == pytest.approx((-0.0885, 51.5030), abs=2e-3)
    assert [call["place_kind"] for call in calls] == ["premises", "open", "dwelling"]
    toronto = taken(tmp_path, TORONTO, MAPS / "toronto-fire.yaml")
    assert (toronto.written, toronto.refused) == (2, [])


def test_every_example_can_be_read() -> None:
    assert {path.stem for path in MAPS.glob("*.yaml")} == {*FILES, "london-fire", "toronto-fire"}
    for path in MAPS.glob("*.yaml"):
        assert read_map(path).table.name == "calls"
