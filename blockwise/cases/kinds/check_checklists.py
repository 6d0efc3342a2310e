"""Whether a checklist is gone through at a place or on equipment. It is never about somebody."""

from __future__ import annotations

import yaml

from .check_grade import refuse_people
from .faults import Faults, Path
from .model import CHECKLIST, Act, Kind
from .nodes import scalars
from .refused_keys import Refusal

PEOPLE: Refusal = (
    "people-checked",
    "A checklist is about a place and its equipment: nobody is gone through item by item",
    "Write what is looked at: an extinguisher, an exit, a cable",
)


def check_checklists(kind: Kind, faults: Faults) -> None:
    """Note where a checklist could be about a home or a person, and acts that go through none that is there."""
    lists = [field for field in kind.fields if field.type == CHECKLIST]
    for field in lists:
        here: Path = ("checklists", field.name)
        if sum(one.name == field.name for one in kind.fields) > 1:
            why = "Something else is kept under this name"
            faults.add(here, "reserved-name", f"{field.name} is taken", why, "Choose another name")
        if what := _not_of_a_place(kind):
            faults.add(here, PEOPLE[0], what, PEOPLE[1], "Write place: premises or block, and no application")
    names = [field.name for field in lists]
    for act in kind.acts:
        _check_act(act, names, faults)


def _not_of_a_place(kind: Kind) -> str:
    if kind.subject == "application":
        return "a checklist about an application"
    if kind.place == "point":
        return "a checklist where the place may be a home"
    if kind.place == "none" and kind.subject != "agency":
        return "a checklist without a place"
    return ""


def _check_act(act: Act, names: list[str], faults: Faults) -> None:
    here: Path = ("acts", act.name)
    if act.checks and act.checks not in names:
        way_out = f"Write one of: {', '.join(names) or '(none is declared)'}"
        what = f"there is no checklist {act.checks}"
        faults.add((*here, "checks"), "unknown-checklist", what, "Nothing would be gone through", way_out)
    asks = act.asks[:-1] if act.checks else act.asks
    for key, asked in (("asks", asks), ("may_ask", act.may_ask), ("drops", act.drops)):
        for number, name in enumerate(asked):
            if name in names:
                why = "A list is gone through whole, and what was found stays on the case"
                path = (*here, key, str(number))
                faults.add(path, "wrong-checklist", f"{act.name} names {name}", why, f"Write checks: {name}")


def check_checklist_words(root: yaml.MappingNode, faults: Faults) -> None:
    """A checklist and its items speak of no people."""
    for path, text in scalars(root):
        if path[0] == "checklists" and path[-1] in ("zh", "en") and text not in ("zh", "en"):
            refuse_people(path, text, "the checklist", PEOPLE, faults)
