"""What identifies a person is seen however it is written; what only counts, places or numbers things is let pass."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.cases.personal.found import CARD, IDENTITY, MAIL, PLATE, TELEPHONE, TRAVEL, Seen, found_in

SEEN = {
    TELEPHONE: """
        13912345678 | 139-1234-5678 | 139.1234.5678 | 139 1234 5678 | (139)1234-5678 | 139—1234—5678
        139_1234_5678
        139/1234/5678 | 139 - 1234 - 5678 | 1 3 9 1 2 3 4 5 6 7 8 | 1·3·9·1·2·3·4·5·6·7·8 | 139 12345678
        1391234 5678
        １３９１２３４５６７８ | １３９．１２３４．５６７８ | （１３９）１２３４－５６７８ | ⑬912345678
        ١٣٩١٢٣٤٥٦٧٨ | 139\u200b12345678
        一三九一二三四五六七八 | 一三九-一二三四-五六七八 | 139一二三四5678 | 壹叁玖壹贰叁肆伍陆柒捌
        幺三九幺二三四五六七八 | 第一13912345678
        +8613912345678 | +86 139 1234 5678 | 0086-139-1234-5678 | 86-13912345678 | 8613912345678
        (+86)13912345678
        013912345678 | R-2026-139-1234-5678 | T13912345678 | 楼5 13912345678 | 13912345678转2
        010-82345678 | （010）8234-5678 | 01082345678 | 0755-82345678 | 0755.8234.5678 | 075582345678
        0898-6234567
        （0755）82345678转123 | +86-755-82345678 | +86 (0)755 8234 5678 | 86-755-82345678
        ０７５５－８２３４５６７８ | 零七五五八二三四五六七八
        电话82345678 | 联系方式：8234-5678 | tel: 555-2671 | Phone 5552671
        (415) 555-2671 | 415-555-2671 | 415.555.2671 | 415 555 2671 | +1 415 555 2671 | 1-415-555-2671
        4155552671
        001 415 555 2671 | 14155552671 | 4 1 5 5 5 5 2 6 7 1
        +852 9123 4567 | 00852-91234567 | +44 20 7946 0958 | +33 1 23 45 67 89 | 0044 20 7946 0958
        00442079460958
        0912-345-678 | 0912345678 | +886 912 345 678
    """,
    IDENTITY: """
        11010519491231002X | 11010519491231002x | 110105-19491231-002X | 110105 1949 1231 002X
        110105.19491231.002-X
        110101199003071234 | 110101-19900307-1234 | １１０１０５１９４９１２３１００２Ｘ
        一一〇一〇五一九四九一二三一〇〇二X | id110101199003071233
        110101-1990-03-07-1233 | 110105491231002 | 440305 670401 001
        123-45-6789 | 123 45 6789 | 123.45.6789 | SSN 123456789 | A123456(3) | A123456（3） | A123456789
        1234567(8)
    """,
    PLATE: """
        粤B12345 | 粤B·12345 | 粤B-12345 | 粤B.12345 | 粤B 12345 | 粤-B-12345 | 粤 B 12 345 | 粤b12345
        粤Ｂ１２３４５ | 粤BD12345
        粤B·D12345 | 粤B12345D | 京A1234警 | 京A·1234学 | 粤Z1234港 | 粤Z·1234澳 | 苏A1234挂 | 沪A1234领
        使014578 | 使014·578
        WJ京12345 | WJ01-1234X | 川A 123 45
    """,
    TRAVEL: """
        E12345678 | G12345678 | D12345678 | E-12345678 | g 12345678 | EA1234567 | DE1234567 | PE1234567
        SE1234567
        H12345678 | M1234567890 | K12345678 | 护照123456789 | passport no. 123456789 | Passport: A12345678
        通行证C12345678 | 台胞证号：12345678
    """,
    CARD: """
        4111111111111111 | 4111-1111-1111-1111 | 4111 1111 1111 1111 | 4111.1111.1111.1111 | 378282246310005
        3782 822463 10005 | ４１１１１１１１１１１１１１１１ | 5555555555554444 | 30569309025904
        3530111333300000 | 6222020200000000006
    """,
    MAIL: """
        a@b.cn | wang.fang@example.com | 请发到wang@example.com.cn | 王@例子.中国 | a＠b.com | a @ b.com
        a(at)b(dot)com
        a[at]b.com
    """,
}  # fmt: skip


def each(rows: str) -> list[str]:
    return [text.strip() for row in rows.split("\n") for text in row.split(" | ") if text.strip()]


WRITTEN = [(text, seen) for seen, rows in SEEN.items() for text in each(rows)]

PASSING = """
    横1路5号 | 深南大道10008号 | 3栋2单元1201 | 100-1200 Main St | 12345 El Camino Real | Nos. 12-14
    东门中路2045号
    R-2026-0117 | 2026-0117-00042 | H-20260117 | E20260117 | GZ202601170001 | 202601170001 | 2026000117
    case 1234
    (2026)粤0305民初12345号 | 京公网安备11010502030143号 | A4403050000002026010001 | 2026011708300012
    0000012345
    08:30 | 0830-1730 | 2026-11-27 08:30:00 | 2026-11-27T08:30:00.000004+08:00 | 2026/11/27 0830
    2026年11月27日
    11/27/2026 9 | 二〇二六年十一月二十七日 | 一二三四五六七 | 20261127083000 | 1764232200 | 1764232200000
    UTC+8 2026-11-27
    113.9125, 22.5575 | 114.057868,22.543099 | 139.691711 35.689487 | -122.4194155 37.7749295 | 1139125000
    225575000
    P101 | 巡01-12 | Engine 12 | 8-42 | 1-Adam-12 | K9-3 | 电台 145.500 | 192.168.100.12 | 44-17-03
    1,234,567 元 | 12 500 000 | 13 912 345 678 | 2 345 678 901 | 1,200.50 | 3.5 km | 300 米 | 5 @ 3.50
    约120000人
    440305001003 | 440305001003001 | 110101001 | 650102002003 | 500101001001 | 91440300192345678X
    110 | 12345 | 95588 | 400-820-8820 | 4008208820 | 400 820 8820 | 800-810-8888 | 热线12345
    苏州 | 新A栋 | 川A座12 | 云南路123456号 | 使用123 | 皖北路 | WJ | passport office | 电话亭3 | 护照办理
    phone box 12
    a@home | v1.2.3 | 550e8400-e29b-41d4-a716-446655440000
"""


@pytest.mark.parametrize(("text", "seen"), WRITTEN, ids=lambda value: str(value)[:40])
def test_it_is_seen_however_it_is_written(text: str, seen: Seen) -> None:
    assert found_in(text) is seen
    assert found_in(f"见到{text}，已告知") is seen
    assert found_in(f"told us {text}.") is seen


@pytest.mark.parametrize("text", each(PASSING))
def test_what_is_no_persons_is_let_pass(text: str) -> None:
    assert found_in(text) is None
    assert found_in(f"位于{text}处") is None
    assert found_in(f"at {text}, as told.") is None


CHINESE = dict(zip("0123456789", "〇一二三四五六七八九", strict=True))
FULL = {str(digit): chr(ord("０") + digit) for digit in range(10)}
SIGNS = st.sampled_from(["", "-", " ", ".", "·", "—", "－", " - ", "_"])
AROUND = st.sampled_from(["{}", "请联系{}。", "say {} now", "（{}）", "a:{}"])


@st.composite
def written(draw: st.DrawFn, *groups: st.SearchStrategy[str]) -> str:
    """The groups with one sign between them, in plain, full-width or Chinese digits, in a sentence."""
    sign, digits = draw(SIGNS), draw(st.sampled_from([{}, FULL, CHINESE]))
    whole = sign.join(draw(group) for group in groups)
    return draw(AROUND).format("".join(digits.get(character, character) for character in whole))


def digits(count: int, first: str = "0123456789") -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(first), st.text("0123456789", min_size=count - 1, max_size=count - 1)).map("".join)


@given(
    st.one_of(
        written(st.sampled_from(["13", "15", "17", "18", "19"]).flatmap(lambda a: digits(1).map(lambda b: a + b)),
                digits(4), digits(4)),
        written(st.sampled_from(["010", "021", "029"]), digits(4, "2345678"), digits(4)),
        written(st.sampled_from(["0755", "0571", "0898"]), digits(3, "2345678"), digits(4)),
        written(digits(3, "35679"), digits(3, "23456789"), digits(4)),
    )
)  # fmt: skip
def test_telephone_numbers_of_both_countries_are_seen(text: str) -> None:
    assert found_in(text) is not None


def checked(first: str) -> str:
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


REGIONS = st.sampled_from(["110101", "440305", "650102", "310115", "820000"])
BORN = st.dates(date(1930, 1, 1), date(2025, 12, 31)).map(lambda day: f"{day:%Y%m%d}")


@given(REGIONS, BORN, digits(3), SIGNS, AROUND, st.booleans())
def test_identity_numbers_are_seen(region: str, born: str, order: str, sign: str, around: str, wide: bool) -> None:
    number = checked(region + born + order)
    text = around.format(sign.join((number[:6], number[6:14], number[14:])))
    assert found_in("".join(FULL.get(c, c) for c in text) if wide else text) is IDENTITY


@given(st.from_regex(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}", fullmatch=True), AROUND)
def test_social_security_numbers_are_seen(number: str, around: str) -> None:
    assert found_in(around.format(number)) is IDENTITY


def luhn(first: str) -> str:
    return next(whole for last in "0123456789" if _sum(whole := first + last) % 10 == 0)


def _sum(digits: str) -> int:
    return sum(sum(divmod(int(d) * (1 + place % 2), 10)) for place, d in enumerate(reversed(digits)))


@given(st.sampled_from(["62", "4", "51"]), digits(18), SIGNS, AROUND)
def test_bank_cards_are_seen_in_fours_and_with_one_digit_wrong_are_not(
    begin: str, rest: str, sign: str, around: str
) -> None:
    number = luhn((begin + rest)[:15])
    fours = [number[at : at + 4] for at in range(0, 16, 4)]
    assert found_in(around.format(sign.join(fours))) is CARD
    slip = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert found_in(around.format(slip)) is not CARD


PROVINCES = st.sampled_from("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
CITIES = st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ")


@given(PROVINCES, CITIES, st.sampled_from(["{}", "{}警", "{}学", "{}挂", "{}港", "D{}", "F{}", "{}D"]), digits(5),
       st.sampled_from(["", "·", "-", ".", " ", "—", "－"]), st.booleans())  # fmt: skip
def test_number_plates_are_seen(province: str, city: str, form: str, number: str, sign: str, lower: bool) -> None:
    number = number[:4] if form[-1] in "警学挂港" else number
    plate = f"{province}{city}{sign}{form.format(number)}"
    assert found_in(plate.lower() if lower else plate) is PLATE


NUMBERED = st.integers(1, 99_999)
ROADS = st.sampled_from(["横1路", "深南大道", "南京东路"])
STREETS = st.one_of(
    st.builds("{}{}号{}栋{}室".format, ROADS, NUMBERED, st.integers(1, 99), st.integers(101, 3299)),
    st.builds("{} {} {}".format, NUMBERED, st.sampled_from(["Main St", "5th Ave", "Route"]), st.integers(1, 999)),
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2039, 12, 31))  # noqa: DTZ001  (what a wall clock shows)
HOW = (
    *("%Y-%m-%d %H:%M", "%Y/%m/%d %H%M", "%Y年%m月%d日%H时%M分", "%d.%m.%Y, %H:%M", "%m/%d/%Y %H%M", "%Y%m%d"),
    *("%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S+08:00", "%H%M-%H%M"),
)
TIMES = st.builds(datetime.strftime, MOMENTS, st.sampled_from(HOW))
LETTERS = st.sampled_from(["", "R", "H", "E", "GZ", "case "])
CASES = st.builds(
    lambda letters, day, sign, count: f"{letters}{day:%Y%m%d}{sign}{count:04}",
    *(LETTERS, MOMENTS, st.sampled_from(["", "-"]), NUMBERED),
)
POINTS = st.builds(
    lambda lon, lat, places, sign: f"{lon:.{places}f}{sign}{lat:.{places}f}",
    *(st.floats(-180, 180), st.floats(-85, 85), st.integers(1, 7), st.sampled_from([", ", ",", " "])),
)
CALL_SIGNS = st.from_regex(r"(?:P|M|巡|Engine |Car )[0-9]{1,4}(?:-[0-9]{1,2})?", fullmatch=True)
UNITS = st.sampled_from([" m", "元", "人", " km/h"])
AMOUNTS = st.builds("{:{}}{}".format, st.integers(0, 999_999_999), st.sampled_from(["", ",", "_"]), UNITS)


@given(st.one_of(STREETS, TIMES, CASES, POINTS, CALL_SIGNS, AMOUNTS), AROUND)
def test_streets_times_case_numbers_points_call_signs_and_amounts_are_let_pass(text: str, around: str) -> None:
    assert found_in(around.format(text)) is None


def test_every_refusal_says_what_was_seen_and_where_it_belongs() -> None:
    said = {(str(seen.what), str(seen.instead)) for seen in (IDENTITY, TELEPHONE, CARD, PLATE, TRAVEL, MAIL)}
    assert len({what for what, _instead in said}) == 6
    assert {instead for _what, instead in said} == {
        "Put it into the contact: that is sealed.",
        "Put it into the description, if the case needs it: that is sealed.",
    }
