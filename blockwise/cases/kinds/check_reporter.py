"""What whoever reported a case may be let do by its receipt: add to their own case, withdraw it, ask for more."""

from __future__ import annotations

from collections.abc import Iterator

from blockwise.rooms import Role

from .faults import Faults, Path
from .grammar import belongs_to
from .model import Act, Kind

FORMAT = 2
WHY = "Whoever reported a case holds its receipt: it opens that case to them, and none to anybody else"


def check_reporter(kind: Kind, faults: Faults) -> None:
    """Note each place in which a reporter would be somebody who works on cases, and what no receipt can do."""
    shown: list[tuple[Path, tuple[str, ...]]] = [(("open", "roles"), kind.open_roles), (("view",), kind.view_roles)]
    shown += [(("clocks", one.name, "escalate"), tuple(step.to for step in one.escalate)) for one in kind.clocks]
    for path, roles in shown:
        if Role.REPORTER in roles:
            faults.add(path, "reporter", "the reporter takes part", WHY, "Name the reporter in acts alone")
    for act in (act for act in kind.acts if Role.REPORTER in act.roles):
        here = ("acts", act.name)
        if kind.format < FORMAT:
            faults.add((*here, "roles"), "format", "acts of a reporter are of format 2", *belongs_to(FORMAT))
        for what, way_out in _beyond(kind, act):
            faults.add(here, "reporter", what, WHY, way_out)


def _beyond(kind: Kind, act: Act) -> Iterator[tuple[str, str]]:
    if act.contact:
        yield "the reporter would look at a contact", "Remove contact: true, or give the act to others"
    if act.effects or act.retypes or act.merge or act.publishes or act.drops or act.opens or act.links:
        yield "the reporter would move more than the own words", "Give the act to those who handle the case"
    if act.by:
        yield "the reporter is given no case", "Remove by, or give the act to others"
    if any(field.apart for field in kind.fields if field.name in act.asks):
        yield "the reporter would have to send files", "Put the field into may_ask"
