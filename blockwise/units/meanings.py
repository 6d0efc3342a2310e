"""What a status means, and the one table of what may follow what.

A city's labels are free; their meanings are these. BY_HAND is what a person may set on a unit without an assignment.
While a unit has an assignment its meaning follows the assignment's steps, in this order and never backwards; only
`clear`, a stand-down or a breakdown ends that.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Conflict

from .models import Meaning, Status

BY_HAND: Mapping[Meaning, frozenset[Meaning]] = {
    Meaning.OFF_DUTY: frozenset({Meaning.OFF_DUTY, Meaning.AVAILABLE, Meaning.UNAVAILABLE}),
    Meaning.AVAILABLE: frozenset({Meaning.AVAILABLE, Meaning.OFF_DUTY, Meaning.UNAVAILABLE}),
    Meaning.UNAVAILABLE: frozenset({Meaning.UNAVAILABLE, Meaning.OFF_DUTY, Meaning.AVAILABLE}),
}
WORKING = (Meaning.COMMITTED, Meaning.EN_ROUTE, Meaning.ON_SCENE, Meaning.TRANSPORTING, Meaning.AT_HOSPITAL)
ACTS: Mapping[Meaning, str] = {  # the act of a case that brings an assigned unit to this meaning
    Meaning.COMMITTED: "acknowledge",
    Meaning.EN_ROUTE: "en_route",
    Meaning.ON_SCENE: "on_scene",
    Meaning.TRANSPORTING: "transport",
    Meaning.AT_HOSPITAL: "at_hospital",
}


OUT = ("broken_down", "out_of_service")  # labels for a unit that breaks down, the first that the city has


def label_for(*meanings: Meaning, prefer: tuple[str, ...] = ()) -> dict[Meaning, str]:
    """The city's label for each meaning: one that is preferred, the one named like it, else the first by name.

    Conflict when there is none.
    """
    found: dict[str, str] = {}
    rows = Status.objects.filter(meaning__in=meanings).values_list("label", "meaning")
    for label, meaning in sorted(rows, key=lambda row: (_place(row[0], prefer), row[0] != row[1], row[0])):
        found.setdefault(meaning, label)
    missing = [meaning for meaning in meanings if meaning not in found]
    if missing:
        fix = _("Add one to statuses.csv and load the city again.")
        raise Conflict(_("This city has no status that means “%s”.") % missing[0].value, where="status", fix=fix)
    return {meaning: found[meaning] for meaning in meanings}


def _place(label: str, prefer: tuple[str, ...]) -> int:
    return prefer.index(label) if label in prefer else len(prefer)
