"""A person's lines: what was changed about their ways in and roles, and by whom."""

from __future__ import annotations

from typing import Any

from blockwise.ledger.lines import Entry, write
from blockwise.ledger.models import Line

from .actors import Actor
from .models import User


def line(user: User, act: str, actor: Actor, *, block: str = "", **data: Any) -> Line:
    return write([Entry(thread=f"user:{user.pk}", act=act, actor=actor.id, block=block, data=data)])[0]
