"""Topics: what messages are about. The rooms hand them up; what one says is worded when it is shown."""

from __future__ import annotations

from blockwise.access.seams import CaseLike, KindLike
from blockwise.problems import Invalid
from blockwise.rooms import Topic, house

Subject = tuple[KindLike, CaseLike]


def topic(name: str) -> Topic:
    """Invalid for a topic that no room hands up."""
    if name not in house().topics:
        raise Invalid(f"{name!r} is no topic.", where="topic", fix=f"Known: {', '.join(sorted(house().topics))}.")
    return house().topics[name]
