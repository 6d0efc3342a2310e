"""People, their roles over blocks for a period, and tokens for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from blockwise.places.models import Block


class Role(models.TextChoices):
    CALL_TAKER = "call_taker", _("call taker")
    DISPATCHER = "dispatcher", _("dispatcher")
    CREW = "crew", _("unit crew")
    BLOCK_LEADER = "block_leader", _("block leader")
    ANALYST = "analyst", _("analyst")
    OVERSIGHT = "oversight", _("oversight")
    ADMINISTRATOR = "administrator", _("administrator")


class UserManager(BaseUserManager["User"]):
    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(login=login, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    login = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, blank=True)  # empty: as the browser says
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login"
    objects: ClassVar[UserManager] = UserManager()


class Grant(models.Model):
    """A role over a block and everything below it, for a period."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="grants")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    granted_by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["role", "block"], name="grant_role_block")]


class ApiToken(models.Model):
    """A program's way in, as its user, narrowed to scopes; only the token's SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()  # of access.policy.SCOPES
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Throttle(models.Model):
    """How often something was tried in the current window (a login, an address); the key is a hash."""

    key = models.CharField(primary_key=True, max_length=64)
    window = models.DateTimeField()
    count = models.PositiveIntegerField()
