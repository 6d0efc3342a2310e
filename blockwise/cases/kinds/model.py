"""What a kind declares, parsed and frozen. `parse.py` reads YAML into these; `check.py` refuses what may not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Subject = Literal["place", "matter", "agency", "application"]
FieldType = Literal[
    "line",  # one short unsealed line, checked for identity numbers, phone numbers and plates
    "text",  # free text: always sealed
    "choice",
    "integer",
    "boolean",
    "date",
    "datetime",
    "contact",  # {name, phone, address, language}: always sealed
    "position",  # a caller's own position {lon, lat, source, at}: always sealed
    "name",  # a person's name: always sealed
]
Counts = Literal["real", "working", "calendar"]


@dataclass(frozen=True)
class Words:
    zh: str
    en: str

    def __str__(self) -> str:
        """In the language of the present request."""
        from django.utils.translation import get_language

        return self.zh if (get_language() or "en").startswith("zh") else self.en


@dataclass(frozen=True)
class Field:
    name: str
    type: FieldType
    label: Words
    required: bool = False  # at opening
    personal: bool = False  # sealed; true for text, contact, position and name
    choices: tuple[tuple[str, Words], ...] = ()
    low: int | None = None
    high: int | None = None
    opening: bool = True  # asked when a case is opened


@dataclass(frozen=True)
class CaseType:
    """A leaf of the kind's type tree, e.g. `fire.building`; `parents` are the words of the levels above."""

    code: str
    words: Words
    parents: tuple[Words, ...] = ()
    priority: int = 3
    needs: tuple[tuple[str, int], ...] = ()  # capability, number of units
    sensitive: bool = False


@dataclass(frozen=True)
class Stage:
    name: str
    words: Words
    final: bool = False


@dataclass(frozen=True)
class Act:
    """A named step. `to` moves the case; `advance` moves it only forward in the order of stages."""

    name: str
    words: Words
    sentence: Words  # "{actor} graded it {grade}"; keys: actor, the act's fields, unit, stage
    roles: tuple[str, ...]
    from_stages: tuple[str, ...]
    to: str | None = None
    advance: str | None = None
    asks: tuple[str, ...] = ()  # fields that must be given
    may_ask: tuple[str, ...] = ()  # fields that may be given
    outcome: bool = False  # an outcome must be given
    retypes: bool = False  # type, priority and place may be given anew
    merge: Literal["into", "undo"] | None = None
    effects: tuple[str, ...] = ()
    contact: bool = False  # the act needs the contact: it is a purpose for looking at it
    tells: tuple[str, ...] = ()  # outbox topics
    key: str = ""  # its key on the console

    @property
    def versioned(self) -> bool:
        """Whether `expected_version` is needed: the act changes stage or fields (DESIGN 5)."""
        return bool(self.to or self.retypes or self.outcome or self.merge or self.asks_kept)

    asks_kept: bool = False  # some asked field is kept on the case (parse.py: any field that is not `text`)


@dataclass(frozen=True)
class Escalation:
    after: timedelta  # past due
    to: str  # role


@dataclass(frozen=True)
class Clock:
    """A promise. `due` by priority ("1".."4"), or "" for every case; or `due_field`, a date field's end of day."""

    name: str
    words: Words
    counts: Counts
    starts: tuple[str, ...]  # acts that start it; "open" is the opening
    stops: tuple[str, ...]  # acts that meet it
    due: tuple[tuple[str, int], ...] = ()  # seconds for real and working time, days for calendar and "d" working
    unit: Literal["seconds", "days"] = "seconds"
    due_field: str = ""
    pause_in: tuple[str, ...] = ()  # stages in which it stands still
    ring: bool = False  # due is the block's ring (inner or outer minutes) instead of a number
    escalate: tuple[Escalation, ...] = ()  # at most three


@dataclass(frozen=True)
class Merge:
    within: timedelta
    metres: int


@dataclass(frozen=True)
class Kind:
    name: str
    digest: str
    noun: Words
    title: Words
    subject: Subject
    fields: tuple[Field, ...]
    stages: tuple[Stage, ...]
    acts: tuple[Act, ...]
    open_roles: tuple[str, ...]
    open_sentence: Words
    open_stage: str
    view_roles: tuple[str, ...]
    routing_level: str | None = None  # key of a city level; None: routed to `department`
    department: str = ""
    types: tuple[CaseType, ...] = ()
    outcomes: tuple[tuple[str, Words], ...] = ()
    clocks: tuple[Clock, ...] = ()
    merge: Merge | None = None
    sensitive: bool = False
    retention_days: int = 365
    satisfaction: Words | None = None
    publication: tuple[str, ...] = ()  # facts that may be published, e.g. "block", "type", "times"
    channels: tuple[tuple[str, Words], ...] = field(default=())

    def act(self, name: str) -> Act | None:
        return next((a for a in self.acts if a.name == name), None)

    def stage(self, name: str) -> Stage:
        return next(s for s in self.stages if s.name == name)

    def field_named(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    def type_coded(self, code: str) -> CaseType | None:
        return next((t for t in self.types if t.code == code), None)
