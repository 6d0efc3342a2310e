"""A backup that does not belong in the place of the record that is here: refused while that one still stands."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import keys
from blockwise.ledger.models import Seal
from blockwise.places.models import City
from blockwise.problems import Conflict

Served = tuple[str, str]  # the code of the city, and what its database is for


def served() -> Served | None:
    """What the database that is asked now serves; None before a city was loaded."""
    return City.objects.values_list("code", "purpose").first()


def refuse(before: Served | None, vouched: Collection[str]) -> None:
    """Asked of the backup's database beside the present one. `vouched`: keys of the seals kept elsewhere."""
    here = served()
    if before and here and here != before:
        what = _("The backup is of the city {city} ({purpose}), the record here of {own} ({own_purpose}).")
        said = format_lazy(what, city=here[0], purpose=here[1], own=before[0], own_purpose=before[1])
        raise Conflict(said, fix=_("Restore it to a home of its own."))
    signed_by = set(Seal.objects.values_list("key", flat=True).distinct())
    if unknown := sorted(signed_by - set(keys.known_seal_keys()) - set(vouched)):
        what = format_lazy(
            _("The backup is sealed by keys that this home does not know: {keys}."), keys=", ".join(unknown)
        )
        raise Conflict(what, fix=_("Give a seal kept elsewhere as --seal, or restore it to a home of its own."))
    if absent := keys.absent():
        what = format_lazy(_("The backup needs master keys that are not in this home: {keys}."), keys=", ".join(absent))
        raise Conflict(what, fix=_("Put them into keys/master.json first, or restore it to a home of its own."))
