"""What the rooms above tell the policy, which may not import them: set once, when those rooms start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.db.models import QuerySet


class ActLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def from_stages(self) -> tuple[str, ...]: ...
    @property
    def by(self) -> str: ...
    @property
    def contact(self) -> bool: ...
    @property
    def files(self) -> bool: ...
    @property
    def needs(self) -> tuple[str, ...]: ...


class KindLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def sensitive(self) -> bool: ...
    @property
    def open_roles(self) -> tuple[str, ...]: ...
    @property
    def view_roles(self) -> tuple[str, ...]: ...
    def act(self, name: str, /) -> ActLike | None: ...


class CaseLike(Protocol):
    pk: Any
    block_id: Any
    department: Any
    assignee: Any
    stage: Any
    final: Any
    sensitive: Any


class UnitLike(Protocol):
    pk: Any
    block_id: Any


class LineLike(Protocol):
    thread: Any
    act: Any
    actor: Any
    block: Any


class Crews(Protocol):
    """Answered by units."""

    def units_of(self, users: Iterable[int]) -> Mapping[int, frozenset[str]]:
        """Codes of the units for which the phone of each of these users speaks, of those who have any."""

    def sent_to(self, case_id: int) -> frozenset[str]:
        """Codes of the units that now work on the case."""

    def cases_of(self, units: frozenset[str]) -> QuerySet[Any, Any]:
        """Ids of the cases on which these units now work, as a subquery."""

    def call_signs(self, codes: Iterable[str]) -> Mapping[str, str]:
        """What these units are called."""

    def at_work(self, cases: Iterable[int]) -> Mapping[int, Sequence[str]]:
        """The call signs of the units that now work on each of these cases."""


class Cases(Protocol):
    """Answered by cases."""

    def texts(self) -> frozenset[str]:
        """The digest of every text of a kind ever stored; the same set as long as none comes."""

    def kind_of(self, text: str) -> KindLike:
        """The kind that the text with this digest declares."""

    def subjects(self, ids: Iterable[int]) -> Mapping[int, tuple[KindLike, CaseLike]]:
        """Each existing case with the kind it was opened under, in few queries."""


class _Seams:
    crews: Crews | None = None
    cases: Cases | None = None


seams = _Seams()
