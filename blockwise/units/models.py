"""Who can be sent: stations, units, rosters, positions, assignments."""

from __future__ import annotations

from django.db import models

from blockwise.access.models import User
from blockwise.cases.models import Case
from blockwise.places.fields import CodeField
from blockwise.places.models import Block, Grouping
from blockwise.proven import Proven


class Meaning(models.TextChoices):
    """What a status means, whatever a city calls it."""

    OFF_DUTY = "off_duty"
    AVAILABLE = "available"
    COMMITTED = "committed"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"
    AT_HOSPITAL = "at_hospital"
    UNAVAILABLE = "unavailable"


class Status(Proven):
    """A city's own label for a meaning."""

    label = models.CharField(primary_key=True, max_length=30)
    zh = models.CharField(max_length=30)
    en = models.CharField(max_length=30)
    meaning = models.CharField(max_length=15, choices=Meaning.choices)


class Station(Proven):
    code = CodeField(primary_key=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    service = models.CharField(max_length=10)  # police, fire, ems, post
    block = models.ForeignKey(Block, on_delete=models.PROTECT)
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()
    retired_on = models.DateField(null=True)


class Unit(Proven):
    """A crew that can be sent, with its present status and position (its station until one is reported)."""

    code = CodeField(primary_key=True)
    call_sign = models.CharField(max_length=40)
    service = models.CharField(max_length=10)
    type = models.CharField(max_length=30)
    capabilities = models.JSONField()
    station = models.ForeignKey(Station, on_delete=models.PROTECT)
    zone = models.ForeignKey(Grouping, on_delete=models.PROTECT, null=True)
    crew = models.PositiveSmallIntegerField(default=2)
    status = models.ForeignKey(Status, on_delete=models.PROTECT)
    meaning = models.CharField(max_length=15, choices=Meaning.choices)  # of the status
    status_at = models.DateTimeField()
    block = models.ForeignKey(Block, on_delete=models.PROTECT)  # where it is now
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()
    position_at = models.DateTimeField(null=True)  # null: never reported, shown at its station
    accuracy_m = models.FloatField(null=True)  # null: the device did not say
    courses = models.JSONField(default=list)  # units/courses.py: the one it is on, and perhaps a rival
    retired_on = models.DateField(null=True)

    about = ("unit", "pk")
    # positions come every few seconds and are kept for days: they are no lines
    unproven = frozenset({"block", "lon_e7", "lat_e7", "position_at", "accuracy_m", "courses"})

    class Meta:
        indexes = [models.Index(fields=["meaning"], name="unit_meaning")]

    @property
    def thread(self) -> str:
        return f"unit:{self.pk}"


class Shift(Proven):
    """A weekly turn of duty in the city's wall-clock time; until <= from crosses midnight."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="shifts")
    days = models.CharField(max_length=7)  # of "0123456", Monday is 0
    from_time = models.TimeField()
    to_time = models.TimeField()


class Crew(Proven):
    """Whose phone speaks for a unit."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="crews")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="crews")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="one_place_a_crew")]


class Track(models.Model):
    """Where an on-duty unit was; kept for days, never for appraisal."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE)
    at = models.DateTimeField()
    lon_e7 = models.IntegerField()
    lat_e7 = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="track_at")]


class Assignment(Proven):
    """A unit's work on a case, with its own times; a unit has one that is not cleared, or none."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    assigned_by = models.CharField(max_length=64)
    dispatched_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    en_route_at = models.DateTimeField(null=True)
    on_scene_at = models.DateTimeField(null=True)
    transport_at = models.DateTimeField(null=True)
    hospital_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    rank = models.PositiveSmallIntegerField(null=True)  # its place in the recommendation when it was sent
    ended_by = models.CharField(max_length=40, blank=True)  # the act that ended it, of whichever case
    ended_why = models.CharField(max_length=40, blank=True)  # that act's reason, where it asks for one

    about = ("case", "case_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=models.Q(cleared_at__isnull=True), name="one_active_assignment"
            )
        ]
        indexes = [models.Index(fields=["case"], name="assignment_case")]


class Delay(Proven):
    """A unit on its way said that it comes later; `told_at`: when somebody told the caller."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="delays")
    at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=40)
    told_at = models.DateTimeField(null=True)
