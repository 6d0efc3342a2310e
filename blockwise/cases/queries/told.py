"""What cases tell the policy, which lies below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blockwise.access.seams import CaseLike, KindLike

from ..kinds import registry
from ..models import Case


class KnownCases:
    def texts(self) -> frozenset[str]:
        return registry.stored()

    def kind_of(self, text: str) -> KindLike:
        return registry.parsed(text)

    def subjects(self, ids: Iterable[int]) -> Mapping[int, tuple[KindLike, CaseLike]]:
        fields = ("kind", "kind_text_id", "block_id", "department", "assignee", "stage", "sensitive")
        found = Case.objects.filter(pk__in=set(ids)).only(*fields)
        return {case.pk: (registry.of(case), case) for case in found}
