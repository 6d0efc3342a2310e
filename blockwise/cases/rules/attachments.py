"""Attachments as they are given and refused: names of files that were sent before, and why a file is not kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.attachments.anew import LARGEST, NOT_EXAMINED
from blockwise.problems import Invalid, Problem, TooLarge, UnknownType

from ..kinds.model import Act, Field, Kind

TYPE = "attachment"
MOST = 6  # files given for one field of an act
NAME = re.compile(r"[0-9a-f]{64}")
ACCEPTED = ".jpg,.jpeg,.png,.webp,.heic,.pdf,.mp3,.m4a,.wav,.opus,.ogg,image/*,audio/*,application/pdf"

_TAKEN = _("Pictures (JPEG, PNG, WebP, HEIC), PDF and sound (MP3, M4A, WAV, Opus) are taken.")
_AGAIN = _("Nothing of it was kept.")
_WORDS: dict[str, tuple[Promise, Promise]] = {
    "empty": (_("The file is empty."), _("Choose it again.")),
    "program": (_("This is a program, whatever its name says."), _TAKEN),
    "markup": (_("This is a page or a drawing in markup (SVG, HTML), which can hold scripts."), _TAKEN),
    "archive": (_("This is an archive or an office document."), _TAKEN),
    "video": (_("This is a video, or of a form that is not taken."), _TAKEN),
    "unknown": (_("What kind of file this is cannot be told from its content."), _TAKEN),
    "encrypted": (
        _("Not examined: it is encrypted."),
        _("Nothing of it was kept. Send it without a password."),
    ),
    "damaged": (
        _("Not examined: it is damaged or cut short."),
        _("Nothing of it was kept. Send it again, or make it anew."),
    ),
    "pixels": (_("Not examined: it has more than 50 million pixels."), _AGAIN),
    "pages": (_("Not examined: it has more than 60 pages."), _("Nothing of it was kept. Send it in parts.")),
    "effort": (_("Not examined: reading it takes more time or memory than a file is given."), _AGAIN),
    "kept-large": (
        _("What would be kept of it is larger than 10 MB."),
        _("Nothing of it was kept. Send less at once."),
    ),
}


class NotExamined(Problem):
    """Nobody could look into the file, so nobody knows what it holds."""

    status, code = 422, "not-examined"


def refusal(why: str, where: str) -> Problem:
    """What is said for a reason of blockwise.attachments."""
    what, fix = _WORDS[why]
    kind: type[Problem] = TooLarge if why == "kept-large" else NotExamined if why in NOT_EXAMINED else UnknownType
    return kind(what, where=where, fix=fix, more={"why": why})


def refuse_large(size: int, where: str) -> None:
    if size > LARGEST:
        raise TooLarge(_("The file is larger than 25 MB."), where=where, fix=_("Send a smaller one."))


def parse_names(field: Field, value: object) -> list[str]:
    """The names of files that were sent to the case before; each once, in their order."""
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and NAME.fullmatch(one) for one in given):
        fix = _("Give the names that the case's attachments were given when they were sent.")
        raise Invalid(_("These are no names of attachments."), where=field.name, fix=fix)
    if len(given) > MOST:
        most = _("Give at most %(most)d.") % {"most": MOST}
        raise Invalid(_("These are too many files at once."), where=field.name, fix=most)
    return list(dict.fromkeys(given))


def fields_of(kind: Kind, names: Iterable[str]) -> list[Field]:
    wanted = set(names)
    return [field for field in kind.fields if field.type == TYPE and field.name in wanted]


def takes(kind: Kind, act: Act) -> bool:
    """Whether files may be given with this act."""
    return bool(fields_of(kind, (*act.asks, *act.may_ask)))
