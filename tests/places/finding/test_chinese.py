"""Chinese as it is typed: numerals, script, parts of names, pinyin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.places.finding import chinese


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("新安一路十二号", "新安1路12号"),
        ("一百二十三弄四十五号", "123弄45号"),
        ("一百零八号", "108号"),
        ("两百号", "200号"),
        ("二千零五号", "2005号"),
        ("幺二号", "12号"),
        ("廿一号", "21号"),
        ("卅号", "30号"),
        ("新安壹路", "新安1路"),
        ("一二号", "12号"),
        ("百花路", "百花路"),
        ("千灯路", "千灯路"),
        ("两江路", "两江路"),
        ("洞庭路", "洞庭路"),
        ("Broadway", "Broadway"),
    ],
)
def test_numerals(written: str, read: str) -> None:
    assert chinese.digits(written) == read


@given(st.integers(1, 9999))
def test_every_number_is_read_back(number: int) -> None:
    assert chinese.digits(f"路{_written(number)}号") == f"路{number}号"


def _written(number: int) -> str:
    words, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        value = number // unit % 10
        if value:
            words += ("零" if zero and words else "") + "零一二三四五六七八九"[value] + name
        zero = not value
    return words.removeprefix("一") if words.startswith("一十") else words


def test_one_script() -> None:
    assert chinese.simplified("寶安大道對面") == "宝安大道对面"
    assert chinese.simplified("Mission") == "Mission"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("中山北路", ("北", "中山", "路")),
        ("中山路", ("", "中山", "路")),
        ("宝安大道", ("", "宝安", "大道")),
        ("新安1路", ("", "新安1", "路")),
        ("宝安", ("", "宝安", "")),
        ("路", ("", "路", "")),
    ],
)
def test_the_parts_of_a_name(name: str, parts: tuple[str, str, str]) -> None:
    assert chinese.parts(name) == parts


def test_pinyin_and_its_initials() -> None:
    assert chinese.pinyin("新安一路") == ("XINANYILU", "XAYL")
    assert chinese.pinyin("机荷高速K12") == ("JIHEGAOSUK12", "JHGSK12")
    assert chinese.pinyin("绿荫路")[0] == "LVYINLU"


@given(st.text(max_size=40))
def test_no_text_makes_it_fail(text: str) -> None:
    chinese.parts(chinese.digits(chinese.simplified(text)))
    chinese.pinyin(text)
