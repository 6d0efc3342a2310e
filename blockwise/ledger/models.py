"""The record: lines, seals and the vault. Triggers in the database hold lines and seals append-only."""

from __future__ import annotations

from django.db import models

from blockwise.places.fields import CodeField


class Head(models.Model):
    """The one row every writer locks last: numbers are gapless and in commit order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    recorded_at = models.DateTimeField()


class Line(models.Model):
    """One entry. `canonical` holds the hashed bytes (RFC 8785); other columns repeat parts of it for queries."""

    number = models.BigIntegerField(primary_key=True)
    thread = models.CharField(max_length=64)  # "case:12", "unit:P101", "system"
    thread_number = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=64)  # "user:3", "system:worker"
    act = models.CharField(max_length=40)
    block = CodeField(blank=True)  # the place the line belongs to; decides who sees it
    canonical = models.TextField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "thread_number"], name="line_thread_number")]


class Seal(models.Model):
    """A signed Merkle root over lines first..last, chained to the seal before it."""

    number = models.PositiveIntegerField(primary_key=True)
    first_line = models.BigIntegerField()
    last_line = models.BigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    key = models.CharField(max_length=64)  # the public key that signed it
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    leaves = models.BinaryField()  # its lines' hashes, 32 bytes each: they name a changed line


class DataKey(models.Model):
    """A thread's own key, wrapped by the master key; erasing a thread destroys it."""

    thread = models.CharField(primary_key=True, max_length=64)
    wrapped = models.BinaryField(null=True)
    master = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)


class Sealed(models.Model):
    """A text sealed under its thread's key; `digest` (salted) is what the line carries."""

    thread = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    ciphertext = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "digest"], name="sealed_thread_digest")]


class SealedFile(models.Model):
    """An attachment, or its thumbnail, sealed under its thread's key; `name` is SHA-256 of `box`, as in the line."""

    name = models.CharField(primary_key=True, max_length=64)
    thread = models.CharField(max_length=64)
    box = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["thread"], name="sealed_file_thread")]


class ReplayClock(models.Model):
    """The own clock of a replay database: city time = city_at + (machine time - machine_at) * speed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    city_at = models.DateTimeField()
    machine_at = models.DateTimeField()
    speed = models.FloatField()


class ClockState(models.Model):
    """What is known of the machine's time; see ledger/clockwatch.py. Lines and seals up to `excused_to` say nothing."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()
    excused_to = models.DateTimeField(null=True)
    doubt = models.CharField(max_length=10, blank=True)
    known_at = models.DateTimeField(null=True)  # what was believed, or recorded, when the doubt began
    confirmations = models.PositiveIntegerField(default=0)
