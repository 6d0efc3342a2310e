"""People, their roles over blocks for a period, and tokens for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction

from blockwise.ledger.lines import Entry, write
from blockwise.places.models import Block
from blockwise.places.queries import departments
from blockwise.proven import Proven, ProvenManager
from blockwise.rooms import GRANTED


class UserManager(ProvenManager["User"], BaseUserManager["User"]):
    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user


class User(Proven, AbstractBaseUser):
    login = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, blank=True)  # empty: as the browser says
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    about = ("user", "pk")
    digested = frozenset({"password"})
    unproven = frozenset(
        {"login", "name", "name_en", "language", "last_login", "created_at"}
    )  # the record names nobody

    USERNAME_FIELD = "login"
    objects: ClassVar[UserManager] = UserManager()

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is theirs; one that was kept in an older way is kept in the present one, with its line."""
        return check_password(raw_password, self.password, self._keep_anew)

    def _keep_anew(self, raw_password: str) -> None:
        with transaction.atomic():
            self.set_password(raw_password)
            self._password = None  # it is the same one: nobody else is told
            self.save(update_fields=["password"])
            name = f"user:{self.pk}"
            write([Entry(name, "password_kept_anew", name)])


class Grant(Proven):
    """A role over a block and everything below it, for a period; an officer's, for one department."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in GRANTED])
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="grants")
    department = models.CharField(max_length=40, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    granted_by = models.CharField(max_length=64)

    about = ("user", "user_id")

    @property
    def department_words(self) -> str:
        return departments().get(self.department, self.department)

    class Meta:
        indexes = [models.Index(fields=["role", "block"], name="grant_role_block")]


class ApiToken(Proven):
    """A program's way in, as its user, narrowed to scopes; only the token's SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()  # of those that the rooms hand up
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    with_factor = models.BooleanField(default=False)  # made by somebody who had shown a second factor

    about = ("user", "user_id")
    unproven = frozenset({"name"})  # as its owner calls it


class Elsewhere(Proven):
    """Who a user is at the provider of single sign-on, since they first came by it: SHA-256 of issuer and subject."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="elsewhere")
    name = models.CharField(max_length=64, unique=True)

    about = ("user", "user_id")


class OneTimeLink(models.Model):
    """Opens one page once, on which its user sets a password; only the secret's SHA-256 is kept. Gone when used."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class Session(AbstractBaseSession):
    """One browser that is signed in, or about to. Gone when it ends."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    used_at = models.DateTimeField()  # by a hand, to the minute

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .kept_sessions import SessionStore

        return SessionStore


class Throttle(models.Model):
    """How often something was tried in the current window (a login, an address); the key is a hash."""

    key = models.CharField(primary_key=True, max_length=64)
    window = models.DateTimeField()
    count = models.PositiveIntegerField()
