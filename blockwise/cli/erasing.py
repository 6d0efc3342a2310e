"""What an erasure by hand would stop is said, and asked twice, before a case that is still open loses what it holds."""

from __future__ import annotations

from collections.abc import Callable

import typer

from . import start


def asked(thread: str) -> Callable[[], bool]:
    """What must still hold inside the erasure's own transaction. Aborts when the operator does not want to go on."""
    from blockwise.cases.models import Case
    from blockwise.units.models import Assignment

    room, _colon, number = thread.partition(":")
    if room != "case" or not (number.isascii() and number.isdigit() and len(number) < 19):
        return lambda: True
    case = Case.objects.filter(pk=int(number)).first()
    if case is None:
        return lambda: True
    same = Case.objects.filter(pk=case.pk, final=case.final, version=case.version)
    if not case.final:
        at_work = Assignment.objects.filter(case=case, cleared_at=None).order_by("unit")
        _ask(case.pk, list(at_work.values_list("unit__call_sign", flat=True)))
    return lambda: same.select_for_update().first() is not None


def _ask(number: int, units: list[str]) -> None:
    work = f"; {start.counted(len(units), 'unit')} at work on it: {', '.join(units)}" if units else ""
    typer.echo(f"Case {number} is open{work}. Erased, and never to be had again, are:", err=True)
    for lost in (
        "the exact place: units find only its block, and roads are counted to the block's middle",
        "the caller: nobody can call back, and no look at the contact is possible",
        "what was said and every note: the story goes on without its words",
    ):
        typer.echo(f"- {lost}", err=True)
    typer.confirm("Erase it although it is open?", abort=True, err=True)
    if typer.prompt("Type its number to erase it", err=True).strip() != str(number):
        typer.echo("Another number: nothing was erased.", err=True)
        raise typer.Exit(1)
