"""Places in the reader's language, whoever wrote them down: words that are on record in both."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Q

from blockwise.problems import NotFound

from .current import Places, places
from .finding.hits import BETWEEN
from .models import Address

_HAN = re.compile(r"[\u4e00-\u9fff]")
MOST = 500  # texts in one query


def in_language(texts: Iterable[str], *, chinese: bool) -> dict[str, str]:
    """For each text in the other language that is a street, a crossing, an address or a block on record: the same in
    this one.

    What is on record in one language only, or was written freely, has no entry. No query where every text is in this
    language already.
    """
    foreign = sorted({text for text in texts if text and bool(_HAN.search(text)) != chinese})
    if not foreign:
        return {}
    here = places()
    named = _named(_streets(here), chinese=chinese)
    blocks = _named(here.block_names, chinese=chinese)
    found = {text: blocks[text] for text in foreign if text in blocks}
    found |= {text: BETWEEN.join(named[part] for part in parts) for text in foreign if (parts := _known(text, named))}
    for start in range(0, len(foreign), MOST):
        some = foreign[start : start + MOST]
        asked = Q(text_en__in=some) if chinese else Q(text__in=some)
        for zh, en in Address.objects.filter(asked).values_list("text", "text_en"):
            if zh and en:
                found[en if chinese else zh] = zh if chinese else en
    return found


def _named(pairs: Iterable[tuple[str, str]], *, chinese: bool) -> dict[str, str]:
    return {(en if chinese else zh): (zh if chinese else en) for zh, en in pairs if zh and en}


def _streets(here: Places) -> Iterable[tuple[str, str]]:
    try:
        known = here.streets.all
    except NotFound:  # a city without roads has addresses all the same
        return []
    return [(street.name, street.name_en) for street in known]


def _known(text: str, named: dict[str, str]) -> list[str]:
    """The streets a text names, all of them on record; else none."""
    parts = text.split(BETWEEN)
    return parts if all(part in named for part in parts) else []
