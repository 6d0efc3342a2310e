"""What was found of each item of a checklist, parsed, asked and shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid
from blockwise.rooms import FieldType, JsonSchema, Said

from ..kinds.model import CHECKLIST, MOST_ITEMS, RESULTS, Field, meanings
from .inputs import Choices, Input

WORDS: Choices = (("ok", _("in order")), ("fault", _("at fault")), ("not_applicable", _("not applicable")))
SHOWN = ("fault", "ok", "not_applicable")  # what is at fault is read first


def results(field: Field, value: object) -> dict[str, str]:
    """A result for every item of the list, in its order."""
    codes = [code for code, _words in field.choices]
    fix = _("Give for each of %(items)s one of: %(results)s.") % {
        "items": ", ".join(codes),
        "results": ", ".join(RESULTS),
    }
    if not isinstance(value, dict):
        raise Invalid(_("This is not understood."), where=field.name, fix=fix)
    if unknown := [str(code)[:60] for code in value if code not in codes]:
        raise Invalid(_("There is no such item on the list."), where=f"{field.name}.{unknown[0]}", fix=fix)
    for code, words in field.choices:
        if value.get(code) in (None, ""):
            raise Invalid(_("This is needed: %(field)s.") % {"field": words}, where=f"{field.name}.{code}", fix=fix)
        if value[code] not in RESULTS:
            raise Invalid(_("This is not one of the choices."), where=f"{field.name}.{code}", fix=fix)
    return {code: str(value[code]) for code in codes}


def readable(value: Any) -> bool:
    return isinstance(value, dict) and all(one in RESULTS for one in value.values())


def _shown(field: Field, value: Any) -> Any:
    """Item by item, faults first; one that is no longer on the list is called by its name."""
    if not readable(value):
        return value
    known, said = dict(field.choices), dict(WORDS)
    codes = [*(code for code in known if code in value), *(code for code in value if code not in known)]
    groups = ((one, [str(known.get(code, code)) for code in codes if value[code] == one]) for one in SHOWN)
    return gettext("; ").join(
        gettext("%(label)s: %(text)s") % {"label": said[one], "text": gettext(", ").join(items)}
        for one, items in groups
        if items
    )


def _schema(field: Field) -> JsonSchema:
    codes = [code for code, _words in field.choices]
    return {
        "type": "object",
        "required": codes,
        "additionalProperties": False,
        "properties": {code: {"enum": list(RESULTS)} for code in codes},
        "description": meanings(field.choices),
    }


def _items(field: Field) -> Mapping[str, Any]:
    rows = (
        Input(f"{field.name}.{code}", words, "result", required=True, choices=WORDS) for code, words in field.choices
    )
    return {"parts": tuple(rows)}


def _faults(field: Field) -> Iterator[Said]:
    if not 1 <= len(field.choices) <= MOST_ITEMS:
        yield (
            f"has {len(field.choices)} items",
            "It is gone through whole, by one person",
            f"Write 1 to {MOST_ITEMS} items",
        )


FIELD = FieldType(
    CHECKLIST, _("checklist"), results, _schema, _items, shown=_shown, typed=lambda _field, _value: {},
    readable=readable, keys=frozenset({"choices"}), since=2, declarable=False, faults=_faults,
)  # fmt: skip
