"""`blockwise city table`: a first map, the account, into a folder; and refusals that say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from blockwise.cli.main import command
from tests.exchange.tabular.maps import HEADER, ROW, a_map


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """The command makes what it writes its account's alone, for the rest of its process."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + ROW + "2,2026-01-05 13:06,parade,9,113.915,22.556\n" + ROW, encoding="utf-8")
    return path


def table(*words: object) -> Result:
    return CliRunner().invoke(command("city"), ["city", "table", *map(str, words)])


def test_the_account_alone_and_into_a_folder(file: Path, tmp_path: Path) -> None:
    plan, city = a_map(tmp_path), tmp_path / "city"
    city.mkdir()
    told = table(file, "--map", plan)
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert "rows: 3 = 2 written + 1 repeated + 0 left out + 0 refused" in lines
    assert "unknown: type 'parade' in 1 rows, played as other" in lines
    assert lines[-1] == "Nothing is written: --into names the folder that it goes into."
    told = table(file, "--map", plan, "--into", city)
    assert "calls.parquet: 2 added, 0 changed, 0 as they were" in told.stdout
    assert sorted(path.name for path in city.iterdir()) == ["calls.parquet", "imports"]
    told = table(file, "--map", plan, "--into", city)
    assert told.stdout.splitlines()[-1] == "Nothing has changed."


def test_a_first_map_takes_the_file(file: Path, tmp_path: Path) -> None:
    renamed = file.read_text(encoding="utf-8").replace(
        "number,when,what,level", "call_number,received_at,type,priority"
    )
    file.write_text(renamed, encoding="utf-8")
    told = table(file, "--suggest")
    assert told.exit_code == 0, told.output
    assert '    "theft": crime.theft  # 2 rows\n    # "parade": ...  # 1 rows\n' in told.stdout
    (tmp_path / "first.yaml").write_text(told.stdout + "times: {zone: Asia/Shanghai}\n", encoding="utf-8")
    assert "2 written" in table(file, "--map", tmp_path / "first.yaml").stdout
    assert "table: units\n" in table(file, "--suggest", "--as", "units").stdout


def test_refusals_say_where_and_what_to_do(file: Path, tmp_path: Path) -> None:
    told = table(file)
    assert told.exit_code == 2
    assert "Give --map MAP.yaml, or --suggest" in told.stderr
    (tmp_path / "bad.yaml").write_text("table: calls\ncolumns: {cal: x}\n", encoding="utf-8")
    for words in ((file, "--map", tmp_path / "bad.yaml"), (tmp_path / "none.csv", "--map", a_map(tmp_path))):
        refused = table(*words)
        assert refused.exit_code != 0
        assert refused.exception is not None
    assert "'cal' is no field of calls. Write call." in str(table(file, "--map", tmp_path / "bad.yaml").exception)
