"""`blockwise replay`: real or generated calls through the same engine, into a replay database only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
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
    """Play calls through the engine with their own clock. Refused in production and on a live database.

    Without --live the clock of the whole database moves, so it is refused beside a server, too.
    """
    idle = ("speed", "dispatch") if live else ("hours",)
    if caveats := answers.idle(ctx, "--live" if live else "a replay that is not --live", *idle):
        raise typer.BadParameter(" ".join(caveats))
    pace = _speed(speed)
    start.django()
    from django.conf import settings

    from blockwise.exchange.replay_source import read_source
    from blockwise.response.replay import historic, recommended
    from blockwise.response.replay.live import keep_alive
    from blockwise.site import server

    found = read_source(source)
    if not live:
        server.refuse_running(settings.HOME)
    if found.calls and not live:
        _tell_roles(min(call.received_at for call in found.calls))
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
    _echo_account(len(found.calls), len(found.responses) if dispatch is Dispatch.HISTORIC else 0, account, noted)


def _tell_roles(first: datetime) -> None:
    """A replay has its own time, and roles hold by it: who got theirs for later would see nothing."""
    from blockwise.access.queries import roles_not_begun

    late = roles_not_begun(first)
    if late:
        shown = ", ".join(f"{login} (from {starts_at:%Y-%m-%d})" for login, starts_at in late[:SHOWN])
        more = f" and {len(late) - SHOWN} more" if len(late) > SHOWN else ""
        typer.echo(
            f"The replay begins on {first:%Y-%m-%d}, before these people hold a role; until then they see nothing: "
            f"{shown}{more}. Give it again, for the past too: blockwise user grant LOGIN ROLE BLOCK",
            err=True,
        )


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


def _echo_account(calls: int, rows: int, account: Account, noted: dict[int, list[str]]) -> None:
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
