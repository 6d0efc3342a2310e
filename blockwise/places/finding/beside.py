"""What is not at a place but beside it: opposite, near, behind. The place named is offered, and said to be a guess."""

from __future__ import annotations

import re
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .chinese import HAN

_BEFORE: Final = re.compile(
    r"^(?P<word>(?:DIAGONALLY\s+)?OPPOSITE(?:\s+(?:TO|OF))?|ACROSS(?:\s+THE\s+(?:STREET|ROAD))?\s+FROM|NEXT(?:\s+DOOR)?\s+TO"
    r"|NEAR(?:BY)?(?:\s+TO)?|CLOSE\s+TO|BEHIND|BESIDE|BY|IN\s+FRONT\s+OF|OUTSIDE(?:\s+OF)?|AROUND|PAST|JUST\s+PAST|BEFORE|AFTER"
    r"|(?:BACK|REAR|SIDE)\s+OF)\s+(?P<rest>.+)$"
)
_AFTER: Final = re.compile(
    r"^(?P<rest>.+?)的?(?P<word>斜?对面|正对面|对过|旁边|旁|隔壁|附近|后面|后边|背后|前面|前边|门前|门口|大门口?|楼下|侧面|周边|一带"
    r"|[东南西北]侧|[东南西北]边|往?[东南西北]\d{1,4}米)(?:处|的?路上)?$"
)


def beside(wanted: str) -> tuple[str, object] | None:
    """The place that a text names something beside of, and the note that says so; None where it names none."""
    text = "".join(wanted.split()) if HAN.search(wanted) else wanted
    said = (_AFTER if HAN.search(wanted) else _BEFORE).match(text)
    if said is None:
        return None
    words = said["word"].lower()
    return said["rest"], format_lazy(_("Said was “{words}”: this is the place that was named."), words=words)
