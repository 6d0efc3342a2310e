"""`blockwise replay`: an option that would be passed over, and people who would see nothing, are told first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from blockwise.access.models import Grant
from blockwise.cli.main import command
from blockwise.cli.replay import _tell_roles
from blockwise.exchange.folder.check_calls import CALLS
from blockwise.exchange.replay_source import read_source
from blockwise.problems import Invalid
from tests.exchange.test_folder_roads import a_call
from tests.people import People


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--hours", "1"], "--hours changes nothing with a replay"),
        (["--live", "--speed", "60"], "--speed changes nothing with --live"),
        (["--live", "--dispatch", "historic"], "--dispatch changes nothing with --live"),
    ],
)
def test_an_option_that_changes_nothing_is_refused(words: list[str], what: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command("replay"), ["replay", str(tmp_path), *words], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert what in done.output


def test_people_whose_roles_begin_after_the_day_played_are_named(
    people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    first = datetime(2016, 12, 31, 8, tzinfo=UTC)
    _tell_roles(first)
    assert capsys.readouterr().err == ""
    late = Grant.objects.filter(user=people.in_charge)
    late.update(starts_at=first + timedelta(days=1))
    _tell_roles(first)
    told = capsys.readouterr().err
    assert "The replay begins on 2016-12-31, before these people hold a role" in told
    assert f"{people.in_charge.login} (from 2017-01-01)" in told
    assert "blockwise user grant LOGIN ROLE BLOCK" in told


def test_a_history_without_a_zone_is_refused(tmp_path: Path) -> None:
    row = a_call(1, received_at=datetime(2026, 11, 20, 12))  # noqa: DTZ001 - its fault
    schema = CALLS.set(CALLS.get_field_index("received_at"), pa.field("received_at", pa.timestamp("us")))
    pq.write_table(pa.Table.from_pylist([row], schema=schema), tmp_path / "calls.parquet")
    with pytest.raises(Invalid, match="times without a zone"):
        read_source(tmp_path)
