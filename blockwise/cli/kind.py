"""`blockwise kind`: the kinds of case, what waits to be signed, and signing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from blockwise.problems import Forbidden

from . import start

app = typer.Typer()
kind = typer.Typer(no_args_is_help=True, help="Kinds of case: which are in force, which wait to be signed.")
app.add_typer(kind, name="kind")

Name = Annotated[str, typer.Argument(help="The kind's name.", show_default=False)]


@kind.command(name="list")
def list_() -> None:
    """The kinds in force and those that wait, with their hashes and how many signed."""
    start.django()
    from blockwise.cases.kinds import signing
    from blockwise.cases.models import KindText

    for row in KindText.objects.filter(current=True).order_by("kind"):
        how = "signed" if signing.is_signed(row.digest) else "not signed"
        typer.echo(f"{row.kind}: in force, {how}, {row.digest}")
    for one in signing.waiting():
        signed = start.counted(len(signing.standing(one)), "signature")
        typer.echo(f"{one.kind}: waits, {signed} of {signing.NEEDED}, {one.digest}")


@kind.command()
def show(name: Name) -> None:
    """The text that waits to be signed, and what the checker doubts in it."""
    start.django()
    from blockwise.cases.kinds import signing
    from blockwise.cases.kinds.doubts import doubts

    waiting = signing.waiting_of(name)
    typer.echo(waiting.text)
    for doubt in doubts(waiting.text, f"{name}.yaml"):
        typer.echo(f"{name}.yaml, line {doubt.line}: {doubt.where}: {doubt.word} {doubt.reason.en}.", err=True)
    typer.echo(f"SHA-256 {waiting.digest}", err=True)


@kind.command()
def sign(
    name: Name,
    login: Annotated[str, typer.Option(help="Who signs; asked for the password.", show_default=False)],
    ground: Annotated[str, typer.Option(help="The legal ground: the law and its article.", show_default=False)],
    digest: Annotated[str, typer.Option(help="The hash of the text that was read.", show_default=False)],
) -> None:
    """Sign the text that waits. Two people sign, oversight of the whole city among them."""
    start.django()
    from django.http import HttpRequest

    from blockwise.access import factors
    from blockwise.access.actors import actor_for, demand_factor
    from blockwise.access.signing_in import check_factor, check_password
    from blockwise.cases.kinds import signing

    user = check_password(HttpRequest(), login, typer.prompt("Password", hide_input=True, err=True))
    if user is None:
        raise Forbidden("Login or password is wrong.", where="--login", fix="Sign as somebody who can sign in.")
    shown = ""
    if factors.has(user):
        code = typer.prompt("Verification code", err=True)
        shown = check_factor(user, lambda: factors.prove(user, code))
    done = signing.sign(name, digest, ground, demand_factor(replace(actor_for(user), factor=bool(shown))))
    typer.echo(f"{name} is signed and in force." if done else f"{name} is signed; one more person signs it.")


def waits() -> list[str]:
    """What to tell an operator while kinds wait; nothing while none does."""
    from blockwise.cases.kinds import signing
    from blockwise.cases.models import KindText

    names = [one.kind for one in signing.waiting()]
    if not names:
        return []
    now = set(KindText.objects.filter(current=True).values_list("kind", flat=True))
    new = [name for name in names if name not in now]
    told = [f"Waiting to be signed by two people, oversight among them: {', '.join(names)}."]
    if new:
        told.append(f"Until then no case can be opened of: {', '.join(new)}.")
    return [*told, "They read and sign them at /kinds/ or with `blockwise kind sign`."]
