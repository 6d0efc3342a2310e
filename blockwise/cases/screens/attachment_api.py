"""Attachments over HTTP: a file's bytes and nothing else are sent, so no name of it ever comes here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema, Status

from blockwise.access.actors import actor_of
from blockwise.access.members import Members
from blockwise.attachments.anew import LARGEST

from ..engine import attaching, custody
from ..queries import attached
from ..rules import sight
from ..rules.attachments import NAME
from .parameters import CaseId, Key

router = Router(tags=["cases"])
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}
FILE = {"responses": {200: {"description": "The file.", "content": dict.fromkeys(attached.WORDS, BINARY)}}}


class SentOut(Schema):
    """`name` is SHA-256 of what is stored. `facts`: width and height in pixels, pages, or ms of sound."""

    case: int
    name: str
    type: str
    bytes: int
    facts: dict[str, int]
    again: bool


class AttachedOut(Schema):
    """`line` is that of the act that brought it; `size` in words: pixels, pages or minutes."""

    name: str
    field: str
    type: str
    bytes: int
    size: str
    line: int
    act: str
    actor: str
    at: datetime


class OpeningFile(Members):
    act: str = Field("", max_length=40, description="The act that needs it and is open to you; oversight needs none.")
    copy_: bool = Field(False, alias="copy", description="To be kept outside: the record says so.")


@router.post(
    "/cases/{case_id}/attachments",
    response={201: SentOut, 200: SentOut},
    summary="Send a file, to be named by an act",
    openapi_extra=BODY,
)
def send_attachment(request: HttpRequest, case_id: CaseId, key: Key = None) -> Status[Any]:
    """A picture (JPEG, PNG, WebP, HEIC), PDF or sound (MP3, M4A, WAV, Opus) of at most 25 MB, told by its content. It
    is made anew: location, device, scripts and all else it held are left out. What cannot be examined is refused.
    It waits a day for an act of yours to name it in a field of type `attachment`."""
    content = request.read(LARGEST + 1)
    sent = attaching.send(case_id, content, actor_of(request), key=key)
    return Status(200 if sent.again else 201, sent)


@router.get("/cases/{case_id}/attachments", response=list[AttachedOut], summary="What is attached to a case")
def list_attachments(request: HttpRequest, case_id: CaseId) -> list[attached.Attached]:
    """Oldest first; nothing of what they hold."""
    actor = actor_of(request)
    return attached.attached(sight.case_for(case_id, actor), actor)


@router.post("/cases/{case_id}/attachments/{file}", summary="Open an attachment, for an open act", openapi_extra=FILE)
def open_attachment(request: HttpRequest, case_id: CaseId, file: Name, body: OpeningFile) -> HttpResponse:
    """Its bytes. Every look and every copy is a line: who, in which role, what for."""
    opened = custody.look(case_id, file, actor_of(request), act=body.act, copy=body.copy_)
    return HttpResponse(opened.content, content_type=opened.type)
