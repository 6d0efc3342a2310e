"""What a case needs: what its type says, once for each alarm level, and what the units on it fill of that."""

from __future__ import annotations

from collections.abc import Mapping

from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.units.queries import Candidates

ALARM = "alarm"  # the field that holds the level; a kind without it has one level
DEFAULT = {"patrol": 1}  # where the type says nothing


def wanted(case: Case) -> dict[str, int]:
    """Capability to number, the type's first need first."""
    declared = registry.of(case).type_coded(case.type)
    needs = dict(declared.needs) if declared and declared.needs else DEFAULT
    return {name: count * level(case) for name, count in needs.items()}


def level(case: Case) -> int:
    return int(case.fields.get(ALARM) or 1)


def at_work(case: Case, units: Candidates, needs: Mapping[str, int]) -> dict[int, str]:
    """The units that work on the case, each with the need that it fills; "" for those beyond the needs."""
    left, found = dict(needs), {}
    for index, working in enumerate(units.case):
        if working == case.pk:
            able = units.capabilities[index]
            found[index] = next((name for name in sorted(left) if left[name] and name in able), "")
            if found[index]:
                left[found[index]] -= 1
    return found


def still_needed(needs: Mapping[str, int], working: Mapping[int, str]) -> dict[str, int]:
    filled = list(working.values())
    return {name: count - filled.count(name) for name, count in needs.items()}
