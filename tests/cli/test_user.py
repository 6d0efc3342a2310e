"""`blockwise user`, on a database of its own."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.cli.main import command
from blockwise.ledger.models import Line
from blockwise.places.models import City
from blockwise.problems import Conflict, Invalid, NotFound
from tests.people import PASSWORD

NEW = "quite another phrase"


def run(*words: str, password: str = PASSWORD) -> str:
    done = CliRunner().invoke(command("user"), ["user", *words], env={"BLOCKWISE_PASSWORD": password})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_first_administrator_comes_from_the_shell(city: City) -> None:
    assert "root may sign in" in run("create", "root", "--name", "管理员")
    assert run("grant", "root", "administrator", "99") == "root is administrator over 99.\n"
    run("password", "root", password=NEW)
    root = User.objects.get(login="root")
    assert root.check_password(NEW)
    assert actor_for(root).holds("administrator", "9901")
    lines = Line.objects.filter(thread=f"user:{root.pk}").order_by("number").values_list("act", "actor")
    assert list(lines) == [(act, "system:operator") for act in ("user_created", "role_granted", "password_set")]


def test_what_cannot_be_is_told_in_words(city: City) -> None:
    run("create", "root", "--name", "Root")
    with pytest.raises(Conflict):
        run("create", "root", "--name", "Root")
    with pytest.raises(Invalid):
        run("create", "weak", "--name", "Weak", password="short")
    with pytest.raises(Invalid, match="administrator"):
        run("grant", "root", "king", "99")
    with pytest.raises(NotFound):
        run("grant", "root", "administrator", "77")
    with pytest.raises(NotFound):
        run("password", "nobody")
