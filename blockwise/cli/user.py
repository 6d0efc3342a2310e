"""`blockwise user`: the first administrator, and a way back in for whoever has a shell on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import start

if TYPE_CHECKING:
    from blockwise.access.models import User

app = typer.Typer()
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
app.add_typer(user, name="user")

Login = Annotated[str, typer.Argument(help="The login.")]
Password = Annotated[
    str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="BLOCKWISE_PASSWORD")
]


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
    """Give a person a new password; all their sessions end."""
    start.django()
    from blockwise.access import actions
    from blockwise.access.actors import OPERATOR

    actions.set_password(_user(login), password, OPERATOR)
    typer.echo(f"The new password of {login} holds.")


@user.command()
def grant(
    login: Login,
    role: Annotated[str, typer.Argument(help="For example administrator or dispatcher.")],
    block: Annotated[str, typer.Argument(help="Code of the block; the role holds over everything below it too.")],
) -> None:
    """Give a role over a block, from now on without an end."""
    start.django()
    from blockwise.access import actions
    from blockwise.access.actors import OPERATOR

    actions.grant(_user(login), role, block, OPERATOR)
    typer.echo(f"{login} is {role} over {block}.")


def _user(login: str) -> User:
    from blockwise.access.models import User
    from blockwise.problems import NotFound

    found = User.objects.filter(login=login).first()
    if found is None:
        raise NotFound(f"There is no user {login}.", where="login", fix="blockwise user create makes one.")
    return found
