"""Settings from the environment: what the library knows of a database's address is kept, what nobody knows refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blockwise.cli.serve import _only_here
from blockwise.ledger import postgresql
from blockwise.problems import Invalid
from blockwise.site import settings as settings_of
from blockwise.site.database import database
from blockwise.site.elsewhere import provider
from tests.servers import Home

HOME = Path("/nowhere")


def parts(url: str) -> tuple[Any, ...]:
    found = database(url, HOME)
    return tuple(found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("postgresql://u:p@h:5433/n", ("u", "p", "h", "5433", "n")),
        ("postgres://u:p%40%3A%2F%25w@h/n", ("u", "p@:/%w", "h", "", "n")),
        ("postgresql:///n?host=/run/postgresql", ("", "", "/run/postgresql", "", "n")),
        ("postgresql://u@%2Frun%2Fpostgresql:5433/n", ("u", "", "/run/postgresql", "5433", "n")),
        ("postgresql://u@[::1]:5433/n", ("u", "", "::1", "5433", "n")),
        ("postgresql://u@one,two:5433/n?target_session_attrs=read-write", ("u", "", "one,two", ",5433", "n")),
    ],
)
def test_every_form_of_an_address(url: str, read: tuple[str, ...]) -> None:
    assert parts(url) == read


def test_the_query_is_kept() -> None:
    query = "sslmode=verify-full&sslrootcert=/etc/ca%20city.pem&connect_timeout=3&application_name=dispatch"
    assert database(f"postgresql://h/n?{query}", HOME)["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca city.pem",
        "connect_timeout": "3",
        "application_name": "dispatch",
    }
    assert database("postgresql://h/n", HOME)["OPTIONS"] == {"connect_timeout": "10"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:hidden@h/n?sslmod=require", "The query names 'sslmod', which is not known here."),
        ("postgresql://u:hidden@h/n?pool=1&sslmode=require", "The query names 'pool'"),
        ("postgresql://u:hidden@h/n?dbname=other", "The query names 'dbname'"),
        ("postgresql://u:hidden%@h/n", "It cannot be read. Write % @ : / ? in a name or password as %25 %40"),
        ("postgresql://u:a@hidden:c@h/n", "This is no address."),
        ("postgresql://u:hidden@h/", "It names no database."),
        ("sqlite:///hidden.db", "sqlite:// is not known."),
    ],
)
def test_what_cannot_be_is_refused_without_quoting_the_password(url: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        database(url, HOME)
    assert str(refused.value).startswith(f"DATABASE_URL: {words}")
    assert "hidden" not in str(refused.value)


def test_the_tools_of_postgresql_get_the_query_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given = database("postgresql://u:p@h/n?sslmode=require&connect_timeout=3&keepalives=1", HOME)
    monkeypatch.setattr(postgresql, "connection", SimpleNamespace(settings_dict=given))
    got = postgresql.environment()
    names = ("PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGCONNECT_TIMEOUT")
    assert [got[name] for name in names] == ["h", "u", "p", "n", "require", "3"]


READ = "from blockwise.site import settings as s; print(s.MODE, s.HOME.name, s.ALLOWED_HOSTS[0], s.THREADS, s.WORKER)"


def test_what_is_empty_is_not_given(tmp_path: Path) -> None:
    names = ("MODE", "HOSTS", "THREADS", "LOG", "WORKER", "TLS", "DEBUG")
    home = Home(tmp_path)
    done = home.python("-c", READ, **{f"BLOCKWISE_{name}": "" for name in names})
    assert done.stdout.split() == ["demo", tmp_path.name, "localhost", "8", "True"]
    cwd = subprocess.run(
        [sys.executable, "-c", READ], env=home.environment(BLOCKWISE_HOME=""), cwd=tmp_path, capture_output=True
    )
    assert cwd.stdout.split()[1] == b"var"


@pytest.mark.parametrize("name", ["BLOCKWISE_TLS", "BLOCKWISE_WORKER", "BLOCKWISE_DEBUG"])
def test_a_switch_is_on_or_off(name: str, tmp_path: Path) -> None:
    done = Home(tmp_path).blockwise("migrate", check=False, **{name: "true"})
    assert (done.returncode, done.stderr) == (1, f"{name}: 'true' is neither 0 nor 1. Give 1 for on, 0 for off.\n")


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_told_with_its_reason(tmp_path: Path) -> None:
    done = Home(tmp_path).blockwise(
        "serve", check=False, DATABASE_URL="postgresql://u:hidden@127.0.0.1:1/n?sslmode=odd"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The database: ")
    assert "invalid sslmode value" in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    ("address", "hosts", "told"),
    [
        ("0.0.0.0", ["localhost", "[::1]"], True),
        ("127.0.0.1", ["localhost"], False),
        ("0.0.0.0", ["localhost", "a.example"], False),
    ],
)
def test_a_server_that_would_answer_nobody_says_so(settings: Any, address: str, hosts: list[str], told: bool) -> None:
    settings.ALLOWED_HOSTS = hosts
    assert bool(_only_here(address)) is told


OIDC = {"BLOCKWISE_OIDC_ISSUER": "https://login.city.example/realms/city", "BLOCKWISE_OIDC_CLIENT": "b"}


def test_nobody_signs_in_elsewhere_unless_a_provider_is_named() -> None:
    assert provider({"BLOCKWISE_OIDC_CLIENT": "b", "BLOCKWISE_OIDC_SECRET": "s"}, production=True) is None
    found = provider({**OIDC, "BLOCKWISE_OIDC_SECRET": "hidden", "BLOCKWISE_OIDC_FACTOR": "mfa  hwk"}, production=True)
    assert found
    assert (found.claim, found.factor, found.name) == ("preferred_username", {"mfa", "hwk"}, "login.city.example")
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("issuer", "production"),
    [
        ("http://login.city.example", False), ("http://localhost:8080", True), ("login.city.example", False),
        ("https://", True), ("https://u:p@login.city.example", True), ("https://a.example/?x=1", True),
        ("https://[", True), ("javascript:alert(1)", False),
    ],
)  # fmt: skip
def test_a_provider_without_tls_or_address_is_refused(issuer: str, production: bool) -> None:
    given = {**OIDC, "BLOCKWISE_OIDC_ISSUER": issuer, "BLOCKWISE_OIDC_SECRET": "hidden"}
    with pytest.raises(Invalid, match="BLOCKWISE_OIDC_ISSUER"):
        provider(given, production=production)


def test_what_the_provider_gave_has_to_be_there() -> None:
    with pytest.raises(Invalid, match="BLOCKWISE_OIDC_SECRET: It is not set"):
        provider(OIDC, production=True)


@pytest.mark.parametrize("name", ["BLOCKWISE_IDLE", "BLOCKWISE_IDLE_DUTY"])
@pytest.mark.parametrize("given", ["0", "4", "721", "-5", "1e3", "٣٠"])
def test_no_session_is_idle_for_ever_or_for_no_time(name: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, given)
    with pytest.raises(Invalid, match=name):
        settings_of._number(name, "30", 5, 720)
