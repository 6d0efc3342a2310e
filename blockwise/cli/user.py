"""`blockwise user`: the first administrator, and a way back in for whoever has a shell on the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from blockwise.problems import Invalid

from . import start

if TYPE_CHECKING:
    from blockwise.access.models import User

app = typer.Typer()
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
app.add_typer(user, name="user")

Login = Annotated[str, typer.Argument(help="The login.")]


def _asked() -> str:
    """Typed twice at the terminal; where there is none, somebody would wait for ever or see it on the screen."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        fix = "Give it in BLOCKWISE_PASSWORD."
        raise Invalid("There is no terminal to type a password at.", where="password", fix=fix) from None
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


Password = Annotated[str, typer.Option(default_factory=_asked, envvar="BLOCKWISE_PASSWORD", show_default="asked for")]


@user.command()
def create(login: Login, name: Annotated[str, typer.Option(help="Name as it is shown.")], password: Password) -> None:
    """Create a person without any role. The password is asked for, or taken from BLOCKWISE_PASSWORD."""
    start.django()
    from blockwise.access import actions
    from blockwise.access.actors import OPERATOR

    made = actions.create_user(login, name, password, OPERATOR)
    typer.echo(f"{made.login} may sign in. Give a role: blockwise user grant {made.login} ROLE BLOCK")


@user.command()
def password(login: Login, password: Password) -> None:
    """Give a person a new password; all their sessions and tokens end."""
    start.django()
    from blockwise.access import passwords
    from blockwise.access.actors import OPERATOR

    passwords.set_password(_user(login), password, OPERATOR)
    typer.echo(f"The new password of {login} holds.")


@user.command()
def link(login: Login) -> None:
    """Make a link by which a person sets a password: it works once, within 24 hours, and is shown only now."""
    start.django()
    from blockwise.access import passwords
    from blockwise.access.actors import OPERATOR

    _made, secret = passwords.make_link(_user(login), OPERATOR)
    _hand_over(login, secret)


@user.command()
def reset(login: Login) -> None:
    """Take away a person's password and second factors, end all sessions and tokens, and make a one-time link."""
    start.django()
    from blockwise.access import passwords
    from blockwise.access.actors import OPERATOR

    _made, secret = passwords.reset(_user(login), OPERATOR)
    _hand_over(login, secret)


def _hand_over(login: str, secret: str) -> None:
    typer.echo(f"Give this to {login} in person; put the server's address before it:")
    typer.echo(f"/way-in/{secret}")


@user.command()
def grant(
    login: Login,
    role: Annotated[str, typer.Argument(help="For example administrator or dispatcher.")],
    block: Annotated[str, typer.Argument(help="Code of the block; the role holds over everything below it too.")],
    department: Annotated[str, typer.Option(help="Of a department_officer: a key of the city's departments.")] = "",
) -> None:
    """Give a role over a block, without an end: from now on, and in a database that may replay the past since ever."""
    start.django()
    from blockwise.access import actions
    from blockwise.access.actors import OPERATOR
    from blockwise.access.periods import ALWAYS
    from blockwise.places.queries import city

    replays = city().purpose != "live"
    starts_at = ALWAYS if replays else None
    actions.grant(_user(login), role, block, OPERATOR, department=department, starts_at=starts_at)
    typer.echo(f"{login} is {role} over {block}{', also in a replay of the past' if replays else ''}.")


def _user(login: str) -> User:
    from blockwise.access.models import User
    from blockwise.problems import NotFound

    found = User.objects.filter(login=login).first()
    if found is None:
        raise NotFound(f"There is no user {login}.", where="login", fix="blockwise user create makes one.")
    return found
