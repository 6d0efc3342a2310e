"""Every setting, in one file; each comes from the environment and is documented in docs/operate.md."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from .database import database
from .elsewhere import provider
from .logs import configuration
from .mail import mail

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("BLOCKWISE_HOME") or "var").resolve()
MODE = os.environ.get("BLOCKWISE_MODE") or "demo"  # demo or production
MOST_THREADS = 1000


def _switch(name: str, default: str) -> bool:
    """`true` would quietly mean off where `1` is looked for: a cookie without TLS, a server without a worker."""
    text = os.environ.get(name) or default
    if text not in {"0", "1"}:
        raise Invalid(f"{text!r} is neither 0 nor 1.", where=name, fix="Give 1 for on, 0 for off.")
    return text == "1"


def secret_key() -> str:
    """The key for sessions and forms: given, or (not in production, see site/checks.py) made once per home.

    Where there is no home yet (cli/start.py makes it), one for this process alone.
    """
    if given := os.environ.get("BLOCKWISE_SECRET_KEY"):
        return given
    kept = HOME / "keys" / "secret_key"
    if not HOME.exists():
        return secrets.token_urlsafe(48)
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text()


def _level(text: str) -> str:
    if text not in logging.getLevelNamesMapping():
        raise Invalid(f"{text!r} is no level.", where="BLOCKWISE_LOG", fix="Give DEBUG, INFO, WARNING or ERROR.")
    return text


def _number(name: str, default: str, least: int, most: int) -> int:
    text = os.environ.get(name) or default
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Invalid(f"{text!r} is no such number.", where=name, fix=f"Give {least} to {most:,}.")
    return int(text)


DEBUG = _switch("BLOCKWISE_DEBUG", "0")
SECRET_KEY = secret_key()
SECRET_KEY_GIVEN = bool(os.environ.get("BLOCKWISE_SECRET_KEY"))
HOSTS_GIVEN = bool(os.environ.get("BLOCKWISE_HOSTS", "").split())
ALLOWED_HOSTS = os.environ.get("BLOCKWISE_HOSTS", "").split() or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = os.environ.get("BLOCKWISE_ORIGINS", "").split()
DATABASES = {"default": {**database(os.environ.get("DATABASE_URL", ""), HOME), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = ("places", "ledger", "access", "messages", "cases", "units", "response", "site")  # the lowest first
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth.account",  # what allauth.mfa stands on: nothing else of it is used
    "allauth.mfa",
    "allauth.socialaccount",  # access/elsewhere.py asks by it; its pages and tables are not used
    "allauth.socialaccount.providers.openid_connect",
    *(f"blockwise.{room}" for room in ROOMS),
]
MIDDLEWARE = [
    "blockwise.site.middleware.Requests",
    "blockwise.site.middleware.Safety",
    "django.middleware.security.SecurityMiddleware",
    "blockwise.site.middleware.ApiProblems",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "blockwise.site.middleware.Guard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "blockwise.site.language.OwnLanguage",
    "allauth.account.middleware.AccountMiddleware",
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
    {"NAME": "blockwise.access.guessable.NotCommon"},
    {"NAME": "blockwise.access.guessable.NotOfHere"},
]
FACTOR_ROLES = frozenset({"administrator", "oversight"} if MODE == "production" else ())  # ask for a second factor
ACCOUNT_USER_MODEL_USERNAME_FIELD, ACCOUNT_USER_MODEL_EMAIL_FIELD = "login", None
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "blockwise.access.factor_adapter.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # codes of the half minute before and after are taken too
OIDC = provider(os.environ, production=MODE == "production")  # where people sign in elsewhere, if anywhere
SOCIALACCOUNT_ADAPTER = "blockwise.access.elsewhere.Apps"
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
WHITENOISE_MIMETYPES = {".svg": "image/svg+xml; charset=utf-8"}

MESSAGE_STORAGE = "blockwise.site.sealed_messages.Storage"  # they name people: in no cookie, and nowhere open

SESSION_ENGINE = "blockwise.access.kept_sessions"
SESSION_COOKIE_AGE = 12 * 3600
IDLE = _number("BLOCKWISE_IDLE", "30", 5, 720)  # minutes without a hand on a screen, after which one signs in again
IDLE_DUTY = _number("BLOCKWISE_IDLE_DUTY", "120", 5, 720)  # of whoever is on duty alone: access/lasting.py
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
TLS = _switch("BLOCKWISE_TLS", "1")
COOKIE_PREFIX = "__Host-" if MODE == "production" and TLS else ""  # browsers take it from this host alone, over TLS
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
if MODE == "production" and TLS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 86_400
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # never on the disk in the clear
FILE_UPLOAD_MAX_MEMORY_SIZE = 30_000_000  # more than the bridge lets through
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000  # as the bridge, which refuses more with 413; here it would be a 500
PROXIES = frozenset(os.environ.get("BLOCKWISE_PROXIES", "").split())  # addresses of reverse proxies of ours
TILES = os.environ.get("BLOCKWISE_TILES", "")  # URL of map tiles with {z}, {x} and {y}; empty: own maps alone
globals().update(
    mail(  # EMAIL_HOST and its like, DEFAULT_FROM_EMAIL
        os.environ.get("BLOCKWISE_SMTP", ""), os.environ.get("BLOCKWISE_MAIL_FROM", "")
    )
)
URL = os.environ.get("BLOCKWISE_URL", "").rstrip("/")  # by which people reach this installation
WEBHOOK_HOSTS = frozenset(
    os.environ.get("BLOCKWISE_WEBHOOK_HOSTS", "").split()
)  # of the own network, told all the same
LOGGING = configuration(_level((os.environ.get("BLOCKWISE_LOG") or "INFO").upper()), messages=DEBUG)
THREADS = _number("BLOCKWISE_THREADS", "8", 1, MOST_THREADS)  # requests answered at once by a process
WORKER = _switch("BLOCKWISE_WORKER", "1")  # each server process runs a worker of its own
