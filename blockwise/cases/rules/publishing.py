"""A published text: the act's template filled with declared facts of the case, and nothing that somebody wrote."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from blockwise.places.queries import chain_of
from blockwise.problems import Conflict

from ..kinds.model import Field, Kind, Words
from ..models import Case
from . import wall
from .words import both

NOTHING = Words("—", "—")


def made(kind: Kind, case: Case, template: Words) -> dict[str, str]:
    """The text in both languages; Conflict for a sensitive case, of which the public sees counts only."""
    if case.sensitive:
        raise Conflict(_("A sensitive case is not published."), where="act", fix=_("Report it inside."))
    facts = _facts(kind, case)
    return {
        "zh": template.zh.format_map({name: words.zh for name, words in facts.items()}),
        "en": template.en.format_map({name: words.en for name, words in facts.items()}),
    }


def _facts(kind: Kind, case: Case) -> dict[str, Words]:
    type_ = kind.type_coded(case.type)
    known = {
        "block": _block(kind, case),
        "type": type_.words if type_ else kind.noun,
        "priority": _same(str(case.priority)),
        "stage": kind.stage(case.stage).words,
        "outcome": dict(kind.outcomes).get(case.outcome, NOTHING),
        "times": _days(case),
    }
    return known | {field.name: _given(field, case) for field in kind.fields if field.name in kind.publication}


def _block(kind: Kind, case: Case) -> Words:
    """The block that answers, else the one above the smallest: that one may be a single building."""
    chain = chain_of(case.block_id)
    if not chain:
        return NOTHING
    above = chain[-2:][0]
    found = next((one for one in chain if one.level == kind.routing_level), above)
    return both(found.name, found.name_en)


def _days(case: Case) -> Words:
    """The local day of the opening, and of the end when that was another one."""
    moments = [moment for moment in (case.opened_at, case.closed_at) if moment]
    days = dict.fromkeys(wall.shown(moment).date().isoformat() for moment in moments)
    return _same(" – ".join(days))


def _given(field: Field, case: Case) -> Words:
    value = case.fields.get(field.name)
    return dict(field.choices).get(value, _same(value)) if value else NOTHING


def _same(text: str) -> Words:
    return Words(text, text)
