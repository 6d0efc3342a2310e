"""Demonstration logins: one of each role, a leader for every community and sub-district, a few crews."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blockwise.exchange.newcity.blocks import Tree
from blockwise.exchange.newcity.forces import MAKES, Unit
from blockwise.exchange.newcity.names import person

CREWS_PER_TYPE = 2
DEPARTMENT = "housing"  # of the department officer


@dataclass(frozen=True)
class Person:
    """A row of people.csv; no end to the role."""

    login: str
    name: str
    name_en: str
    role: str
    block: str
    unit: str = ""
    department: str = ""


def people(tree: Tree, units: list[Unit]) -> list[Person]:
    """Everybody who can log in, each with a made-up name of their own."""
    root = tree.root.code
    rows = [
        ("taker", "call_taker", root, ""), ("dispatcher", "dispatcher", root, ""),
        ("analyst", "analyst", root, ""), ("oversight", "oversight", root, ""),
        ("admin", "administrator", root, ""),
    ]  # fmt: skip
    rows += [
        (f"leader-{block.code}", "block_leader", block.code, "") for block in [*tree.subdistricts, *tree.communities]
    ]
    for kind in MAKES:
        crews = [unit for unit in units if unit.type == kind][:CREWS_PER_TYPE]
        rows += [(f"crew-{unit.code.lower()}", "crew", root, unit.code) for unit in crews]
    near = tree.subdistricts[0].code
    rows += [
        ("shift", "shift_leader", root, ""), ("inspector", "inspector", root, ""), ("mediator", "mediator", near, ""),
        ("clerk", "clerk", near, ""), ("volunteer", "volunteer", near, ""), ("officer", "department_officer", root, ""),
    ]  # fmt: skip
    found = [
        Person(login, *person(number), role, block, unit) for number, (login, role, block, unit) in enumerate(rows)
    ]
    return [replace(one, department=DEPARTMENT) if one.role == "department_officer" else one for one in found]
