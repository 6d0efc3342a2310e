from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http.request import split_domain_port, validate_host

from blockwise.cases.models import KindText
from blockwise.ledger import keys, vault
from blockwise.places.models import City
from blockwise.site import checks
from tests.kinds import store_kinds

pytestmark = pytest.mark.django_db
STRONG = "kJ3v9QxT7mWz2RbY8nLc4HdF6gPs1AeUoN5iXwVq"


@pytest.fixture
def production(settings: Any) -> Any:
    settings.MODE, settings.DEBUG = "production", False
    settings.SECRET_KEY, settings.SECRET_KEY_GIVEN, settings.HOSTS_GIVEN = STRONG, True, True
    settings.SESSION_COOKIE_SECURE = True
    settings.PROXIES = frozenset({"127.0.0.1"})
    return settings


def told() -> str:
    try:
        checks.refuse_unfit()
    except checks.Unfit as unfit:
        return str(unfit)
    return ""


def test_on_a_network_without_tls_no_proxy_is_needed(production: Any, city: City) -> None:
    City.objects.update(purpose="live")
    production.PROXIES, production.TLS = frozenset(), False
    assert told() == ""


def test_an_installation_in_order_may_start(production: Any, city: City) -> None:
    City.objects.update(purpose="live")
    assert told() == ""


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("DEBUG", True, "BLOCKWISE_DEBUG is on in production."),
        ("SECRET_KEY_GIVEN", False, "BLOCKWISE_SECRET_KEY is not set in production."),
        ("SECRET_KEY", "x" * 60, "BLOCKWISE_SECRET_KEY is weak."),
        ("SECRET_KEY", STRONG[:39], "BLOCKWISE_SECRET_KEY is weak."),
        ("SECRET_KEY", STRONG + "changeme", "BLOCKWISE_SECRET_KEY is weak."),
        ("HOSTS_GIVEN", False, "BLOCKWISE_HOSTS is not set in production."),
        ("ALLOWED_HOSTS", ["a.example", "*"], "BLOCKWISE_HOSTS is * in production."),
        ("PROXIES", frozenset(), "BLOCKWISE_PROXIES is not set in production"),
        ("MODE", "prod", "BLOCKWISE_MODE is 'prod'; it is demo or production."),
    ],
)
def test_production_refuses(production: Any, name: str, value: object, fault: str) -> None:
    setattr(production, name, value)
    assert fault in told()


HOSTS = {
    "a.example,b.example": "holds a comma or semicolon; hosts are read with spaces between them: a.example b.example.",
    "a.example,": "holds a comma or semicolon; hosts are read with spaces between them: a.example.",
    "https://a.example": "holds a scheme; write the host alone: a.example.",
    "a.example:8000": "holds a port; write the host without it, it is met at any: a.example.",
    "a.example/desk": "holds a path; write the host alone: a.example.",
    "*.example": "is no pattern here; for a domain and all below it write .example.",
    "a.example.": "ends in a dot; write a.example.",
    "城市.example": "is called by browsers as xn--uis47l.example; write that.",
    "::1": "is never met in this form; write [::1].",
    "[::1]:8000": "holds a port; write the host without it, it is met at any: [::1].",
    "[0:0:0:0:0:0:0:1]": "is never met in this form; write [::1].",
    '"a.example"': "is no host name or IP address.",
    "a_b.example": "is no host name or IP address.",
    "10.0.0.300": "is no host name or IP address.",
}


@pytest.mark.parametrize(("given", "fault"), HOSTS.items())
def test_a_host_that_no_request_names_is_refused(settings: Any, city: City, given: str, fault: str) -> None:
    """Django's own judgement agrees: such a host is never met."""
    settings.ALLOWED_HOSTS = ["a.example", "A.example", ".b.example", "10.0.0.1", "[::1]", "[fe80::1]", "x", "*"]
    assert told() == ""
    settings.ALLOWED_HOSTS += [given]
    assert told() == f"The server does not start:\n- BLOCKWISE_HOSTS: {given!r} {fault}"
    for asked in ("a.example", "a.example:8000", "xn--uis47l.example", "[::1]:8000", "10.0.0.1"):
        domain, _port = split_domain_port(asked)
        assert domain
        assert not validate_host(domain, [given])


ORIGINS = {
    "https://a.example,https://b.example": "holds a comma or semicolon; origins are read with spaces between them",
    "a.example": "does not begin with https://.",
    "http://a.example": "does not begin with https://.",
    "https://a.example/": "is more than scheme and host; write https://a.example.",
    "https://a.example/desk": "is more than scheme and host; write https://a.example.",
    "https://a.example:443": "names the port that browsers leave out; write https://a.example.",
    "https://A.example": "holds capitals, which browsers never send; write https://a.example.",
    "https://a.example:x": "is no origin.",
    "https://a_b.example": "names the host 'a_b.example', which is no host name or IP address.",
}


@pytest.mark.parametrize(("given", "fault"), ORIGINS.items())
def test_an_origin_that_no_browser_sends_is_refused(settings: Any, city: City, given: str, fault: str) -> None:
    settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_TRUSTED_ORIGINS = ["https://a.example", "https://*.b.example", "https://a.example:8443"]
    assert told() == ""
    settings.CSRF_TRUSTED_ORIGINS += [given]
    assert f"- BLOCKWISE_ORIGINS: {given!r} {fault}" in told()


def test_without_tls_an_origin_may_be_plain(settings: Any, city: City) -> None:
    settings.SESSION_COOKIE_SECURE = False
    settings.CSRF_TRUSTED_ORIGINS = ["http://a.example:8000"]
    assert told() == ""
    settings.CSRF_TRUSTED_ORIGINS = ["http://a.example:80"]
    assert "names the port that browsers leave out; write http://a.example." in told()


def test_a_zone_that_this_machine_does_not_know_is_told(city: City) -> None:
    City.objects.update(timezone="Asia/Atlantis")
    assert "The city's time zone Asia/Atlantis is not known to this machine. Install Debian's tzdata." in told()


def test_a_proxys_address_in_another_form_is_told(settings: Any, city: City) -> None:
    settings.PROXIES = frozenset({"0:0:0:0:0:0:0:1"})
    assert "BLOCKWISE_PROXIES: '0:0:0:0:0:0:0:1' is never met in this form; write ::1." in told()


def test_tiles_of_several_servers_are_refused(settings: Any, city: City) -> None:
    settings.TILES = "https://{s}.tiles.example.org/{z}/{x}/{y}.png"
    assert "BLOCKWISE_TILES" in told()
    settings.TILES = "https://tiles.example.org/{r}/{z}/{x}/{-y}{y}.png"
    assert "BLOCKWISE_TILES holds {-y}, {r}, which nothing fills in. Write one server's address out." in told()


@pytest.mark.parametrize("given", ["abc", "10.0.0.0/8", "10.0.0.1,10.0.0.2", "10.0.0.1:80"])
def test_what_is_no_proxys_address_is_refused(settings: Any, city: City, given: str) -> None:
    settings.PROXIES = frozenset({"10.0.0.1", "::1", "::ffff:10.0.0.1"})
    assert told() == ""
    settings.PROXIES |= {given}
    assert told().count("\n- ") == 1
    assert f"BLOCKWISE_PROXIES: {given!r} is no IP address." in told()


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)//{z}/{x}/{y}",
        "data:image/png,{z}{x}{y}",
        "//tiles.example.org/{z}/{x}/{y}",
        "tiles.example.org/{z}/{x}/{y}",
        "https:///{z}/{x}/{y}",
        "https://a;script-src *;/{z}/{x}/{y}",
        "https://me:pass@tiles.example.org/{z}/{x}/{y}",
        "https://tiles.example.org/{z}/{x}/{y} more",
    ],
)
def test_what_is_no_tile_address_is_refused(settings: Any, city: City, given: str) -> None:
    settings.TILES = given
    assert "BLOCKWISE_TILES is no http or https address such as https://" in told()


def test_tiles_of_pages_over_tls_come_over_tls(settings: Any, city: City) -> None:
    for address in ("http://10.0.0.9:8080/{z}/{x}/{y}.png", "https://[::1]/wmts?l={z}&r={y}&c={x}&tk=1"):
        settings.TILES = address
        assert told() == ""
    settings.SESSION_COOKIE_SECURE = True
    assert told() == ""
    settings.TILES = "http://10.0.0.9:8080/{z}/{x}/{y}.png"
    assert "BLOCKWISE_TILES is no https address such as https://" in told()


def test_a_tile_address_without_a_place_is_refused(settings: Any, city: City) -> None:
    settings.TILES = "https://tiles.example.org/{z}.png"
    assert "BLOCKWISE_TILES lacks {x}, {y}." in told()


def test_texts_under_a_master_key_that_is_not_here(production: Any, city: City, tmp_path: Path) -> None:
    City.objects.update(purpose="live")
    production.HOME = tmp_path
    vault.seal("case:1", "note", "x")
    assert told() == ""
    absent = keys.keyring().current
    path = tmp_path / "keys" / "master.json"
    path.unlink()
    assert absent in told()
    assert "keys rotate --without-old" in told()
    assert not path.exists()
    path.write_text("{")
    path.chmod(0o600)
    assert "master.json: The file of the master keys cannot be read" in told()


@pytest.mark.parametrize("purpose", ["demo", "replay"])
def test_production_serves_live_databases_only(production: Any, city: City, purpose: str) -> None:
    City.objects.update(purpose=purpose)
    assert f"This is a {purpose} database" in told()


def test_a_kind_that_was_altered_in_the_database_is_told(city: City) -> None:
    store_kinds()
    row = KindText.objects.get(kind="hazard")
    KindText.objects.filter(pk=row.pk).update(text=row.text.replace("1095", "1094"))
    assert "The stored text of the kind hazard was altered." in told()


def test_a_kind_that_is_refused_by_now_is_told_with_its_line(city: City) -> None:
    store_kinds()
    bad = KindText.objects.get(kind="hazard").text.replace("1095", "999999")
    KindText.objects.filter(kind="hazard").update(text=bad, digest=sha256(bad.encode()).hexdigest())
    assert "hazard.yaml, line" in told()
    assert "retention-ceiling" in told()


def test_every_fault_is_told_at_once(production: Any, city: City) -> None:
    production.DEBUG, production.HOSTS_GIVEN = True, False
    assert told().count("\n- ") == 3


def test_a_migration_that_is_missing_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'units'")
    assert "migrations are not applied. Run `blockwise migrate`." in told()


@pytest.mark.parametrize(
    ("host", "query", "told_of"),
    [
        ("", {}, False),
        ("/run/postgresql", {}, False),
        ("127.0.0.1", {}, False),
        ("db.city.example", {"sslmode": "verify-full"}, False),
        ("db.city.example", {}, True),
        ("db.city.example", {"sslmode": "require"}, True),
        ("localhost,db.city.example", {"sslmode": "prefer"}, True),
    ],
)
def test_a_database_elsewhere_is_spoken_to_over_tls(
    production: Any, city: City, monkeypatch: pytest.MonkeyPatch, host: str, query: dict[str, str], told_of: bool
) -> None:
    far = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "OPTIONS": query}
    monkeypatch.setattr(checks.settings, "DATABASES", {"default": far})
    assert [fault.partition(" is another machine")[0] for fault in checks.encrypted()] == (
        ["DATABASE_URL: db.city.example"] if told_of else []
    )
    production.TLS = False
    assert list(checks.encrypted()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("engine", "unsafe", "safe", "words"),
    [
        ("sqlite", "PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL", "SQLite does not run with"),
        ("postgresql", "SET synchronous_commit = off", "RESET synchronous_commit", "synchronous_commit=off"),
    ],
)
def test_a_database_that_forgets_what_it_acknowledged_is_refused(
    engine: str, unsafe: str, safe: str, words: str
) -> None:
    if connection.vendor != engine:
        pytest.skip(f"it is asked of {engine} alone")
    assert list(checks.durable()) == []
    try:
        with connection.cursor() as cursor:
            cursor.execute(unsafe)
        assert words in "".join(checks.durable())
    finally:
        with connection.cursor() as cursor:
            cursor.execute(safe)
    assert list(checks.durable()) == []


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_cluster_that_writes_nothing_through_is_refused(
    production: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole cluster's, which no test may switch off: what it would answer is put in its place."""
    monkeypatch.setattr(checks, "_shown", lambda asked: "off" if asked == name else "on")
    assert f"{name}=off" in "".join(checks.durable_postgresql())
