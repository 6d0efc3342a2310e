"""What is attached to a case, as its lines tell it; thumbnails while the vault opens them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor
from blockwise.access.queries import visible_lines
from blockwise.ledger import lines, sealed_files
from blockwise.ledger.models import DataKey

from ..kinds import registry
from ..models import Case

WORDS: dict[str, Promise] = {
    "image/jpeg": _("picture"),
    "application/pdf": _("document"),
    "audio/mpeg": _("recording"),
    "audio/mp4": _("recording"),
    "audio/wav": _("recording"),
    "audio/ogg": _("recording"),
}


@dataclass(frozen=True)
class Attached:
    """`thumb` is a data URL, empty for sound and wherever the case is sensitive. `words` call it by its type."""

    name: str
    field: str
    type: str
    bytes: int
    words: str
    size: str  # pixels, pages or minutes
    line: int
    act: str
    actor: str  # an actor id
    at: datetime
    thumb: str = ""

    @property
    def kilobytes(self) -> int:
        return max(1, self.bytes // 1000)


def attached(case: Case, actor: Actor, *, thumbs: bool = False) -> list[Attached]:
    """Every attachment that lines tell of which the actor may see, oldest first; none once they were erased."""
    if not DataKey.objects.filter(thread=case.thread, wrapped__isnull=False).exists():
        return []
    told = list(_noted(case, actor))
    shown = _thumbs(case, told) if thumbs and not (case.sensitive or registry.of(case).sensitive) else {}
    return [_attached(row, one, shown.get(one.get("thumb", ""), "")) for row, one in told]


def _noted(case: Case, actor: Actor) -> Iterable[tuple[Any, Mapping[str, Any]]]:
    for row in visible_lines(actor, list(lines.thread_lines(case.thread))):
        for one in lines.data_of(row).get("attachments", ()):
            yield row, one


def _thumbs(case: Case, told: Iterable[tuple[Any, Mapping[str, Any]]]) -> dict[str, str]:
    names = [one["thumb"] for _row, one in told if one.get("thumb")]
    opened = sealed_files.open_many(case.thread, names)
    return {name: f"data:image/jpeg;base64,{base64.b64encode(content).decode()}" for name, content in opened.items()}


def _attached(row: Any, one: Mapping[str, Any], thumb: str) -> Attached:
    return Attached(
        name=one["name"],
        field=one["field"],
        type=one["type"],
        bytes=one["bytes"],
        words=str(WORDS.get(one["type"], one["type"])),
        size=size_of(one),
        line=row.number,
        act=row.act,
        actor=row.actor,
        at=row.recorded_at,
        thumb=thumb,
    )


def size_of(facts: Mapping[str, Any]) -> str:
    """How large it is to whoever looks or listens: pixels, pages, minutes and seconds."""
    if "pages" in facts:
        return str(_("%d pages") % facts["pages"])
    if "ms" in facts:
        minutes, seconds = divmod(round(facts["ms"] / 1000), 60)
        return f"{minutes}:{seconds:02d}"
    return f"{facts['width']} × {facts['height']}" if "width" in facts else ""
