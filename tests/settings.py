"""The product's settings, on a test database: SQLite, or PostgreSQL where BLOCKWISE_TEST_POSTGRES names one."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "BLOCKWISE_HOME" not in os.environ:
    os.environ["BLOCKWISE_HOME"] = tempfile.mkdtemp(prefix="blockwise-test-")
    atexit.register(shutil.rmtree, os.environ["BLOCKWISE_HOME"], ignore_errors=True)
os.environ.setdefault("BLOCKWISE_SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests")
if _url := os.environ.get("BLOCKWISE_TEST_POSTGRES"):
    os.environ["DATABASE_URL"] = _url

from blockwise.site.settings import *  # noqa: F403  (settings are a star import by Django's custom)
from blockwise.site.settings import DATABASES, HOME

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if "postgresql" not in str(DATABASES["default"]["ENGINE"]):
    DATABASES["default"]["TEST"] = {"NAME": HOME / "test.sqlite3"}  # a file, locked and shared as in production
