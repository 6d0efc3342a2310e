"""Kinds that would watch people are refused for the right reason at the right line; innocent neighbours pass.

A hostile file marks each line that must be refused with `# <- code, ...`; nothing else in it may be found wrong.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from blockwise.cases.kinds.check import accept, check
from blockwise.cases.kinds.check_words import plain_english
from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.parse import parse
from blockwise.cases.kinds.refused_keys import KEYS
from blockwise.cases.kinds.refused_words import LISTS

HERE = Path(__file__).parent
HOSTILE = sorted((HERE / "hostile_kinds").glob("*.yaml"))
INNOCENT = sorted((HERE / "innocent_kinds").glob("*.yaml"))
MARK = re.compile(r"# <- ([a-z-]+(?:, [a-z-]+)*)$")


def own_name(text: str) -> str:
    declared = re.search(r"^kind: (\w+)", text, re.MULTILINE)
    assert declared
    return f"{declared.group(1)}.yaml"


def marked(text: str) -> set[tuple[int, str]]:
    marks = ((number, MARK.search(line)) for number, line in enumerate(text.splitlines(), 1))
    return {(number, code) for number, mark in marks if mark for code in mark.group(1).split(", ")}


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_kind_is_refused_where_and_why(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    faults = check(text, own_name(text))
    assert {(fault.line, fault.code) for fault in faults} == marked(text) != set()
    assert all(fault.what and fault.why and fault.way_out for fault in faults)


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_kind_is_not_accepted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with pytest.raises(BadKind):
        accept(text, own_name(text))


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_without_the_marked_lines_little_else_is_wrong(path: Path) -> None:
    """The file is refused for what it is for, not because it is badly written: it can be read as a kind."""
    text = path.read_text(encoding="utf-8")
    unread = {code for _line, code in marked(text)} & {refusal[0] for refusal in KEYS.values()} | {
        "subject",
        "unsealed",
        "format",
        "wrong-value",
        "party-field",
    }
    parsed = parse(text, path.name)
    assert parsed.kind is not None or {fault.code for fault in parsed.faults.found} <= unread


@pytest.mark.parametrize("path", [*INNOCENT, *sorted((HERE / "format_2").glob("*.yaml"))], ids=lambda path: path.stem)
def test_an_innocent_neighbour_passes(path: Path) -> None:
    assert check(path.read_text(encoding="utf-8"), path.name, {"community"}) == ()


def test_there_are_enough_of_both() -> None:
    assert len(HOSTILE) >= 40
    assert len(INNOCENT) >= 12
    codes = {code for path in HOSTILE for _line, code in marked(path.read_text(encoding="utf-8"))}
    assert codes == {
        *("subject", "person-opening", "recurring-clock", "personal-key", "merge-too-wide", "retention-ceiling"),
        *("unsealed", "movement", "contact-after-close", "contact-role", "sensitive-unmarked", "sensitive-shown"),
        *("personal-published", "automatic-decision", "sealed-in-sentence", "person-list", "score", "identifier"),
        *("speech", "person-category", "quota", "occupants", "satisfaction-linked", "reward", "informant"),
        *("checks-on-people", "missing-translation", "person-asked", "format", "wrong-field"),
        "personal-choice",
        *("wrong-condition", "unknown-choice", "condition-ring", "condition-never", "condition-unasked"),
        *("hidden-required", "dead-end", "wrong-grade", "grade-incomplete"),
        *("personal-choice", "opens-ring", "opens-after-close", "person-carried", "two-links"),
        *("round-endless", "round-clock"),
        *(
            "personal-choice",
            "party-field",
            "unserved-party",
            "not-ours",
            "unknown-party",
            "unread",
            "unknown-placeholder",
            "person-named",
        ),
        "people-checked",
        "waits-for-no-part",
        "unknown-checklist",
        "wrong-checklist",
        "nobody-left",
        "unknown-act",
        "wrong-value",
    }


QUARREL = (HERE / "innocent_kinds" / "quarrel.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "written",
    [
        "{zh: 噪声, en: KeyPersonVisit}",
        "{zh: 噪声, en: keypersons}",
        "{zh: 噪声, en: KEY-PERSON}",
        "{zh: 噪声, en: Kéy  person’s}",
        "{zh: 重 点。人、员, en: Noise}",
        "{zh: 重點人員, en: Noise}",
        "{zh: 噪声, en: zhong_dian_ren}",
    ],
)
def test_a_word_is_found_however_it_is_written(written: str) -> None:
    text = QUARREL.replace("{zh: 噪声, en: Noise}", written)
    assert "person-list" in {fault.code for fault in check(text, "quarrel.yaml")}


def test_what_the_word_lists_do_not_find_is_as_the_page_says() -> None:
    """Their stated limit: a misspelling passes, and is left to the structural rules."""
    assert check(QUARREL.replace("en: Noise", "en: k3y p3rson"), "quarrel.yaml") == ()


def test_the_words_of_real_cities_are_left_alone(shared: Path) -> None:
    """Call types, categories and dispositions of San Francisco and Montgomery County, as types of a kind."""
    columns = {
        "data/sf_311/dev_2008_2016.parquet": ("category", "complaint_type", "descriptor", "agency_name", "status"),
        "data/montco_911/dev_2015-12_2016-05.parquet": ("title",),
        "data/sf_fire_calls/dev_2000_2012.parquet": ("call_type", "call_final_disposition", "call_type_group"),
    }
    words = {
        word
        for file, names in columns.items()
        for name in names
        for word in pq.read_table(shared / file, columns=[name])[name].unique().to_pylist()
        if word
    }
    seen = plain_english
    found = {
        word for word in words for one in LISTS if one.concerns(("types",), "matter") and one.english.search(seen(word))
    }
    assert len(words) > 1000
    assert {word for word in found if "passport" not in word.lower()} == set()  # a car of that name
