"""The cases that a case is linked to: those alone that whoever asks may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor

from ..kinds import registry
from ..kinds.model import Words
from ..models import Case, CaseLink
from ..rules.sight import known_cases

# What the other case is for this one: seen from the case that has the link, and from the one it leads to.
SAID: Mapping[str, tuple[Promise, Promise]] = {
    CaseLink.Relation.ORIGIN: (_("Came from"), _("Led to")),
    CaseLink.Relation.PARENT: (_("Part of"), _("Its parts")),
    CaseLink.Relation.ANSWER: (_("Answers"), _("Answered by")),
}


class Linked(NamedTuple):
    """A link with the case at its other end."""

    row: CaseLink
    other: Case

    @property
    def label(self) -> Promise:
        there, back = SAID[self.row.relation]
        return there if self.row.to_id == self.other.pk else back

    @property
    def stage(self) -> Words:
        return registry.of(self.other).stage(self.other.stage).words

    @property
    def waited_for(self) -> bool:
        """Whether some act of the case at this end is not possible while the other is open."""
        part = self.row.relation == CaseLink.Relation.PARENT and self.row.case_id == self.other.pk
        acts = registry.of(self.row.to).acts if part and not self.other.final else ()
        return any(self.other.kind in act.waits_for for act in acts)

    @property
    def noun(self) -> Words:
        return registry.of(self.other).noun


def links_of(case: Case, actor: Actor) -> list[Linked]:
    """In the order in which they were made; one query where there are none, two otherwise."""
    rows = list(CaseLink.objects.filter(Q(case=case) | Q(to=case)).select_related("to").order_by("pk"))
    others = {row.pk: row.to_id if row.case_id == case.pk else row.case_id for row in rows}
    known = known_cases(others.values(), actor)
    return [Linked(row, known[others[row.pk]]) for row in rows if others[row.pk] in known]
