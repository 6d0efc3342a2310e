"""What must be handled. Only the engine writes these tables."""

from __future__ import annotations

from django.db import models

from blockwise.places.fields import CodeField, KeptJSON, Torn
from blockwise.places.models import Block
from blockwise.proven import Frozen, Proven


class KindText(Proven):
    """A kind's YAML by its SHA-256, once it came into force: a case keeps the text it was opened under."""

    digest = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=40)
    text = models.TextField()
    current = models.BooleanField(default=True)
    stored_at = models.DateTimeField()

    digested = frozenset({"text"})

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(current=True), name="one_current_kind_text")
        ]


class KindProposal(models.Model):
    """A kind's text that waits to be signed, and what became of it. No case can name it: a case names a KindText."""

    class State(models.TextChoices):
        WAITING = "waiting"
        IN_FORCE = "in_force"  # it was signed and came into force, whatever came after it
        WITHDRAWN = "withdrawn"

    kind = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    text = models.TextField()
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    ended_at = models.DateTimeField(null=True)  # when it waited no more

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(state="waiting"), name="one_waiting_kind_text")
        ]


class KindSignature(models.Model):
    """Who stands for a proposed text, in which role over the whole city, and on what legal ground."""

    proposal = models.ForeignKey(KindProposal, on_delete=models.PROTECT, related_name="signatures")
    actor = models.CharField(max_length=64)
    role = models.CharField(max_length=20)
    ground = models.CharField(max_length=300)
    signed_at = models.DateTimeField()  # in the city's time, as roles are given and ended


class Case(Proven):
    """A case's present state. Contacts, free text and the exact place are in the vault, under thread `case:<id>`."""

    kind = models.CharField(max_length=40)
    kind_text = models.ForeignKey(KindText, on_delete=models.PROTECT, db_index=False)  # few texts: it would mislead
    stage = models.CharField(max_length=40)
    final = models.BooleanField(default=False)  # the stage is a final one of its kind
    outcome = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)  # grows with acts that change stage or fields
    type = models.CharField(max_length=60, blank=True)
    priority = models.PositiveSmallIntegerField(default=3)  # 1 highest .. 4
    sensitive = models.BooleanField(default=False)
    channel = models.CharField(max_length=20, blank=True)
    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="cases")  # kept when the block retires
    department = models.CharField(max_length=40, blank=True)  # that answers, beside the block
    assignee = models.CharField(max_length=64, blank=True, default="")  # the person to whom it is given: "user:3"
    place_kind = models.CharField(max_length=10)  # dwelling, premises, street, crossing, open; unknown
    place_found = models.CharField(max_length=10, blank=True)  # how exactly: one of placing.FOUND
    lon_e7 = models.IntegerField(null=True)  # null: a dwelling, its point is in the vault
    lat_e7 = models.IntegerField(null=True)
    fields = KeptJSON(default=dict)  # the kind's fields that are not personal
    sealed = KeptJSON(default=dict)  # name -> digest of what the vault holds now
    primary = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="repeats")
    opened_by = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    end_received_at = models.DateTimeField(null=True)  # when its end was told, whatever time was claimed for it
    due_at = models.DateTimeField(null=True)  # of its running clock that is due first
    quiet_until = models.DateTimeField(null=True)  # before then no unit is waited for (quiet.py)

    about = ("case", "pk")

    class Meta:
        indexes = [
            # WHERE NOT final: queue, counts, sheet; ... ORDER BY opened_at DESC, id DESC: the list of what is open
            models.Index(fields=["-opened_at", "-id"], condition=models.Q(final=False), name="case_open"),
            # WHERE NOT final AND block >= x AND block < y: a block's page and its counts, a leader's list
            models.Index(fields=["block"], condition=models.Q(final=False), name="case_open_block"),
            models.Index(fields=["-opened_at", "-id"], name="case_newest"),
            models.Index(fields=["block", "-opened_at"], name="case_block"),
            models.Index(fields=["kind", "stage", "-opened_at"], name="case_kind_stage"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="case_due"),
            # WHERE NOT final AND assignee = x: what is given to somebody
            models.Index(
                fields=["assignee"], condition=models.Q(final=False) & ~models.Q(assignee=""), name="case_assignee"
            ),
            # WHERE closed_at >= x: what ended lately, for the rough counts of a block's page
            models.Index(fields=["closed_at"], condition=models.Q(closed_at__isnull=False), name="case_closed"),
        ]

    @property
    def thread(self) -> str:
        return f"case:{self.pk}"

    @property
    def torn(self) -> bool:
        """Whether what was read of its row is damaged, so that it must not be written again."""
        read = self.__dict__  # what was not read is not asked for
        return read.get("opened_at", True) is None or any(
            isinstance(read.get(name), Torn) for name in ("fields", "sealed")
        )


class Intake(Frozen):
    """A case as it was first reported, whatever was found, corrected, merged or erased later: what warns, ranks or
    deploys is fed by nothing else. It holds no person, and stays when the case is erased."""

    class Source(models.TextChoices):
        PUBLIC = "public"  # a member of the public said so
        OFFICIAL = "official"  # somebody on duty found it, or a device told it

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="intake")
    kind = models.CharField(max_length=40)
    type = models.CharField(max_length=60, blank=True)
    reported_at = models.DateTimeField()
    block = CodeField()
    channel = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    place_kind = models.CharField(max_length=10)

    about = ("case", "case_id")


class CaseClock(Proven):
    """A promise with a due time. Stopped: met (or missed) at `stopped_at`. Paused: `remaining_ms` is what is left.

    A promise that starts again is another round, so that one that was missed stays missed; only the last can run.
    Everything but the level follows from the start, the pauses, the case and the kind, so it can be counted again.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    name = models.CharField(max_length=40)
    round = models.PositiveSmallIntegerField(default=1)
    counts = models.CharField(max_length=10)  # real, working, calendar
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # null while paused
    remaining_ms = models.BigIntegerField(null=True)
    pauses = KeptJSON(default=list)  # [[from, to], ...] in ISO 8601; the last `to` is null while paused
    provisional = models.BooleanField(default=False)  # a year without a published calendar was counted
    stopped_at = models.DateTimeField(null=True)
    lapsed = models.BooleanField(default=False)  # stopped with its case, not by an act that meets it
    level = models.PositiveSmallIntegerField(default=0)  # escalations so far, 0..3
    wakes_at = models.DateTimeField(null=True)  # when the next escalation is due
    theirs = models.BooleanField(default=False)  # another side made it: it is none of the agency's promises

    about = ("case", "case_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name", "round"], name="one_clock_a_round")]
        indexes = [
            models.Index(fields=["wakes_at"], name="clock_wakes"),
            # WHERE level > 0 AND stopped_at IS NULL: the list of what was raised to a level above
            models.Index(
                fields=["case"], condition=models.Q(level__gt=0, stopped_at__isnull=True), name="clock_raised"
            ),
        ]


class CaseRound(Proven):
    """A round of a case: what was given in it stays with it, whatever the next one comes to."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="rounds")
    name = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    begun_by = models.CharField(max_length=64)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    lapsed = models.BooleanField(default=False)  # ended with its case, without a result
    fields = KeptJSON(default=dict)  # what its acts were given, that is not sealed

    about = ("case", "case_id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "name", "number"], name="one_round_a_number"),
            models.UniqueConstraint(fields=["case", "name"], condition=models.Q(ended_at=None), name="one_open_round"),
        ]


class CaseLink(Proven):
    """`case` has `to` as its origin, as its parent, or as what it answers; told in the record of both."""

    class Relation(models.TextChoices):
        ORIGIN = "origin"
        PARENT = "parent"
        ANSWER = "answer"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="links")
    to = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="linked")
    relation = models.CharField(max_length=10, choices=Relation.choices)

    about = ("case", "case_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "to", "relation"], name="one_link_a_relation")]


class Party(Proven):
    """One of the people or firms in the matter of a case, called by role and number. What is told of it is in the
    vault, under a thread of its own."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    number = models.PositiveSmallIntegerField()  # within the case
    role = models.CharField(max_length=40)
    sealed = KeptJSON(default=dict)  # name -> digest of what the vault holds now
    consent = models.CharField(max_length=10, blank=True)  # given, refused
    erased = models.BooleanField(default=False)  # an act said so: its key is destroyed right after

    about = ("case", "case_id")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="one_party_a_number")]

    @property
    def thread(self) -> str:
        return f"party:{self.case_id}:{self.number}"


class Idempotency(models.Model):
    """(actor, key, body) -> result, key and body as HMACs; kept as long as the case is open and seven days more."""

    actor = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    body = models.CharField(max_length=64)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True)  # null: no case was touched
    result = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_result_a_key")]


class Upload(models.Model):
    """A file that was sent to a case and waits for an act to name it; it and its thumbnail are in the vault."""

    name = models.CharField(primary_key=True, max_length=64)
    thumb = models.CharField(max_length=64, blank=True)
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    actor = models.CharField(max_length=64)
    type = models.CharField(max_length=40)
    bytes = models.PositiveIntegerField()
    facts = models.JSONField()
    sent_at = models.DateTimeField(db_index=True)


class CountedBy(models.Model):
    """The one row that says by which calendar the open clocks were all counted."""

    digest = models.CharField(max_length=64)


class Heartbeat(models.Model):
    """When each worker last went round, and by how many seconds each of its jobs was late then."""

    worker = models.CharField(primary_key=True, max_length=64)
    beat_at = models.DateTimeField()
    late = models.JSONField(default=dict)
