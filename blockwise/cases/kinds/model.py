"""What a kind declares, parsed and frozen. `parse.py` reads YAML into these; `check.py` refuses what may not be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from blockwise.rooms import Effect, house

Subject = Literal["place", "matter", "agency", "application"]
PlaceMode = Literal["point", "premises", "block", "none"]
Counts = Literal["real", "working", "calendar"]
DEPARTMENT = "department"  # whose promise a clock may be, beside a party's
CHECKLIST = "checklist"  # the type of the field in which the results of a checklist stand
RESULTS = ("ok", "fault", "not_applicable")  # of an item of a checklist
MOST_ITEMS = 60  # of a checklist
PartyStep = Literal["adds", "changes", "consents", "erases"]


@dataclass(frozen=True)
class Words:
    zh: str
    en: str

    def __str__(self) -> str:
        """In the language of the present request."""
        from django.utils.translation import get_language

        return self.zh if (get_language() or "en").startswith("zh") else self.en


def meanings(known: Iterable[tuple[str, Words]]) -> str:
    """Codes with their words in both languages, for programs."""
    return "; ".join(f"{code}: {words.en} {words.zh}" for code, words in known)


@dataclass(frozen=True)
class Condition:
    """What must hold: each of these fields, `type` or `outcome`, is one of the choices beside it."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _wanted in self.parts)


@dataclass(frozen=True)
class Field:
    name: str
    type: str  # of those that the rooms hand up
    label: Words
    required: bool = False  # at opening
    personal: bool = False  # sealed; always so for some types
    choices: tuple[tuple[str, Words], ...] = ()
    low: int | None = None
    high: int | None = None
    digits: int | None = None  # after the point
    currency: str = ""  # its code of ISO 4217
    opening: bool = True  # asked when a case is opened
    asked_when: Condition | None = None  # None: always
    required_when: Condition | None = None  # it must be given then
    computed: bool = False  # worked out by the kind's grade, given by nobody

    @property
    def place(self) -> str:
        """Under which key of the text it is declared, but for a grade."""
        return "checklists" if self.type == CHECKLIST else "fields"

    @property
    def free(self) -> bool:
        """Whether somebody writes it in words of their own."""
        return house().field_types[self.type].free

    @property
    def kept(self) -> bool:
        """Whether what is given stands on the case."""
        return not self.free and not self.apart

    @property
    def apart(self) -> bool:
        """Whether what is given is kept beside the case."""
        return house().field_types[self.type].apart

    @property
    def looked(self) -> bool:
        """Whether it is shown by a look only."""
        return house().field_types[self.type].looked

    @property
    def of_contact(self) -> bool:
        """Whether a look at the contact shows it."""
        return self.looked and not self.alone

    @property
    def alone(self) -> bool:
        """Whether it is told in confidence: shown by a look of its own only."""
        return house().field_types[self.type].alone


@dataclass(frozen=True)
class GradeRow:
    """What must hold of choices and of whole numbers (name, least, most), and the grade that it is then."""

    when: Condition
    between: tuple[tuple[str, int | None, int | None], ...]
    grade: str


@dataclass(frozen=True)
class Grade:
    """A value worked out of one to three fields by the first row that holds; it is kept on the case as a field."""

    name: str
    of: tuple[str, ...]
    rows: tuple[GradeRow, ...]
    otherwise: str = ""


@dataclass(frozen=True)
class CaseType:
    """A leaf of the kind's type tree, e.g. `fire.building`; `parents` are the words of the levels above."""

    code: str
    words: Words
    parents: tuple[Words, ...] = ()
    priority: int = 3
    needs: tuple[tuple[str, int], ...] = ()  # capability, number of units
    sensitive: bool = False
    also: Words | None = None  # other words for it, commas between: it is found by them too


@dataclass(frozen=True)
class PartyRole:
    """A role that people or firms may have in the matter; what is told of each is sealed under a key of its own."""

    name: str
    words: Words
    fields: tuple[str, ...]  # of parties.FIELDS
    most: int = 1  # of them on a case
    consent: bool = False  # they are asked for it


@dataclass(frozen=True)
class Stage:
    name: str
    words: Words
    final: bool = False
    no_unit: bool = False  # no unit is waited for in it


@dataclass(frozen=True)
class Round:
    """A piece of work inside a case that may come again: a mediation, a visit, a call back."""

    name: str
    words: Words
    most: int  # of them in one case
    result: str  # a choice field that every act asks which ends one


@dataclass(frozen=True)
class Opens:
    """What an act opens beside its case: a case of another kind, of which this one is the `relation`."""

    kind: str
    relation: str  # one of links.RELATIONS
    type: str = ""
    asks_type: bool = False  # it is chosen with the act, among the types of the other kind
    channel: str = ""
    carries: tuple[tuple[str, str], ...] = ()  # field of the other kind, field of this one


@dataclass(frozen=True)
class Act:
    """A named step. `to` moves the case; `advance` moves it only forward in the order of stages."""

    name: str
    words: Words
    sentence: Words  # "{actor} graded it {grade}"; keys: actor, the act's fields, unit, stage, why
    roles: tuple[str, ...]
    from_stages: tuple[str, ...]
    to: str | None = None
    advance: str | None = None
    returns: str | None = None  # where the case waits again when the act leaves no unit working on it
    asks: tuple[str, ...] = ()  # fields that must be given
    may_ask: tuple[str, ...] = ()  # fields that may be given
    drops: tuple[str, ...] = ()  # open fields that are taken away again
    why: tuple[tuple[str, Words], ...] = ()  # reasons, one of which must be given; it stays with the line
    outcome: bool = False  # an outcome must be given
    retypes: bool = False  # type, priority and place may be given anew
    merge: Literal["into", "undo"] | None = None
    effects: tuple[str, ...] = ()
    contact: bool = False  # the act needs the contact: it is a purpose for looking at it
    needs: tuple[str, ...] = ()  # roles of parties, fields told in confidence: a purpose for looking at one of them
    party: str = ""  # the role of the party that it is about
    party_step: PartyStep | None = None  # what it does with that party
    by: Literal["", "assignee"] = ""  # only whoever the case is given to may do it
    not_by: tuple[str, ...] = ()  # acts; whoever did one of them on the case may not do this one
    when: Condition | None = None  # it is possible only then
    tells: tuple[str, ...] = ()  # topics of messages
    publishes: Words | None = None  # what is published, made of the kind's published facts: "{type} in {block}"
    key: str = ""  # its key on the console
    opens: Opens | None = None  # a case of another kind, in the same transaction
    begins: str = ""  # a round
    ends: str = ""  # a round
    checks: str = ""  # a checklist that is gone through, among `asks`
    links: str = ""  # the relation in which the case is linked to another one, given by number
    waits_for: tuple[str, ...] = ()  # kinds: it is possible once the parts of the case that are of them have ended

    @property
    def known_effects(self) -> list[Effect]:
        known = house().effects
        return [known[name] for name in self.effects if name in known]

    @property
    def versioned(self) -> bool:
        """Whether `expected_version` is needed: the act changes stage or fields (DESIGN 5)."""
        moved = self.to or self.retypes or self.outcome or self.merge or self.drops
        return bool(moved or self.asks_kept or self.party)

    files: bool = False  # files may be given (parse.py: some asked field keeps beside the case what it is given)
    asks_kept: bool = False  # some asked field is kept on the case (parse.py: none in own words, no attachment)


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
    grounds: tuple[tuple[str, Words], ...] = ()  # by such a stage, on what ground
    ring: bool = False  # due is the block's ring (inner or outer minutes) instead of a number
    escalate: tuple[Escalation, ...] = ()  # at most three
    only: tuple[str, ...] = ()  # types, or branches of them, to whose cases alone it is promised
    unless: tuple[str, ...] = ()  # those to whose cases it is not
    round: str = ""  # it is made anew for each round of this name, and kept or missed for each on its own
    from_field: str = ""  # a datetime field: it counts from that time, where that lies after its start
    of: str = ""  # the role of a party, or DEPARTMENT: it is their promise, and none of the agency's
    tells: str = ""  # the role that is told when they did not keep it

    @property
    def dated_by(self) -> tuple[str, ...]:
        """The fields that say when it is due."""
        return tuple(name for name in (self.due_field, self.from_field) if name)

    def ground(self, stage: str) -> Words | None:
        """On what ground it stands still in this stage, where the kind says one."""
        return dict(self.grounds).get(stage)

    def concerns(self, code: str) -> bool:
        """Whether it is promised to cases of this type."""
        named = any(code == one or code.startswith(f"{one}.") for one in (*self.only, *self.unless))
        return named if self.only else not named


@dataclass(frozen=True)
class Merge:
    within: timedelta
    metres: int
    alike: tuple[tuple[str, ...], ...] = ()  # branches of the type tree of which one event may be told


@dataclass(frozen=True)
class Scheduled:
    """A case for a later time, given in a datetime field: no unit is waited for until so long `before` it."""

    field: str
    before: timedelta


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
    sensitive_outcomes: tuple[str, ...] = ()  # a case that is given one is sensitive from then on
    clocks: tuple[Clock, ...] = ()
    rounds: tuple[Round, ...] = ()
    merge: Merge | None = None
    scheduled: Scheduled | None = None
    grade: Grade | None = None
    sensitive: bool = False
    retention_days: int = 365
    satisfaction: Words | None = None
    publication: tuple[str, ...] = ()  # facts that may be published, e.g. "block", "type", "times"
    channels: tuple[tuple[str, Words], ...] = field(default=())
    place: PlaceMode = "point"  # what each of its cases has: a point, one of premises, a block alone, or none
    unplaced: bool = False  # it may be opened while its place is not known yet
    parties: tuple[PartyRole, ...] = ()
    format: int = 1  # of its text
    unreadable: bool = False  # stands in for a text that is not there or was damaged (registry.py)

    def lies_ahead(self, name: str) -> bool:
        """Whether a promise is counted by this field, or the case waits for it, so that what is given lies ahead."""
        later = self.scheduled is not None and self.scheduled.field == name
        return later or any(name in clock.dated_by for clock in self.clocks)

    def promiser(self, name: str) -> Words:
        """Whose promise a clock is that is none of the agency's."""
        role = self.party_role(name)
        return role.words if role else Words("部门", "the department") if name == DEPARTMENT else Words(name, name)

    @property
    def turns_sensitive(self) -> bool:
        """Whether some of its cases are sensitive, though the kind is not."""
        return bool(self.sensitive_outcomes) or any(one.sensitive for one in self.types)

    @property
    def pointed(self) -> bool:
        """Whether its cases have a point on the map."""
        return self.place in ("point", "premises")

    @property
    def sends_units(self) -> bool:
        """Whether units are sent to its cases, as far as is known."""
        return self.unreadable or any(effect.sends for act in self.acts for effect in act.known_effects)

    def act(self, name: str) -> Act | None:
        return next((a for a in self.acts if a.name == name), None)

    def stage(self, name: str) -> Stage:
        """One that the kind does not know is called by its name, and nothing is open in it."""
        return next((s for s in self.stages if s.name == name), Stage(name, Words(name, name)))

    def field_named(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    def round_named(self, name: str) -> Round | None:
        return next((one for one in self.rounds if one.name == name), None)

    def party_role(self, name: str) -> PartyRole | None:
        return next((role for role in self.parties if role.name == name), None)

    def type_coded(self, code: str) -> CaseType | None:
        return next((t for t in self.types if t.code == code), None)
