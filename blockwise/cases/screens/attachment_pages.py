"""Attachments on a case's page, in the form of an act, and opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from blockwise.access.actors import Actor, actor_of
from blockwise.access.policy import Sent, may_open_attachment
from blockwise.attachments.anew import LARGEST

from ..engine import attaching, custody
from ..kinds.model import Kind
from ..models import Case
from ..queries.attached import WORDS, attached, size_of
from ..queries.story import actor_names
from ..rules import sight
from ..rules.attachments import MOST, TYPE
from ..rules.inputs import Input

ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf", "audio/mpeg": "mp3", "audio/mp4": "m4a"}
ENDINGS |= {"audio/wav": "wav", "audio/ogg": "ogg"}


@dataclass(frozen=True)
class FileWaits:
    """A file that was sent with a form that was refused: it need not be sent again."""

    name: str
    words: str
    size: str


def section(case: Case, kind: Kind, actor: Actor) -> dict[str, Any] | None:
    """What is attached, with who brought it, and the acts for which it may be opened ("" for oversight)."""
    found = attached(case, actor, thumbs=True) if any(field.type == TYPE for field in kind.fields) else ()
    if not found:
        return None
    sent: Sent = {}
    oversees = [""] if may_open_attachment(actor, "", kind, case, sent) else []
    needs = [act for act in sight.open_acts(case, actor, sent) if may_open_attachment(actor, act, kind, case, sent)]
    names = actor_names(one.actor for one in found)
    return {"attached": [(one, names[one.actor]) for one in found], "needs": needs, "oversees": oversees}


def receive(request: HttpRequest, case: Case, inputs: Sequence[Input], actor: Actor) -> None:
    """Take in the files of a form: their names stand in its fields afterwards, those too that came before a refusal."""
    posted = request.POST.copy()
    request.POST = posted  # type: ignore[assignment]  # it may be set, and then changed
    for entry in inputs:
        if entry.type == TYPE:
            for number, file in enumerate(request.FILES.getlist(entry.name)[: MOST + 1]):
                key = f"{posted.get('key', '')[:40]}.{entry.name}.{number}" if posted.get("key") else None
                posted.appendlist(entry.name, _sent(case, entry, file, actor, key).name)


def _sent(case: Case, entry: Input, file: UploadedFile[Any], actor: Actor, key: str | None) -> attaching.FileSent:
    return attaching.send(case.pk, file.read(LARGEST + 1), actor, key=key, where=entry.name)


def shown(request: HttpRequest, case: Case, inputs: Sequence[Input], actor: Actor) -> list[Input]:
    """The form's inputs with what was sent already."""
    return [
        replace(entry, sent=_waits(case, actor, request.POST.getlist(entry.name))) if entry.type == TYPE else entry
        for entry in inputs
    ]


def _waits(case: Case, actor: Actor, names: list[str]) -> tuple[FileWaits, ...]:
    rows = attaching.waiting(case, actor, names) if names else []
    return tuple(FileWaits(row.name, str(WORDS[row.type]), size_of(row.facts)) for row in rows)


def open_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The file itself, once it is on the record who opened it and what for."""
    copy = "copy" in request.POST
    name = request.POST.get("copy" if copy else "open", "")
    opened = custody.look(case_id, name, actor_of(request), act=request.POST.get("act", ""), copy=copy)
    answer = HttpResponse(opened.content, content_type=opened.type)
    shown_as = "attachment" if copy else "inline"
    answer["Content-Disposition"] = f'{shown_as}; filename="{case_id}-{name[:8]}.{ENDINGS[opened.type]}"'
    return answer


urlpatterns = [path("cases/<int:case_id>/attachments/", require_POST(open_page), name="case-attachment")]
