"""Whether parties are bounded, and they and what is told in confidence are looked at in open cases only."""

from __future__ import annotations

from .faults import Faults
from .model import Act, Kind

MOST_ROLES, MOST_IN_ALL = 6, 12
OWN_NAMES = ("party", "role", "consent", "details")  # members of an act's data and line
BLIND_ROLES = ("analyst", "administrator")


def check_parties(kind: Kind, faults: Faults) -> None:
    """Note each act that names no role, each role that no act serves, and each use after the end."""
    if len(kind.parties) > MOST_ROLES or sum(role.most for role in kind.parties) > MOST_IN_ALL:
        what = f"more than {MOST_ROLES} roles, or {MOST_IN_ALL} parties in all"
        why = "A case is about a matter: more would be a list of people"
        faults.add(("parties",), "person-list", what, why, "Name those without whom the matter cannot be ended")
    for name in [field.name for field in kind.fields if kind.parties and field.name in OWN_NAMES]:
        why = "The engine keeps something else under this name"
        faults.add(("fields", name), "reserved-name", f"{name} is taken", why, "Choose another name")
    _check_served(kind, faults)
    _check_confidence(kind, faults)
    finals = {stage.name for stage in kind.stages if stage.final}
    for act in kind.acts:
        _check_act(kind, act, finals, faults)


def _check_served(kind: Kind, faults: Faults) -> None:
    done = {(act.party, act.party_step) for act in kind.acts}
    for role in kind.parties:
        if (role.name, "adds") not in done:
            why, way_out = "Nobody would ever be one", f"Let an act say party: {role.name}, or remove the role"
            faults.add(("parties", role.name), "unserved-party", f"no act adds a {role.name}", why, way_out)
        if role.consent and (role.name, "consents") not in done:
            why, way_out = "What is asked must be answered", f"Let an act say consent: {role.name}"
            path = ("parties", role.name, "consent")
            faults.add(path, "unserved-party", f"no act records the consent of a {role.name}", why, way_out)


def _in_confidence(kind: Kind) -> list[str]:
    return [field.name for field in kind.fields if field.alone]


def _check_confidence(kind: Kind, faults: Faults) -> None:
    """What is told in confidence is read for some act, and named like no party."""
    needed = {name for act in kind.acts for name in act.needs}
    for name in _in_confidence(kind):
        path = ("fields", name)
        if name not in needed:
            why, way_out = "It would be read by nobody", f"Let an act say needs: [{name}], or make it a text"
            faults.add(path, "unread", f"no act needs {name}", why, way_out)
        if kind.party_role(name):
            why, way_out = "A look opens one of the two", "Choose another name"
            faults.add(path, "reserved-name", f"{name} is also a party", why, way_out)


def _check_act(kind: Kind, act: Act, finals: set[str], faults: Faults) -> None:
    here = ("acts", act.name)
    role = kind.party_role(act.party) if act.party else None
    known = ", ".join(sorted(one.name for one in kind.parties)) or "(none is declared)"
    if act.party and role is None:
        way_out = f"Write one of: {known}"
        faults.add(here, "unknown-party", f"there is no party {act.party}", "Nothing would happen", way_out)
    sealed = [one.name for one in kind.parties] + _in_confidence(kind)
    for number, name in enumerate(act.needs):
        if name not in sealed:
            why = "A look opens one party, or one text told in confidence"
            way_out = f"Write some of: {', '.join(sorted(sealed)) or '(none is declared)'}"
            path = (*here, "needs", str(number))
            faults.add(path, "unknown-party", f"{name} is not opened by such a look", why, way_out)
    if role and act.party_step == "consents" and not role.consent:
        why, way_out = "It is not asked for consent", f"Write consent: true for {role.name}"
        faults.add((*here, "consent"), "unknown-party", f"{role.name} gives no consent", why, way_out)
    if finals & set(act.from_stages) and (act.needs or (act.party and act.party_step != "erases")):
        why = "What is sealed is looked at, and parties are added, in an open case only; they may be erased later"
        way_out = "Remove the final stages from its from"
        faults.add((*here, "from"), "contact-after-close", f"{act.name} goes on after the end", why, way_out)
    if act.needs and (blind := sorted(set(act.roles) & set(BLIND_ROLES))):
        why = "Who handles the case may look, for the act at hand"
        way_out = "Leave the act to those who handle the case"
        faults.add((*here, "roles"), "contact-role", f"{', '.join(blind)} would look", why, way_out)
