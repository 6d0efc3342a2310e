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
        ("MODE", "prod", "BLOCKWISE_MODE is 'prod'; it is demo or production."),
    ],
)
def test_production_refuses(production: Any, name: str, value: object, fault: str) -> None:
    setattr(production, name, value)
    assert fault in told()


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
