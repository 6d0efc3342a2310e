"""The legal ground on which a kind is signed: words that anybody may read."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from blockwise.access.texts import plain
from blockwise.problems import Invalid

from .. import personal

LONGEST = 300
SHORTEST = 6  # "警察法第六条" is six
_LETTER = re.compile(r"[^\W\d_]")


def parse_ground(value: object) -> str:
    """Invalid when it is missing, no words, too long, or holds what would identify a person."""
    text = plain(value if isinstance(value, str) else "", "ground", LONGEST)
    if len(_LETTER.findall(text)) < SHORTEST:
        fix = _("Name the law and its article, or the decision of the city.")
        raise Invalid(_("A legal ground is needed, in words."), where="ground", fix=fix)
    if seen := personal.found_in(text):
        raise Invalid(
            _("This looks like %(what)s.") % {"what": seen.what}, where="ground", fix=_("It is public: remove it.")
        )
    return text
