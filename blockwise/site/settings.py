"""Every setting, in one file; each comes from the environment and is documented in docs/operate.md."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from .logs import configuration

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("BLOCKWISE_HOME", "var")).resolve()
MODE = os.environ.get("BLOCKWISE_MODE", "demo")  # demo or production
DEBUG = os.environ.get("BLOCKWISE_DEBUG", "") == "1"
MOST_THREADS = 1000
DATABASE_FORM = "Give postgresql://user:password@host:port/name, or nothing for SQLite in the home."


def _secret_key() -> str:
    """The key for sessions and forms: given, or (not in production, see site/checks.py) made once per home."""
    if given := os.environ.get("BLOCKWISE_SECRET_KEY"):
        return given
    kept = HOME / "keys" / "secret_key"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text()


def _database(url: str) -> dict[str, object]:
    if not url:
        return {
            "ENGINE": "blockwise.site.sqlite",
            "NAME": HOME / "blockwise.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY",
            },
        }
    try:
        parts = urlsplit(url)
        port, name = parts.port or "", parts.path.lstrip("/")
    except ValueError:
        raise Invalid("This is no address.", where="DATABASE_URL", fix=DATABASE_FORM) from None
    if parts.scheme not in {"postgresql", "postgres"}:
        what = f"{parts.scheme}:// is not known." if parts.scheme else "This is no address."
        raise Invalid(what, where="DATABASE_URL", fix=DATABASE_FORM)
    if not name:
        raise Invalid("It names no database.", where="DATABASE_URL", fix=DATABASE_FORM)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10},  # seconds; the library would wait minutes for a silent machine
    }


def _level(text: str) -> str:
    if text not in logging.getLevelNamesMapping():
        raise Invalid(f"{text!r} is no level.", where="BLOCKWISE_LOG", fix="Give DEBUG, INFO, WARNING or ERROR.")
    return text


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_THREADS):
        raise Invalid(f"{text!r} is no such number.", where="BLOCKWISE_THREADS", fix=f"Give 1 to {MOST_THREADS:,}.")
    return int(text)


SECRET_KEY = _secret_key()
SECRET_KEY_GIVEN = bool(os.environ.get("BLOCKWISE_SECRET_KEY"))
HOSTS_GIVEN = bool(os.environ.get("BLOCKWISE_HOSTS", "").split())
ALLOWED_HOSTS = os.environ.get("BLOCKWISE_HOSTS", "localhost 127.0.0.1 [::1]").split()
CSRF_TRUSTED_ORIGINS = os.environ.get("BLOCKWISE_ORIGINS", "").split()
DATABASES = {"default": {**_database(os.environ.get("DATABASE_URL", "")), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "blockwise.places",
    "blockwise.ledger",
    "blockwise.access",
    "blockwise.cases",
    "blockwise.units",
    "blockwise.response",
    "blockwise.site",
]
MIDDLEWARE = [
    "blockwise.site.middleware.Requests",
    "blockwise.site.middleware.Safety",
    "blockwise.site.middleware.ApiProblems",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "blockwise.site.middleware.Guard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "blockwise.site.language.OwnLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "blockwise.site.frame.CityTime",
    "blockwise.site.problem_pages.ProblemPages",
    "blockwise.site.parameters.Parameters",
]
ROOT_URLCONF = "blockwise.site.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "blockwise.site.frame.frame",
            ]
        },
    }
]

AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
CSRF_FAILURE_VIEW = "blockwise.site.problem_pages.csrf_failed"
LOGIN_REDIRECT_URL = "console"

LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "site" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"  # stored; every screen shows the city's zone

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from where they lie; nothing to collect
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if MODE == "production" and os.environ.get("BLOCKWISE_TLS", "1") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000  # as the bridge, which refuses more with 413; here it would be a 500
PROXIES = frozenset(os.environ.get("BLOCKWISE_PROXIES", "").split())  # addresses of reverse proxies of ours
TILES = os.environ.get("BLOCKWISE_TILES", "")  # URL of map tiles with {z}, {x} and {y}; empty: own maps alone
LOGGING = configuration(_level(os.environ.get("BLOCKWISE_LOG", "INFO").upper()), messages=DEBUG)
THREADS = _threads(os.environ.get("BLOCKWISE_THREADS", "8"))  # requests answered at once by a process
WORKER = os.environ.get("BLOCKWISE_WORKER", "1") == "1"  # each server process runs a worker of its own
