"""Whether the parties of a kind are bounded, sealed, and looked at in open cases only."""

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


def _check_act(kind: Kind, act: Act, finals: set[str], faults: Faults) -> None:
    here = ("acts", act.name)
    role = kind.party_role(act.party) if act.party else None
    known = ", ".join(sorted(one.name for one in kind.parties)) or "(none is declared)"
    for name in [name for name in (act.party, *act.needs) if name and kind.party_role(name) is None]:
        faults.add(here, "unknown-party", f"there is no party {name}", "Nothing would happen", f"Write one of: {known}")
    if role and act.party_step == "consents" and not role.consent:
        why, way_out = "It is not asked for consent", f"Write consent: true for {role.name}"
        faults.add((*here, "consent"), "unknown-party", f"{role.name} gives no consent", why, way_out)
    if finals & set(act.from_stages) and (act.needs or (act.party and act.party_step != "erases")):
        why = "A party is added, changed and looked at in an open case only; it may be erased later"
        way_out = "Remove the final stages from its from"
        faults.add((*here, "from"), "contact-after-close", f"{act.name} goes on after the end", why, way_out)
    if act.needs and (blind := sorted(set(act.roles) & set(BLIND_ROLES))):
        why = "Who handles the case may look, for the act at hand"
        way_out = "Leave the act to those who handle the case"
        faults.add((*here, "roles"), "contact-role", f"{', '.join(blind)} would look", why, way_out)
