"""First maps: what is found in headings and contents, what is asked, and that the map can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from blockwise.exchange.tabular import read_map, suggest, take
from blockwise.exchange.tabular.batches import SIZE
from tests.exchange.tabular.maps import xlsx


def suggested(folder: Path, content: str | bytes, **said: Any) -> tuple[str, dict[str, Any]]:
    path = folder / "their table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    text = suggest(path, **said)
    return text, yaml.safe_load(text)


def test_an_english_export(tmp_path: Path) -> None:
    text, plan = suggested(
        tmp_path,
        "Incident Number,Received DtTm,Call Type,Priority,X,Y,On Scene DtTm\n"
        "A1,01/25/2026 01:05:00 PM,Noise complaint,A,7669898,689921,01/25/2026 01:25:00 PM\n"
        "A2,01/26/2026 01:05:00 PM,Parade,B,7669898,689921,\n",
    )
    assert plan["table"] == "calls"
    assert plan["columns"]["received_at"] == "Received DtTm"
    assert plan["columns"]["on_scene_at"] == "On Scene DtTm"
    assert plan["times"] == {"order": "month"}
    assert "# Points such as 7,669,898, 689,921 are no degrees" in text
    assert plan["words"]["type"]["Noise complaint"] == "order.noise"
    assert '    # "Parade": ...  # 1 rows\n' in text


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("编码,呼号,警种,类型,能力,驻地,人数", "units"),
        ("编码,名称,警种,经度,纬度", "stations"),
        ("单位,星期,上班时间,下班时间", "roster"),
        ("账号,姓名,岗位,责任区", "people"),
        ("地址编码,路名,门牌号,标准地址,经度,纬度", "addresses"),
        ("场所编码,路名,门牌号,场所名称,经度,纬度", "premises"),
        ("警单号,报警时间,警情类别,经度,纬度", "calls"),
    ],
)
def test_tables_are_known_by_their_headings(tmp_path: Path, header: str, table: str) -> None:
    cells = ",".join("1" for _ in header.split(","))
    text, plan = suggested(tmp_path, f"{header}\n{cells}\n")
    assert plan["table"] == table
    assert "needed" not in text
    (tmp_path / "first.yaml").write_text(text, encoding="utf-8")
    assert read_map(tmp_path / "first.yaml").table.name == table


def test_what_is_needed_and_not_there_is_said(tmp_path: Path) -> None:
    text, plan = suggested(tmp_path, "nr,foo\n1,2\n", table="stations")
    assert plan["columns"] == {"code": {"made": "X"}}
    assert "  # service: needed, one of police, fire, ems, post, and no column is called so" in text
    assert "  # not used: nr, foo\n" in text


def test_headings_of_two_lines_under_a_title_and_a_row_of_sums(tmp_path: Path) -> None:
    book = xlsx(
        ["一览表", None, None, None],
        ["站点", None, "位置", None],
        ["编码", "名称", "经度", "纬度"],
        [101, "一站", 113.9, 22.5],
        [1001, "二站", 113.9, 22.5],
        ["合计", None, None, None],
    )
    text, plan = suggested(tmp_path, book)
    assert (plan["table"], plan["file"]["header"], plan["skip"]) == ("stations", "2-3", {"站点/编码": ["合计"]})
    assert plan["columns"]["code"] == {"column": "站点/编码", "width": 4}
    text = text.replace("columns:\n", "columns:\n  service: {value: fire}\n", 1)
    (tmp_path / "first.yaml").write_text(text, encoding="utf-8")
    account = take(tmp_path / "their table.csv", read_map(tmp_path / "first.yaml"))
    assert (account.written, account.left_out, account.mended, account.refused) == (2, 1, 1, [])


def test_a_file_without_end_is_looked_at_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockwise.exchange.tabular.first_map.MOST_BATCHES", 1)
    text, _ = suggested(tmp_path, "警单号,报警时间\n" + "1,2026-01-05 13:05\n" * (SIZE + 1))
    assert f"# Only the first {SIZE:,} rows were looked at for this map.\n" in text


def test_words_that_yaml_would_read_otherwise_come_back_as_they_are(tmp_path: Path) -> None:
    words = ["no", "010203", "1.5", "a: b", "# c", '"d"', "~", "a*"]
    rows = "".join(f'{n},2026-01-05 13:05,"{word.replace(chr(34), chr(34) * 2)}"\n' for n, word in enumerate(words))
    text, _ = suggested(tmp_path, "警单号,报警时间,警情类别\n" + rows)
    table = yaml.safe_load(text.replace("    # ", "    ").replace(": ...", ": other"))["words"]["type"]
    assert {word for word in table if word} == set(words)
