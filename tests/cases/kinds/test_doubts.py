"""The checker doubts aloud what speaks of people; names, short rounds and personal choices are refused by structure."""

from __future__ import annotations

from pathlib import Path

import pytest

from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_names import named
from blockwise.cases.kinds.doubts import doubts
from blockwise.cases.kinds.registry import builtin_texts
from tests.cases.kinds.test_hostile_kinds import INNOCENT

BY_STRUCTURE = {"day_watch": "recurring-clock", "named_types": "person-named"}
TITLE = "noun: {{zh: {zh}, en: {en}}}\ntitle: {{zh: {zh}, en: {en}}}"
KIND = """kind: made
%s
subject: matter
open: {stage: found, roles: [crew], sentence: {zh: "{actor}登记", en: "{actor} entered it"}}
view: [crew, oversight]
routing: {level: community}
channels: {desk: {zh: 窗口, en: counter}}
%s
fields:
  caller: {type: contact, label: {zh: 来电者联系信息, en: Contact}}
%s
stages:
  found: {zh: 已登记, en: entered}
  waiting: {zh: 待办, en: to be done}
  closed: {zh: 已结束, en: closed, final: true}
acts:
  begin:
    zh: 开始
    en: Begin
    sentence: {zh: "{actor}开始", en: "{actor} began"}
    roles: [crew]
    from: [found]
    to: waiting
  back:
    zh: 退回
    en: Back
    sentence: {zh: "{actor}退回", en: "{actor} gave it back"}
    roles: [crew]
    from: [waiting]
    to: found
  close:
    zh: 结束
    en: Close
    sentence: {zh: "{actor}结束", en: "{actor} closed it"}
    roles: [crew]
    from: [found, waiting]
    to: closed
"""
PLAIN = TITLE.format(zh="街面事项", en="street matter")


def made(title: str = PLAIN, types: str = "", fields: str = "") -> str:
    return KIND % (title, types, fields)


# what the kind is called, its types, its fields; in words that an office would use
HOSTILE = {
    "courier_rest": (TITLE.format(zh="外卖骑手停歇情况", en="rest of delivery riders"), "", ""),
    "night_returns": (
        TITLE.format(zh="晚归情况登记", en="late return record"),
        "",
        "  w: {type: integer, label: {zh: 同住几人, en: How many share the flat}}",
    ),
    "reading_circle": (TITLE.format(zh="读书会情况", en="reading circles"), "", ""),
    "loan_help": (TITLE.format(zh="借贷困难情况", en="loan trouble"), "types: {a: {zh: 已欠款, en: In arrears}}", ""),
    "after_care": (TITLE.format(zh="回归社会服务", en="after care"), "", ""),
    "dialect": (
        PLAIN,
        "",
        "  d: {type: choice, label: {zh: 口音, en: Accent}, choices: {n: {zh: 北方, en: north}}}",
    ),
    "good_deeds": (TITLE.format(zh="文明积分", en="points for good conduct"), "", ""),
    "gate_camera": (
        PLAIN,
        "types: {in: {zh: 进门抓拍, en: Seen coming in}, out: {zh: 出门抓拍, en: Seen going out}}",
        "",
    ),
    "stairwell": (TITLE.format(zh="单元长报送", en="notes of stairwell heads"), "", ""),
    "door_calls": (
        TITLE.format(zh="上门了解", en="calls on flats"),
        "types: {yes: {zh: 已见面, en: Seen}, no: {zh: 未遇, en: Not in}}",
        "",
    ),
    "jobless": (PLAIN, "", "  j: {type: boolean, label: {zh: 是否待业, en: Out of work}}"),
    "tally": (
        TITLE.format(zh="本周带回", en="brought in this week"),
        "",
        "  n: {type: integer, label: {zh: 带回人数, en: Brought in}}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_an_office_would_call_it_is_doubted(name: str) -> None:
    text = made(*HOSTILE[name])
    found = doubts(text)
    assert check(text, "made.yaml") or found
    spoken = [one for one in found if one.word]
    assert spoken or check(text, "made.yaml")
    assert all(one.line and one.where and one.reason.zh and one.reason.en for one in found)


def test_a_kind_without_people_is_not_doubted() -> None:
    text = made(types="types: {lamp: {zh: 路灯, en: Street light}, tree: {zh: 倒伏树木, en: Fallen tree}}")
    assert check(text, "made.yaml") == ()
    assert doubts(text) == ()


def test_the_hostile_kinds_that_passed_are_refused_or_doubted(shared: Path) -> None:
    paths = sorted((shared / "cases" / "hostile_kinds").glob("*.yaml"))
    assert len(paths) >= 15
    for path in paths:
        text = path.read_text(encoding="utf-8")
        refused = {fault.code for fault in check(text, path.name)}
        assert any(one.word for one in doubts(text)) or refused, path.name
        if path.stem in BY_STRUCTURE:
            assert BY_STRUCTURE[path.stem] in refused


@pytest.mark.parametrize("path", INNOCENT, ids=lambda path: path.stem)
def test_an_innocent_kind_has_few_doubts(path: Path) -> None:
    assert len(doubts(path.read_text(encoding="utf-8"))) <= 6


def test_the_kinds_that_come_with_the_product_have_few() -> None:
    found = {name: len(doubts(text)) for name, text in builtin_texts().items()}
    assert {name: count for name, count in found.items() if count > 20} == {}


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("张三", "Zhang San"), ("李四", "Si Li"), ("王五", "Wang W."), ("欧阳修", "Ouyang Xiu"),
        ("王小明", "Wang Xiao Ming"),
        ("陈大文", "Chen Dawen"), ("老张", "The one at the gate"), ("王阿姨", "Stall"), ("赵某某", "One"),
        ("刘师傅", "Shop"),
        ("约翰·史密斯", "Johan Smit"), ("甲", "John Smith"), ("乙", "Mr Brown"),
    ],
)  # fmt: skip
def test_a_name_is_known_by_how_it_is_written(zh: str, en: str) -> None:
    assert named(zh, en)
    for types, fields in (
        (f'types: {{a: {{zh: "{zh}", en: "{en}"}}}}', ""),
        ("", f'  c: {{type: choice, label: {{zh: 摊位, en: Stall}}, choices: {{a: {{zh: "{zh}", en: "{en}"}}}}}}'),
        (f'outcomes: {{a: {{zh: "{zh}", en: "{en}"}}}}', ""),
    ):
        assert "person-named" in {fault.code for fault in check(made(PLAIN, types, fields), "made.yaml")}


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("高空", "At height"), ("马路", "Road"), ("小路", "Path"), ("石油", "Oil"), ("路面", "Road surface"),
        ("方便", "Handy"),
        ("黄浦", "Huangpu"), ("白云", "Baiyun"), ("张江", "Zhangjiang"), ("水管", "Water pipe"), ("白蚁", "Termites"),
        ("金属", "Metal"), ("消防·设施", "Fire equipment"), ("其他", "Other"), ("老房", "Old house"),
        ("陶然亭", "Taoranting"),
    ],
)  # fmt: skip
def test_an_ordinary_word_and_a_place_are_no_names(zh: str, en: str) -> None:
    assert named(zh, en) == ""


ROUND = """
clocks:
  again: {zh: 时限, en: Promise, counts: %s, start: [begin], stop: [back%s], due: {%s}}
"""
SAID = "  said: {type: text, label: {zh: 情况, en: What there was}}"


@pytest.mark.parametrize(
    ("counts", "due"), [("real", "hours: 24"), ("real", "days: 3"), ("working", "days: 1"), ("calendar", "days: 2")]
)
def test_a_clock_that_comes_round_beside_a_personal_field_is_refused(counts: str, due: str) -> None:
    for subject in ("matter", "place"):
        text = (made(fields=SAID) + ROUND % (counts, "", due)).replace("subject: matter", f"subject: {subject}")
        assert {fault.code for fault in check(text, "made.yaml")} == {"recurring-clock"}


def test_a_recheck_of_a_place_may_come_round_and_is_doubted() -> None:
    text = (made(fields=SAID) + ROUND % ("working", ", close", "days: 3")).replace("subject: matter", "subject: place")
    assert check(text, "made.yaml") == ()
    assert [one.code for one in doubts(text)] == ["comes-round"]


@pytest.mark.parametrize(
    "type_", ["choice, choices: {a: {zh: 甲类, en: first}}", "boolean", "code"], ids=["choice", "boolean", "code"]
)
def test_nothing_personal_is_a_choice(type_: str) -> None:
    text = made(fields=f"  p: {{type: {type_}, label: {{zh: 类别, en: Class}}, personal: true}}")
    assert "personal-choice" in {fault.code for fault in check(text, "made.yaml")}
