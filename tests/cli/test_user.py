"""`blockwise user`, on a database of its own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blockwise import clock
from blockwise.access import passwords
from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.cli import first_steps
from blockwise.cli.main import command
from blockwise.ledger.models import Line
from blockwise.places.current import forget
from blockwise.places.models import City
from blockwise.problems import Conflict, Invalid, NotFound
from tests.people import PASSWORD, person
from tests.servers import Home

NEW = "quite another phrase"


def run(*words: str, password: str = PASSWORD) -> str:
    done = CliRunner().invoke(command("user"), ["user", *words], env={"BLOCKWISE_PASSWORD": password})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_first_administrator_comes_from_the_shell(city: City) -> None:
    assert "root may sign in" in run("create", "root", "--name", "管理员")
    City.objects.update(purpose="live")
    forget()
    assert run("grant", "root", "administrator", "99") == "root is administrator over 99.\n"
    run("password", "root", password=NEW)
    root = User.objects.get(login="root")
    assert root.check_password(NEW)
    assert actor_for(root).holds("administrator", "9901")
    lines = Line.objects.filter(thread=f"user:{root.pk}").order_by("number").values_list("act", "actor")
    assert list(lines) == [(act, "system:operator") for act in ("user_created", "role_granted", "password_set")]


def test_a_link_and_a_reset_come_from_the_shell(city: City) -> None:
    eve = person("eve", ("crew", "9901"))
    for word, act in (("link", "link_made"), ("reset", "way_in_reset")):
        secret = run(word, "eve").splitlines()[-1].removeprefix("/way-in/")
        assert passwords.use_link(secret, NEW + word) == eve
        assert Line.objects.filter(thread=f"user:{eve.pk}", act=act, actor="system:operator").exists()


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


@pytest.mark.parametrize("purpose", ["demo", "replay"])
def test_a_role_for_a_replay_holds_in_the_past_too(city: City, purpose: str) -> None:
    City.objects.update(purpose=purpose)
    forget()
    run("create", "root", "--name", "Root")
    assert run("grant", "root", "analyst", "99") == "root is analyst over 99, also in a replay of the past.\n"
    with clock.at(datetime(2016, 12, 31, tzinfo=UTC)):
        assert actor_for(User.objects.get(login="root")).holds("analyst", "9901")


def test_without_a_terminal_the_variable_is_named(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "blockwise.cli.main", "user", "create", "root", "--name", "Root"]
    own = Home(tmp_path / "home").environment(BLOCKWISE_PASSWORD="")
    more = {"capture_output": True, "text": True, "start_new_session": True, "stdin": subprocess.DEVNULL, "timeout": 60}
    done = subprocess.run(words, env=own, **more)
    assert done.returncode == 1
    assert done.stderr == "password: There is no terminal to type a password at. Give it in BLOCKWISE_PASSWORD.\n"


def test_nobody_can_sign_in_is_said_only_where_it_is_so(city: City) -> None:
    assert first_steps.lines()[0] == "Nobody can sign in yet. Make an administrator:"
    person("taker", ("call_taker", "99"))
    assert first_steps.lines()[0] == "No administrator can sign in yet. Make an administrator:"
