"""One's messages over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from blockwise.access.actors import actor_of
from blockwise.access.members import Members

from . import actions, queries

router = Router(tags=["messages"])


class MessageOut(Schema):
    """`words`: what it says, in the language that is asked for. `line`: the line that caused it."""

    id: int
    topic: str
    words: str
    data: dict[str, Any]
    case: int | None
    role: str
    block: str
    line: int
    created_at: datetime
    read: bool
    done_at: datetime | None
    done_by: str


class Which(Members):
    ids: list[int] = Field(min_length=1, max_length=actions.MOST)


class Marked(Schema):
    count: int


@router.get("/messages", response=list[MessageOut], summary="What you must know")
def messages(
    request: HttpRequest,
    state: Literal["open", "unread", "done"] = "open",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> list[MessageOut]:
    """The newest 100 of what is for you, below the id `before`; the next page begins before the last id of this one."""
    found = queries.inbox(actor_of(request), done=state == "done", unread=state == "unread", before=before)
    return [_out(one) for one in found]


@router.post("/messages/read", response=Marked, summary="You have read these")
def read(request: HttpRequest, body: Which) -> Marked:
    """You have read these; how many of them you had not. Those that are not yours are passed over."""
    return Marked(count=actions.read(actor_of(request), _ids(body)))


@router.post("/messages/done", response=Marked, summary="These are done")
def done(request: HttpRequest, body: Which) -> Marked:
    """These need nothing more, for anybody whom they were for."""
    return Marked(count=actions.done(actor_of(request), _ids(body)))


def _ids(body: Which) -> list[int]:
    return [number for number in body.ids if 0 < number < 2**63]


def _out(one: queries.InboxRow) -> MessageOut:
    message = one.message
    return MessageOut(
        id=message.pk, topic=message.topic, words=one.words, data=message.data, case=message.case, role=message.role,
        block=message.block, line=message.line, created_at=message.created_at, read=one.read, done_at=message.done_at,
        done_by=message.done_by,
    )  # fmt: skip
