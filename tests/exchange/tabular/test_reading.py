"""Files as they come: encodings, separators, sheets, JSON, Parquet; cut off, blown up, without end."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.tabular import sheets
from blockwise.exchange.tabular.batches import BadFile, Layout, Told, joined_header, read_file
from blockwise.problems import Invalid
from tests.exchange.tabular.maps import HEADER, ROW, a_map, taken, xlsx

NAMES = "编号,地址\n1,松岗街道环镇路\n2,燕罗街道\n"


def read(folder: Path, content: str | bytes, layout: Layout | None = None) -> tuple[list[dict[str, str]], Told, Any]:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    told, rows, bad = Told(), [], []
    for batch in read_file(path, layout or Layout(), told):
        names = list(batch.columns)
        rows += [dict(zip(names, cells, strict=True)) for cells in zip(*batch.columns.values(), strict=True)]
        bad += list(batch.bad)
    return rows, told, bad


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"])
def test_chinese_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    rows, told, _ = read(tmp_path, NAMES.encode(encoding))
    assert [row["地址"] for row in rows] == ["松岗街道环镇路", "燕罗街道"]
    said = {"gbk": "gb 18030", "gb18030": "gb 18030", "utf-8-sig": "utf-8"}.get(
        encoding, encoding.replace("-le", " le").replace("-be", " be")
    )
    assert said in told.lines["encoding"].lower()


def test_windows_1252_is_not_taken_for_chinese(tmp_path: Path) -> None:
    text = "nr,straße\n1,Münchner Straße\n2,Rue de l’Évêché\n3,Åsgatan\n"
    rows, told, _ = read(tmp_path, text.encode("cp1252"))
    assert [row["straße"] for row in rows] == ["Münchner Straße", "Rue de l’Évêché", "Åsgatan"]
    assert "Windows-1252" in told.lines["encoding"]


def test_the_encoding_is_decided_from_the_whole_file(tmp_path: Path) -> None:
    """Plain letters for megabytes, and one Chinese name in the last line."""
    rows, told, _ = read(
        tmp_path, b"a,b\n" + (b"1," + b"plain " * 1_000 + b"\n") * 1_000 + "2,燕罗街道办事处\n".encode("gbk")
    )
    assert rows[-1] == {"a": "2", "b": "燕罗街道办事处"}
    assert "GB 18030" in told.lines["encoding"]


def test_bytes_that_fit_nothing_are_named_by_their_line(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"Byte 0xff fits none") as refused:
        read(tmp_path, b"a,b\n1,x\n2,\xff\x81 y\n")
    assert refused.value.where.endswith("line 3")


@pytest.mark.parametrize(("mark", "name"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_separators(tmp_path: Path, mark: str, name: str) -> None:
    rows, told, _ = read(tmp_path, f'a{mark}b{mark}c\n1{mark}"x{mark}y"{mark}2,5; 3\n'.replace("2,5; 3", '"2,5; 3"'))
    assert rows == [{"a": "1", "b": f"x{mark}y", "c": "2,5; 3"}]
    assert name in told.lines["separator"]


def test_a_spreadsheet_s_own_first_line(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=;\na;b\n1;2\n")[0] == [{"a": "1", "b": "2"}]


def test_rows_of_another_length_are_listed_and_empty_ends_are_no_cells(tmp_path: Path) -> None:
    rows, _, bad = read(tmp_path, 'a,b\n1,2\n3\n4,5,,\n\n"x\ny",6\n7,8,9\n')
    assert rows == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}, {"a": "x\ny", "b": "6"}]
    assert bad == [(3, "the row has 1 cells, the header 2"), (8, "the row has 3 cells, the header 2")]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "The file is empty."),
        (b"a,b\n", "The file has no rows."),
        (b"\xd0\xcf\x11\xe0 old", "This is an old Excel file"),
        (b"\x1f\x8b packed", "The file is packed."),
        (b"PK\x03\x04 cut off", "The file is cut off or no XLSX."),
        (b"PAR1 cut off", "The file is not readable Parquet."),
        (b"a,b\n1,2\n3,\0\n", "The line holds a NUL character."),
        (b'a,b\n1,"open\n' + b"x,y\n" * 40_000, "The row cannot be read: field larger than field limit"),
        (b"[{", "The list is not JSON"),
        (b",,\n1,2,3\n", "The header is empty."),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(tmp_path, content, Layout(encoding="utf-8") if b"\0" in content else None)
    assert str(refused.value.what).startswith(what)
    assert refused.value.fix


def test_json_lines_and_lists(tmp_path: Path) -> None:
    rows = [{"a": 1, "place": {"lat": 22.5}, "b": None}, {"a": 2.0, "c": True, "place": {"lat": "22,5"}}]
    want = [{"a": "1", "place.lat": "22.5", "b": "", "c": ""}, {"a": "2", "place.lat": "22,5", "b": "", "c": "true"}]
    assert read(tmp_path, "\n".join(json.dumps(row) for row in rows))[0] == want
    assert read(tmp_path, json.dumps(rows))[0] == want
    found, _, bad = read(tmp_path, '{"a": 1}\n[2]\n{"a": 3')
    assert (len(found), bad) == (1, [(2, "the line is no JSON object"), (3, "the line is no JSON object")])


def test_parquet_is_text_with_its_own_zone(tmp_path: Path) -> None:
    when = pa.array([1_736_053_500_000_000], pa.timestamp("us", "Asia/Shanghai"))
    table = pa.table({"n": pa.array([7], pa.int64()), "x": [2.0], "when": when, "none": pa.array([None], pa.string())})
    pq.write_table(table, tmp_path / "t")
    (batch,) = read_file(tmp_path / "t", Layout(), Told())
    assert {name: cells[0] for name, cells in batch.columns.items()} == {
        "n": "7",
        "x": "2",
        "when": "2025-01-05 05:05:00.000000Z",
        "none": "",
    }


def test_headings_over_several_columns() -> None:
    assert joined_header([["单位", "", "位置", "", "备注"], ["编码", "名称", "经度", "纬度", ""]]) == [
        "单位/编码",
        "单位/名称",
        "位置/经度",
        "位置/纬度",
        "备注",
    ]


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    content = xlsx(["number", "what"], [1, "a"], [2, "b"], [3, "c"], hidden=(3,))
    rows, told, _ = read(tmp_path, content)
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    assert told.lines["hidden"] == "1 hidden rows are read like the others (3 ...)."


def test_formulas_without_results_are_refused_by_cell(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"1 formulas have no stored result, B2 first"):
        read(tmp_path, xlsx(["a", "b"], [1, "=A2+1"]))


def test_formulas_are_read_by_their_results(tmp_path: Path) -> None:
    content = changed_part(xlsx(["a", "b"], [1, "=A2+1"]), b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>")
    rows, told, _ = read(tmp_path, content)
    assert rows == [{"a": "1", "b": "2"}]
    assert told.lines["formulas"] == "1 formulas are read by the results stored with them."


def changed_part(book: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            assert name != part or old in content, content
            target.writestr(name, content.replace(old, new) if name == part else content)
    return out.getvalue()


def test_a_document_type_in_a_sheet_is_refused(tmp_path: Path) -> None:
    head = b"<worksheet "
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + head
    with pytest.raises(BadFile, match="document type"):
        read(tmp_path, changed_part(xlsx(["a"], [1]), head, bomb))


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit of one megabyte in place of its own, so that the bomb is quickly made."""
    monkeypatch.setattr(sheets, "LARGEST_TEXTS", 1 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/workbook.xml", "<workbook/>")
        target.writestr("xl/sharedStrings.xml", b" " * (1 << 21))
    assert len(out.getvalue()) < 1 << 12
    with pytest.raises(BadFile, match=r"unpacks to 2,097,163 bytes in 2 parts"):
        read(tmp_path, out.getvalue())


def test_sheets_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="There is no sheet 'x'") as refused:
        read(tmp_path, xlsx(["a"], [1]), Layout(sheet="x"))
    assert refused.value.fix == "Sheets are Sheet."


def test_half_a_file_says_where_it_ends(tmp_path: Path) -> None:
    account = taken(tmp_path, HEADER + ROW + ROW.replace("1,", "2,", 1) * 5 + "3,2026-01-0")
    assert [(one.row, one.reason) for one in account.refused] == [(8, "the row has 2 cells, the header 6")]
    with pytest.raises(Invalid, match="cut off"):
        taken(tmp_path, xlsx(["a"], [1])[:-200], a_map(tmp_path))
