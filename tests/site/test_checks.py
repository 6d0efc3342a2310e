from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

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
    return settings


def told() -> str:
    try:
        checks.refuse_unfit()
    except checks.Unfit as unfit:
        return str(unfit)
    return ""


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
        ("MODE", "prod", "BLOCKWISE_MODE is 'prod'; it is demo or production."),
    ],
)
def test_production_refuses(production: Any, name: str, value: object, fault: str) -> None:
    setattr(production, name, value)
    assert fault in told()


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
