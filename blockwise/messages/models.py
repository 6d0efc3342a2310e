"""Messages, who read them, the ways by which somebody wants to be told outside, and what goes by each."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blockwise.access.models import User
from blockwise.proven import Proven
from blockwise.rooms import GRANTED


class Message(Proven):
    """What whoever holds `role` over `block`, or one person, must know; with neither it only goes outside.

    `data` holds no personal data; what it says is worded when it is shown. Done by one, it is done for all.
    """

    topic = models.CharField(max_length=40)
    data = models.JSONField()
    line = models.BigIntegerField()  # that caused it
    case = models.BigIntegerField(null=True)
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in GRANTED], blank=True)
    block = models.CharField(max_length=24, blank=True)
    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="messages")
    created_at = models.DateTimeField()
    spread_at = models.DateTimeField(null=True)  # when it was given to the ways that want it
    read_at = models.DateTimeField(null=True)  # by the first who did
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, blank=True)
    late_at = models.DateTimeField(null=True)  # when it goes to whom is above, unless somebody has read it
    first = models.BigIntegerField(null=True)  # the message that nobody read, and this one says again
    level = models.PositiveSmallIntegerField(default=0)  # how often it was raised until it came here

    about = ("case", "case")
    unproven = frozenset({"spread_at", "late_at"})  # what the worker still has to look at

    class Meta:
        indexes = [
            models.Index(fields=["role", "block", "-id"], name="message_role"),
            models.Index(fields=["person", "-id"], name="message_person"),
            models.Index(fields=["id"], condition=Q(spread_at=None), name="message_unspread"),
            models.Index(fields=["created_at"], condition=Q(read_at=None, done_at=None), name="message_unread"),
            models.Index(
                fields=["late_at"], condition=Q(read_at=None, done_at=None, late_at__isnull=False), name="message_late"
            ),
            models.Index(fields=["first"], condition=Q(first__isnull=False), name="message_first"),
            models.Index(fields=["case"], condition=Q(read_at=None, done_at=None), name="message_of_case"),
        ]


class Reading(models.Model):
    """That somebody read a message, first at this time."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="readings")
    person = models.ForeignKey(User, on_delete=models.CASCADE)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "person"], name="read_once")]


class Carrier(models.TextChoices):
    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook")
    PUSH = "push", _("browser")


class Way(models.Model):
    """Where a person is told outside, or (without a person) where the installation tells a program.

    `secret`: what a webhook is signed with, or the keys of a browser; sealed under the master key.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="ways")
    carrier = models.CharField(max_length=10, choices=Carrier.choices)
    address = models.CharField(max_length=1024)
    topics = models.JSONField()  # names; empty: all
    secret = models.BinaryField(null=True)
    created_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person"], name="way_person")]

    @property
    def where(self) -> str:
        """As it is shown; a browser's address is long and means nothing to anybody but its push service."""
        return str(urlsplit(self.address).hostname) if self.carrier == Carrier.PUSH else self.address


class Delivery(models.Model):
    """A message on its way; claimed by a conditional UPDATE, tried later and later, given up after three days."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    way = models.ForeignKey(Way, on_delete=models.CASCADE, related_name="deliveries")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "way"], name="delivered_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(done_at=None, given_up_at=None), name="delivery_due"),
        ]
