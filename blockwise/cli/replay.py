"""`blockwise replay`: real or generated calls through the same engine, into a replay database only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import answers, start

if TYPE_CHECKING:
    from blockwise.response.replay.player import Account

app = typer.Typer()
SHOWN = 20


class Dispatch(StrEnum):
    HISTORIC = "historic"
    RECOMMENDED = "recommended"


@app.command()
def replay(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(help="A city folder with calls.parquet.", exists=True, file_okay=False)],
    speed: Annotated[str, typer.Option(help="City seconds a second, or max.")] = "max",
    dispatch: Annotated[
        Dispatch, typer.Option(help="As it was recorded, or by the recommendation.")
    ] = Dispatch.HISTORIC,
    seed: Annotated[int, typer.Option(help="Of the simulated crews.")] = 1,
    live: Annotated[bool, typer.Option(help="Move the calls to the present and go on until stopped.")] = False,
    hours: Annotated[float, typer.Option(help="With --live: how much of the past is played first.", min=0, max=48)] = 1,
) -> None:
    """Play calls through the engine with their own clock. Refused in production and on a live database."""
    idle = ("speed", "dispatch") if live else ("hours",)
    if caveats := answers.idle(ctx, "--live" if live else "a replay that is not --live", *idle):
        raise typer.BadParameter(" ".join(caveats))
    pace = _speed(speed)
    start.django()
    from blockwise.exchange.replay_source import read_source
    from blockwise.response.replay import historic, recommended
    from blockwise.response.replay.live import keep_alive

    found = read_source(source)
    if live:
        keep_alive(found.calls, before=timedelta(hours=hours), seed=seed, ready=lambda: typer.echo("playing live"))
        return
    with start.progress() as bar:

        def step(share: float) -> None:
            bar("replay", share)

        if dispatch is Dispatch.RECOMMENDED:
            account = recommended.play(found.calls, pace, seed, step)
            noted: dict[int, list[str]] = {}
        else:
            played = historic.play(found, pace, step)
            account, noted = played.account, {}
            for one in played.noted:
                noted.setdefault(one.row, []).append(one.reason)
    _tell(len(found.calls), len(found.responses) if dispatch is Dispatch.HISTORIC else 0, account, noted)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise typer.BadParameter("give a number of city seconds a second, such as 60, or max", param_hint="--speed")
    return speed


def _tell(calls: int, rows: int, account: Account, noted: dict[int, list[str]]) -> None:
    echo = typer.echo
    echo(f"calls: {calls} = {account.calls} played + {calls - account.calls} refused")
    if rows:
        echo(f"unit rows: {rows} = {account.rows} played + {len(account.refused_rows)} refused")
        echo(f"rows whose times cannot all be true: {len(noted)}, kept as claimed")
        _list((f"row {row}: {'; '.join(reasons)}" for row, reasons in sorted(noted.items())), echo)
    echo(f"acts: {account.acts}")
    _list((f"refused call {call}: {why}" for call, why in account.refused_calls.items()), echo)
    _list((f"refused row {row}: {why}" for row, why in sorted(account.refused_rows.items())), echo)


def _list(lines: Iterable[str], echo: Callable[[str], None]) -> None:
    shown = list(lines)
    for line in shown[:SHOWN]:
        echo(f"  {line}")
    if len(shown) > SHOWN:
        echo(f"  and {len(shown) - SHOWN} more")
