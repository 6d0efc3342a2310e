"""What must be handled. Only the engine writes these tables."""

from __future__ import annotations

from django.db import models

from blockwise.places.models import Block


class KindText(models.Model):
    """A kind's YAML by its SHA-256: a case keeps the text it was opened under."""

    digest = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=40)
    text = models.TextField()
    current = models.BooleanField(default=True)
    stored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(current=True), name="one_current_kind_text")
        ]


class Case(models.Model):
    """A case's present state. Contacts, free text and the exact place are in the vault, under thread `case:<id>`."""

    kind = models.CharField(max_length=40)
    kind_text = models.ForeignKey(KindText, on_delete=models.PROTECT)
    stage = models.CharField(max_length=40)
    final = models.BooleanField(default=False)  # the stage is a final one of its kind
    outcome = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)  # grows with acts that change stage or fields
    type = models.CharField(max_length=60, blank=True)
    priority = models.PositiveSmallIntegerField(default=3)  # 1 highest .. 4
    sensitive = models.BooleanField(default=False)
    channel = models.CharField(max_length=20, blank=True)
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="cases")  # kept when the block retires
    department = models.CharField(max_length=40, blank=True)
    place_kind = models.CharField(max_length=10)  # dwelling, premises, street, crossing, open
    lon_e7 = models.IntegerField(null=True)  # null: a dwelling, its point is in the vault
    lat_e7 = models.IntegerField(null=True)
    fields = models.JSONField(default=dict)  # the kind's fields that are not personal
    sealed = models.JSONField(default=dict)  # name -> digest of what the vault holds now
    primary = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="repeats")
    opened_by = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of its running clock that is due first

    class Meta:
        indexes = [
            models.Index(fields=["final", "priority", "opened_at"], name="case_queue"),
            models.Index(fields=["-opened_at", "-id"], name="case_newest"),
            models.Index(fields=["block", "-opened_at"], name="case_block"),
            models.Index(fields=["kind", "stage", "-opened_at"], name="case_kind_stage"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="case_due"),
        ]

    @property
    def thread(self) -> str:
        return f"case:{self.pk}"


class CaseClock(models.Model):
    """A promise with a due time. Stopped: met (or missed) at `stopped_at`. Paused: `remaining_ms` is what is left.

    Everything but the level follows from the start, the pauses, the case and the kind, so it can be counted again.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    name = models.CharField(max_length=40)
    counts = models.CharField(max_length=10)  # real, working, calendar
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # null while paused
    remaining_ms = models.BigIntegerField(null=True)
    pauses = models.JSONField(default=list)  # [[from, to], ...] in ISO 8601; the last `to` is null while paused
    provisional = models.BooleanField(default=False)  # a year without a published calendar was counted
    stopped_at = models.DateTimeField(null=True)
    lapsed = models.BooleanField(default=False)  # stopped with its case, not by an act that meets it
    level = models.PositiveSmallIntegerField(default=0)  # escalations so far, 0..3
    wakes_at = models.DateTimeField(null=True)  # when the next escalation is due

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="one_clock_a_name")]
        indexes = [models.Index(fields=["wakes_at"], name="clock_wakes")]


class Outbox(models.Model):
    """What goes outside. A row is the queue; it is claimed by a conditional UPDATE and retried with back-off."""

    topic = models.CharField(max_length=40)
    payload = models.JSONField()
    line = models.BigIntegerField()
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["done_at", "next_at"], name="outbox_due")]


class Idempotency(models.Model):
    """(actor, key, hash of the body) -> result, kept seven days."""

    actor = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    body = models.CharField(max_length=64)
    result = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_result_a_key")]


class Heartbeat(models.Model):
    """When each worker last went round."""

    worker = models.CharField(primary_key=True, max_length=64)
    beat_at = models.DateTimeField()
