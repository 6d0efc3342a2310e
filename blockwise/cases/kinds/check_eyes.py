"""Whether somebody is left to do an act that is for one person, or not for whoever did others."""

from __future__ import annotations

from blockwise.rooms import Rule, Where, house

from .faults import Faults
from .model import Act, Kind

OPEN = "open"


def check_eyes(kind: Kind, faults: Faults) -> None:
    """Note each `not_by` that names no act, or leaves no role: not some person who may be absent, a role."""
    doers = {OPEN: kind.open_roles, **{act.name: act.roles for act in kind.acts}}
    given = any(effect.gives for act in kind.acts for effect in act.known_effects)
    for act in (act for act in kind.acts if act.by and not given):
        why, way_out = "Nobody is ever given the case, so nobody could do it", "Let an act assign or take it first"
        faults.add(("acts", act.name, "by"), "nobody-left", f"nobody may be left to do {act.name}", why, way_out)
    for act in (act for act in kind.acts if act.not_by):
        here = ("acts", act.name, "not_by")
        for number, name in enumerate(act.not_by):
            if name not in doers:
                what, way_out = f"there is no act {name}", f"Write one of: {', '.join(sorted(doers))}"
                faults.add((*here, str(number)), "unknown-act", what, "Nothing would happen", way_out)
        also = {role for name in act.not_by for role in doers.get(name, ())}
        if not [role for role in left(kind, act) if role not in also]:
            what = f"nobody may be left to do {act.name}"
            why = f"Each role that can do it does {' or '.join(act.not_by)} too, and a block may have one of them"
            faults.add(here, "nobody-left", what, why, "Give the act to a role that does none of these")


def left(kind: Kind, act: Act) -> list[str]:
    """The roles of the act for which some rule opens such cases."""
    rules = house().rules.get("case.act", ())
    return [role for role in act.roles if any(_reaches(kind, rule) for rule in rules if rule.who == role)]


def _reaches(kind: Kind, rule: Rule) -> bool:
    if rule.where is Where.ASSIGNED:
        return kind.sends_units
    return rule.where is not Where.PLAIN or not (kind.sensitive or kind.turns_sensitive)
