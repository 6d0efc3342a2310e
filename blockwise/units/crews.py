"""What units tell the policy, which lies below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from .models import Assignment, Crew, Unit


class AssignedCrews:
    def units_of(self, users: Iterable[int]) -> dict[int, frozenset[str]]:
        rows = Crew.objects.filter(user__in=list(users), unit__retired_on=None).values_list("user_id", "unit_id")
        found: dict[int, frozenset[str]] = {}
        for user_id, unit in rows:
            found[user_id] = found.get(user_id, frozenset()) | {unit}
        return found

    def sent_to(self, case_id: int) -> frozenset[str]:
        return frozenset(Assignment.objects.filter(case=case_id, cleared_at=None).values_list("unit", flat=True))

    def cases_of(self, units: frozenset[str]) -> QuerySet[Any, Any]:
        return Assignment.objects.filter(unit__in=units, cleared_at=None).values("case")

    def call_signs(self, codes: Iterable[str]) -> dict[str, str]:
        return dict(Unit.objects.filter(pk__in=set(codes)).values_list("code", "call_sign"))

    def at_work(self, cases: Iterable[int]) -> dict[int, list[str]]:
        rows = Assignment.objects.filter(case__in=list(cases), cleared_at=None).order_by("dispatched_at", "pk")
        found: dict[int, list[str]] = {}
        for case, call_sign in rows.values_list("case", "unit__call_sign"):
            found.setdefault(case, []).append(call_sign)
        return found
