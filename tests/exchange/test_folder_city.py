"""city.yaml: every fault with its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blockwise.exchange.folder import read_folder
from tests.exchange.faults import problems_of
from tests.exchange.tiny_city import Row, write_tiny_city


def given(**values: Any) -> Callable[[Row], None]:
    return lambda city: city.update(values)


def without(key: str) -> Callable[[Row], None]:
    def change(city: Row) -> None:
        del city[key]

    return change


def period(number: int, **values: str) -> Callable[[Row], None]:
    return lambda city: city["road_periods"][number].update(values)


def no_period(city: Row) -> None:
    del city["road_periods"][2]


def level(number: int, **values: str) -> Callable[[Row], None]:
    return lambda city: city["levels"][number].update(values)


def nameless_level(city: Row) -> None:
    del city["levels"][1]["zh"]


FAULTS: dict[str, tuple[Callable[[Row], None], int, str]] = {
    "time zone": (given(timezone="Asia/Peking"), 5, "there is no time zone 'Asia/Peking'"),
    "unknown key": (given(colour="red"), 47, "unknown key colour"),
    "missing key": (without("crs"), 1, "the key crs is missing"),
    "crs": (given(crs="wgs48"), 9, "crs is 'wgs48'"),
    "calendar": (given(calendar="lunar"), 10, "calendar is 'lunar'"),
    "code": (given(code="T-1"), 1, "code is 'T-1'"),
    "language": (given(languages=["zh", "fr"]), 8, "languages[2] is 'fr'"),
    "name": (given(name={"zh": "小城"}), 3, "name has no en"),
    "working hours": (
        given(working_hours=[["12:00", "08:00"]]),
        12,
        "working_hours[1] is not a start and a later end",
    ),
    "ring": (given(rings=[5, 0]), 28, "rings[2] is '0'"),
    "demo": (given(demo="yes please"), 46, "demo is 'yes please'"),
    "level twice": (level(1, key="city"), 17, "the level city is named twice"),
    "level key": (level(1, key="Community"), 20, "key is 'Community'"),
    "level name": (nameless_level, 20, "levels[2] has no zh"),
    "one level": (given(levels=[{"key": "a", "zh": "a", "en": "a"}]), 17, "there is only one level"),
    "period with a gap": (no_period, 30, "no road period holds 09:30"),
    "periods that overlap": (
        period(2, **{"from": "09:00"}),
        36,
        "the road periods peak (line 33) and day both hold 09:00",
    ),
    "time": (period(2, **{"from": "24:00"}), 37, "from is '24:00'"),
    "period with another key": (period(2, speed="9"), 36, "road_periods[3] has the keys key, from, to, speed"),
    "features": (given(features=["x"]), 46, "features is not a mapping"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(tmp_path: Path, case: str) -> None:
    change, line, words = FAULTS[case]
    error, warning = problems_of(tmp_path, city=change)
    assert (error.file, error.line, error.severity, error.what) == ("city.yaml", line, "error", words)
    assert (warning.severity, warning.what) == ("warning", "the other files were not looked at")


def test_a_key_given_twice(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "plain").joinpath("city.yaml").read_text()
    error = problems_of(tmp_path, city=text + "crs: wgs84\n")[0]
    assert (error.line, error.what) == (47, "crs is given twice")


def test_times_and_codes_need_no_quotes(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "plain").joinpath("city.yaml").read_text()
    bare = text.replace("'", "")
    assert "from: 22:00" in bare
    path = write_tiny_city(tmp_path / "bare", city=bare)
    assert read_folder(path).city == read_folder(tmp_path / "plain").city
