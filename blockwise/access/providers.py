"""Where people sign in elsewhere; made of the settings by the site."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provider:
    """A provider of OpenID Connect. `claim` of its identity token names the login here; `factor`: values of `amr` or
    `acr` that are believed to say that a second factor was shown there; `name`: what people call it."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str = "preferred_username"
    factor: frozenset[str] = frozenset()
    name: str = ""
