"""The room contract: what a room hands up in its `room.py`, and the house that all rooms make together.

A room is a folder with a `ROOM`. `site` assembles those that `settings.ROOMS` names; whoever needs all of them, the
policy, the kind checker, the feed, forms, API, health or the worker, asks `house()`. Nothing else lists rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

JsonSchema = Mapping[str, Any]
Said = tuple[str, str, str]  # what is wrong, why, and the way out: the checker's three words


class Role(TextChoices):
    CALL_TAKER = "call_taker", _("call taker")
    DISPATCHER = "dispatcher", _("dispatcher")
    SHIFT_LEADER = "shift_leader", _("shift leader")
    CREW = "crew", _("unit crew")
    BLOCK_LEADER = "block_leader", _("block leader")
    INSPECTOR = "inspector", _("inspector")
    MEDIATOR = "mediator", _("mediator")
    CLERK = "clerk", _("counter clerk")
    DEPARTMENT_OFFICER = "department_officer", _("department officer")
    VOLUNTEER = "volunteer", _("volunteer")
    ANALYST = "analyst", _("analyst")
    OVERSIGHT = "oversight", _("oversight")
    ADMINISTRATOR = "administrator", _("administrator")
    REPORTER = "reporter", _("reporter")  # whoever holds a case's receipt: given to nobody


GRANTED = tuple(role for role in Role if role is not Role.REPORTER)


class Where(TextChoices):
    ANYWHERE = "anywhere", _("anywhere")
    SUBTREE = "subtree", _("in the block of the grant and below")
    PLAIN = "plain", _("in the block of the grant and below, sensitive cases not")
    ASSIGNED = "assigned", _("on cases that one's own unit now works on")
    OWN_UNIT = "own_unit", _("for one's own unit")
    DEPARTMENT = "department", _("on cases of one's own department, in the block of the grant and below")
    ASSIGNEE = (
        "assignee",
        _("on cases given to oneself, in the block of the grant and below; sensitive ones not"),
    )
    RECEIPT = "receipt", _("on the case whose receipt one holds")


@dataclass(frozen=True)
class Rule:
    """Who may do `what`, where and for what purpose."""

    what: str
    who: Role
    where: Where
    purpose: Promise


@dataclass(frozen=True)
class Thread:
    """Lines of threads called `prefix` or `prefix:<code>`: may be read by whoever the rule `what` allows it.

    `about`: what the code stands for. The lines of a case are read by whoever may view the case.
    """

    prefix: str
    what: str
    about: Literal["case", "unit", "block", "nothing"] = "nothing"


@dataclass(frozen=True)
class Topic:
    """What messages are about. `words`: what one says, from its data and, where it is about a case, that case and its
    kind; no personal data. `page`: the page that shows more. `told`: a kind's act may name it in `tells`.
    `read_within`: it asks to be read, and by then; `stands`: whether it is still so, for what is settled by now goes to
    nobody above though nobody read it."""

    name: str
    label: Promise
    words: Callable[[Mapping[str, Any], Any], str]
    page: Callable[[Mapping[str, Any]], str]
    told: bool = False
    read_within: timedelta | None = None
    stands: Callable[[Mapping[str, Any]], bool] = lambda _data: True


@dataclass(frozen=True)
class Effect:
    """What an act of a kind sets off, by the name under which kinds call it.

    `run` gets the engine's Change inside its transaction, after the case is changed and before its line is written; it
    raises to refuse. `prepare` gets the case and the act's data before the transaction: what takes long and changes
    nothing; it is not asked for the system's own acts. `takes`: keys of the act's data that are the effect's own;
    `needs`: those without which the API need not try; `cases`: the key whose values are further cases, to be locked.
    """

    name: str
    words: Promise  # what it does, for the reference
    run: Callable[[Any], None]
    takes: Mapping[str, JsonSchema] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    cases: str = ""
    prepare: Callable[[Any, Mapping[str, Any]], Any] | None = None
    inputs: tuple[Any, ...] = ()  # how a person is asked for what it takes; the rest is for programs
    says: tuple[str, ...] = ()  # what it gives the act's sentence
    sends: bool = False  # units are sent to the case
    frees: bool = False  # no unit is left on the case
    gives: bool = False  # the case is somebody's after it
    faults: Callable[[Any, Any], Iterable[Said]] = lambda _kind, _act: ()  # of an act of a kind that names it


@dataclass(frozen=True)
class FieldType:
    """A type that fields of kinds may have. Each function gets the declared field first.

    `parse`: what was given as JSON without floats, or Invalid; `schema`: the same for programs; `input`: how a person
    is asked; `shown`: a kept value in the reader's language; `typed`: the same as it stands in a form, by input;
    `readable`: whether what is kept can be read; `faults`: of the declaration.
    """

    name: str
    words: Promise  # what it holds, for the reference
    parse: Callable[[Any, object], Any]
    schema: Callable[[Any], JsonSchema]
    input: Callable[[Any], Mapping[str, Any]] = lambda _field: {}
    shown: Callable[[Any, Any], Any] = lambda _field, value: value
    typed: Callable[[Any, Any], Mapping[str, Any]] = lambda field, value: {field.name: value}
    sealed: bool = False  # always kept under the case's key
    free: bool = False  # a text in somebody's own words
    looked: bool = False  # shown by a look only, each of which is a line
    alone: bool = False  # by a look of its own, for an act that names it in its needs
    apart: bool = False  # kept beside the case, not on it
    keys: frozenset[str] = frozenset()  # of a declaration, beside those of every field
    readable: Callable[[Any], bool] = lambda _value: True
    since: int = 1  # the first format of kinds whose new texts may use it
    declarable: bool = True  # among a kind's fields; else under a key of its own
    faults: Callable[[Any], Iterable[Said]] = lambda _field: ()


@dataclass(frozen=True)
class Job:
    """What the worker does every `every` seconds.

    `work` does what there is at once, or is a generator that stops after each piece: a piece takes tens of
    milliseconds. `first`: before every other's turn, and whole at the end. `timely`: left until the machine's time is
    to be believed. `oldest` tells how long the oldest thing waits that should have been done by now.
    """

    name: str
    every: float
    work: Callable[[], object]
    first: bool = False
    timely: bool = False
    oldest: Callable[[], timedelta] | None = None


@dataclass(frozen=True)
class Finding:
    """`ok`: this is well. `vital`: when it is not, the server is not ready."""

    name: str
    ok: bool
    vital: bool
    figure: str


def seconds(age: timedelta | None) -> str:
    """A figure of health."""
    return "never" if age is None else f"{age.total_seconds():.1f} s"


@dataclass(frozen=True)
class Check:
    """One thing that health looks at; one that fails tells so by its kind of failure, and whether it is `vital`."""

    find: Callable[[], Finding]
    vital: bool = True


@dataclass(frozen=True)
class Entrance:
    """A page in the navigation of whoever holds one of these roles; `at` orders all rooms' pages. `begins`: it is shown
    first after signing in, where none before it is."""

    page: str  # its name in the urls
    words: Promise
    roles: frozenset[Role]
    at: int
    begins: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a case's page: `template` with what `context` gives; nothing where that is None."""

    template: str
    context: Callable[[Any, Any, Any], Mapping[str, Any] | None]  # case, its kind, actor
    at: int = 50


@dataclass(frozen=True)
class Api:
    """`module` holds a `router`; `words` say in the API's document what its tag, the room's name, is for. `what`: the
    rule by which every request of it is let in, where that is more than being somebody."""

    module: str
    words: str
    what: str = ""


@dataclass(frozen=True)
class Room:
    """What a room hands up. `allows`: what its rules allow, in words; `scopes`: of tokens, each with what it opens."""

    name: str
    allows: Mapping[str, Promise] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    threads: tuple[Thread, ...] = ()
    topics: tuple[Topic, ...] = ()
    effects: tuple[Effect, ...] = ()
    field_types: tuple[FieldType, ...] = ()
    jobs: tuple[Job, ...] = ()
    checks: tuple[Check, ...] = ()
    api: Api | None = None
    pages: str = ""  # a module with `urlpatterns`
    entrances: tuple[Entrance, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class House:
    """All rooms, the lowest first, and what they hold together. Two things of one name are an error."""

    rooms: tuple[Room, ...]

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        return _by_name(one for room in self.rooms for one in room.effects)

    @cached_property
    def field_types(self) -> Mapping[str, FieldType]:
        return _by_name(one for room in self.rooms for one in room.field_types)

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        return _by_name(one for room in self.rooms for one in room.topics)

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        return _by_name(one for room in self.rooms for one in room.jobs)

    @cached_property
    def threads(self) -> Mapping[str, Thread]:
        return _by_name((one for room in self.rooms for one in room.threads), lambda one: one.prefix)

    @cached_property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """By what they allow, in the order of the rooms."""
        found: dict[str, list[Rule]] = {}
        for rule in (rule for room in self.rooms for rule in room.rules):
            found.setdefault(rule.what, []).append(rule)
        return {what: tuple(rules) for what, rules in found.items()}

    @cached_property
    def scope_of(self) -> Mapping[str, str]:
        """The scope that a token needs for each `what`; one that is not here is not open to a token at all."""
        return {what: scope for room in self.rooms for scope, opened in room.scopes.items() for what in opened}

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scope for room in self.rooms for scope in room.scopes))

    @cached_property
    def entrances(self) -> tuple[Entrance, ...]:
        return tuple(sorted((one for room in self.rooms for one in room.entrances), key=lambda one: one.at))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        return tuple(sorted((one for room in self.rooms for one in room.sections), key=lambda one: one.at))

    def checks(self) -> Iterator[Check]:
        return (check for room in self.rooms for check in room.checks)


def _by_name(things: Iterable[Any], name: Callable[[Any], str] = lambda one: str(one.name)) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in things:
        if name(one) in found:
            raise ValueError(f"Two rooms hand up {type(one).__name__} {name(one)!r}.")
        found[name(one)] = one
    return found


class _Stands:
    house: House | None = None


def assemble(rooms: Iterable[Room]) -> House:
    """Make these the rooms of the house."""
    _Stands.house = House(tuple(rooms))
    return _Stands.house


def house() -> House:
    """RuntimeError before `site` has assembled it."""
    if _Stands.house is None:
        raise RuntimeError("The rooms are not assembled yet.")
    return _Stands.house
