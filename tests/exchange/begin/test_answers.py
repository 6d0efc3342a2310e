"""Answers in a file or typed: what is missing or wrong is named with its key and a way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from blockwise.exchange.begin.answers import asked, read_answers
from blockwise.problems import Invalid

WHOLE: dict[str, Any] = {
    "code": "4403", "name": {"zh": "甲市", "en": "A"}, "timezone": "Asia/Shanghai", "calendar": "cn",
    "levels": [
        {"key": "city", "zh": "市", "en": "city"},
        {"key": "part", "zh": "片", "en": "part", "file": "parts.geojson"},
        {"key": "cell", "zh": "网格", "en": "cell", "people": 620},
    ],
}  # fmt: skip


def written(tmp_path: Path, **changed: Any) -> Path:
    (tmp_path / "parts.geojson").write_text("{}", encoding="utf-8")
    path = tmp_path / "answers.yaml"
    path.write_text(yaml.safe_dump({**WHOLE, **changed}, allow_unicode=True), encoding="utf-8")
    return path


def test_whole_answers_are_read(tmp_path: Path) -> None:
    found = read_answers(written(tmp_path))
    assert (found.code, found.languages, found.extract) == ("4403", ("zh", "en"), None)
    assert [level.key for level in found.levels] == ["part", "cell"]
    assert found.levels[0].file == tmp_path / "parts.geojson"


def test_scalars_stand_as_they_are_written_and_no_key_comes_twice(tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("code: '4403'", "code: 010203").replace("en: A", "en: no"), encoding="utf-8")
    found = read_answers(path)
    assert (found.code, found.name["en"]) == ("010203", "no")
    path.write_text(text + "code: '4404'\n", encoding="utf-8")
    with pytest.raises(Invalid, match="twice"):
        read_answers(path)


def test_what_was_typed_is_kept_where_something_was_wrong(tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    with pytest.raises(Invalid, match="population"):
        asked(lambda question, default: "3,000,000" if "residents" in question else default, tmp_path, kept)
    assert "3,000,000" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"code": "a b"}, "code"),
        ({"name": {"zh": "甲市"}}, "en is missing"),
        ({"name": "A"}, "name"),
        ({"timezone": "Shanghai"}, "timezone"),
        ({"calendar": "lunar"}, "calendar"),
        ({"languages": ["fr"]}, "languages"),
        ({"levels": []}, "levels"),
        ({"levels": [WHOLE["levels"][0], WHOLE["levels"][2]]}, "cell lacks a file"),
        ({"levels": [WHOLE["levels"][0], {**WHOLE["levels"][1], "file": "none.geojson"}]}, "file"),
        ({"levels": [WHOLE["levels"][0], {**WHOLE["levels"][1], "key": "Part"}]}, "key"),
        ({"levels": [WHOLE["levels"][0], {**WHOLE["levels"][1], "popluation": "n"}]}, "popluation"),
        ({"levels": [{**WHOLE["levels"][0], "file": "parts.geojson"}, WHOLE["levels"][1]]}, "the city itself"),
        ({"levels": [WHOLE["levels"][0], WHOLE["levels"][1], {**WHOLE["levels"][2], "key": "part"}]}, "levels names"),
        ({"levels": 5}, "levels"),
        ({"languages": 5}, "languages"),
        ({"tables": 5}, "tables"),
        ({"name": {"zh": ["a"], "en": "A"}}, "zh"),
        ({"code": "4" * 13}, "code"),
        ({"population": "3,000,000"}, "population"),
        ({"population": "1²"}, "population"),
        ({"levels": [WHOLE["levels"][0], "part"]}, "levels[2]"),
        ({"extract": "none.osm.pbf"}, "extract"),
        ({"tolerance_m": -1}, "tolerance_m"),
        ({"tolerance_m": "wide"}, "tolerance_m"),
        ({"population": -5}, "population"),
        ({"population": True}, "population"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_answer_is_named(tmp_path: Path, changed: dict[str, Any], key: str) -> None:
    with pytest.raises(Invalid) as problem:
        read_answers(written(tmp_path, **changed))
    assert f": {key}" in str(problem.value.what)


@pytest.mark.parametrize("content", [b"", b"- a\n", b"a: [", b"\xff\xfe\x00", b"a: 1\n" * 100_000])
def test_what_is_no_answers_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.yaml"
    path.write_bytes(content)
    with pytest.raises(Invalid):
        read_answers(path)


def test_questions_have_defaults(tmp_path: Path) -> None:
    (tmp_path / "parts.geojson").write_text("{}", encoding="utf-8")
    typed = {"File of the outlines": "parts.geojson", "Its name in English": "Harbour Town"}

    def ask(question: str, default: str) -> str:
        return next((answer for start, answer in typed.items() if question.startswith(start)), default)

    found = asked(ask, tmp_path)
    assert (found.code, found.languages, found.timezone) == ("CITY", ("en",), "Asia/Shanghai")
    assert found.levels[0].file == tmp_path / "parts.geojson"
