"""What members a JSON body may have."""

from __future__ import annotations

from ninja import Schema
from pydantic import ConfigDict


class Members(Schema):
    """An object with no other members than its own: a misspelt one is refused, not dropped, and so is a text for one.

    (ninja's Schema alone takes any value as an object whose missing members have their defaults.)
    """

    model_config = ConfigDict(extra="forbid")
