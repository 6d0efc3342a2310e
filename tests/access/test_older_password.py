"""A password kept in an older way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction

from blockwise.access.models import User
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from tests.people import PASSWORD, signed_in


@pytest.mark.django_db(transaction=True)
def test_a_password_is_kept_anew_with_its_line_and_signing_in_changes_nothing_else(settings: Any) -> None:
    older = "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher"
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, older]
    with transaction.atomic():
        user = User.objects.create(login="one", name="One", password=make_password(PASSWORD, hasher="pbkdf2_sha1"))
        write([Entry("system", "seeded", "system:test")])
    assert not user.check_password("another")
    assert User.objects.get().check_password(PASSWORD)
    assert User.objects.get().password.startswith("md5$")
    signed_in(user)
    assert list(Line.objects.values_list("act", flat=True).order_by("number")) == ["seeded", "password_kept_anew"]
    assert verify_database().ok
