"""Where: the city's own settings, its block tree, addresses and roads. Coordinates are WGS84 in 1e-7 degree."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from blockwise.proven import Proven

from .fields import CodeField


class City(Proven):
    """The one row of this installation's settings, taken from the city folder; `version` grows with every load."""

    code = CodeField(primary_key=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    timezone = models.CharField(max_length=60)
    languages = models.JSONField()
    calendar = models.CharField(max_length=20)
    working_hours = models.JSONField()
    levels = models.JSONField()
    departments = models.JSONField(default=list)  # that answer beside the blocks: [{"key", "zh", "en"}]
    attribution = models.CharField(max_length=200, blank=True, default="")  # of whom the map's data are
    rings = models.JSONField()
    road_periods = models.JSONField()
    features = models.JSONField(default=dict)
    purpose = models.CharField(max_length=10, choices=[(p, p) for p in ("live", "demo", "replay")])
    version = models.PositiveIntegerField(default=1)
    loaded_at = models.DateTimeField()


class CalendarDay(Proven):
    """A day on which this city's calendar differs from the library's."""

    date = models.DateField(primary_key=True)
    works = models.BooleanField()
    name = models.CharField(max_length=80, blank=True)


class Grouping(Proven):
    """A beat (one officer answers) or a zone (units patrol): a grouping of cells."""

    key = models.CharField(primary_key=True, max_length=32)  # "beat:B001", "zone:Z01"
    kind = models.CharField(max_length=4, choices=[("beat", "beat"), ("zone", "zone")])
    code = CodeField()
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    retired_on = models.DateField(null=True)


class Block(Proven):
    """A node of the block tree. A child's code starts with its parent's; a block is retired, never deleted."""

    code = CodeField(primary_key=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    level = models.PositiveSmallIntegerField()  # 0 is the root
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    population = models.PositiveIntegerField(default=0)
    core = models.BooleanField(default=False)  # inside the inner ring
    shape = models.BinaryField()  # WKB, WGS84 degrees
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()
    beat = models.ForeignKey(Grouping, on_delete=models.PROTECT, null=True, related_name="beat_cells")
    zone = models.ForeignKey(Grouping, on_delete=models.PROTECT, null=True, related_name="zone_cells")
    retired_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["level", "retired_on"], name="block_level")]


class Address(models.Model):
    """A standard address: code, text, door number, point and use; never its occupants."""

    code = CodeField(primary_key=True, max_length=40)
    street = models.CharField(max_length=80)
    number = models.CharField(max_length=16)
    number_value = models.PositiveIntegerField(default=0)
    text = models.CharField(max_length=160)
    text_en = models.CharField(max_length=160, blank=True)
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()
    use = models.CharField(max_length=10)  # dwelling, premises, public

    class Meta:
        indexes = [
            models.Index(fields=["street", "number_value"], name="address_street"),
            # WHERE text IN (...), WHERE text_en IN (...): a place in the reader's language (bilingual.py)
            models.Index(fields=["text"], name="address_text"),
            models.Index(fields=["text_en"], name="address_text_en"),
        ]


class StreetRange(models.Model):
    """One street segment with its door numbers; two segments of different streets that share a node are a crossing."""

    edge = models.BigIntegerField(primary_key=True)
    street = models.CharField(max_length=80, db_index=True)
    left_from = models.PositiveIntegerField(null=True)
    left_to = models.PositiveIntegerField(null=True)
    right_from = models.PositiveIntegerField(null=True)
    right_to = models.PositiveIntegerField(null=True)
    from_node = models.BigIntegerField()
    to_node = models.BigIntegerField()
    from_lon_e7 = models.IntegerField()
    from_lat_e7 = models.IntegerField()
    to_lon_e7 = models.IntegerField()
    to_lat_e7 = models.IntegerField()


class Landmark(models.Model):
    """What people name where they know no address. `road` and `number` of an exit or a stone: whose, and which."""

    code = CodeField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=12)  # one of landmark_kinds.LANDMARKS
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    road = models.CharField(max_length=160, blank=True)  # its names, a stroke between them
    number = models.CharField(max_length=12, blank=True)
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()


class RoadNetwork(Proven):
    """The road graph as one compressed blob of arrays; the newest row counts."""

    digest = models.CharField(primary_key=True, max_length=64)
    arrays = models.BinaryField()
    loaded_at = models.DateTimeField()


class ClosureReason(models.TextChoices):
    """Why a road is closed: declared, so that no free text stands in the open record."""

    FIRE = "fire", _("fire")
    CRASH = "crash", _("crash")
    WATER = "water", _("water")
    WORKS = "works", _("road works")
    EVENT = "event", _("event")
    DANGER = "danger", _("danger")
    OTHER = "other", _("another reason")


class Direction(models.TextChoices):
    """Of a road edge: along runs from its first node to its second."""

    BOTH = "both"
    ALONG = "along"
    AGAINST = "against"


class RoadClosure(Proven):
    edge = models.BigIntegerField()
    direction = models.CharField(max_length=8, default=Direction.BOTH)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # null: closed by an earlier version until it is opened
    reason = models.CharField(max_length=20)  # a ClosureReason

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="closure_end")]
