"""What a person is asked: a form is a list of these, made from a kind's declaration and what its effects take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import attachments

Choices = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Leaf:
    """A type to choose; `find` is what it is found by when it is typed."""

    code: str
    words: Any
    priority: int
    find: str


@dataclass(frozen=True)
class Branch:
    """Types under the same words above them, and what these are found by."""

    words: str
    find: str
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Input:
    """One thing asked. `type` names its part of templates/cases/input.html; `wrong` is a refusal in words."""

    name: str
    label: Any
    type: str
    required: bool = False
    sealed: bool = False
    choices: Choices = ()
    branches: tuple[Branch, ...] = ()
    kind: str = ""  # whose types they are
    parts: tuple[Input, ...] = ()
    low: int | None = None
    high: int | None = None
    unit: str = ""  # what an amount is counted in
    unplaced: bool = False  # a place that need not be known yet
    offers: Callable[[Any, Any], Choices] | None = None  # the choices, of a case and its kind
    sent: tuple[Any, ...] = ()  # files that were sent already and wait for the act
    when: str = ""  # in words, when it is asked and when it is needed
    asked: str = ""  # the same as JSON, as far as this form decides: [[name, choices], ...]
    needed: str = ""
    value: Any = ""
    wrong: Any = ""

    @property
    def accepted(self) -> str:
        """What a browser offers to choose from; what is taken is told by the content."""
        return attachments.ACCEPTED
