"""The place of a form: how exactly it was found, and that what is saved is what was shown last."""

from __future__ import annotations

from collections.abc import Mapping

from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.places.coordinates import PointError, parse_point
from blockwise.problems import Invalid

SALT = "blockwise.cases.placing"
SHOWN = "place.shown"
PARTS = ("text", "kind", "found", "said", "block")
FOUND: dict[str, Promise] = {
    "door": _("at the door"),
    "near": _("nearest number on record"),
    "street": _("only the street"),
    "crossing": _("at the crossing"),
    "landmark": _("at the landmark"),
    "block": _("only the block"),
    "guess": _("a guess"),
    "point": _("pointed at on the map"),
    "sent": _("a position that was sent"),
    "none": _("no place yet"),
}
UNPLACED = "none"
ROUGH = frozenset({"near", "street", "block", "guess", "point", "sent", UNPLACED})  # who goes there is told


def proof(given: Mapping[str, str]) -> str:
    """A mark on what is shown of the form fields `place.*`: only this server can make it."""
    return signing.dumps(_said(given), salt=SALT)


def refuse_unseen(given: Mapping[str, str]) -> None:
    """Invalid where the place that would be saved is another one than the form showed last."""
    if not given.get("place.lon") and not given.get("place.lat") and given.get("place.found") != UNPLACED:
        return
    try:
        shown = signing.loads(given.get(SHOWN, ""), salt=SALT, max_age=86_400)
    except signing.BadSignature:
        shown = None
    if shown != _said(given):
        raise Invalid(
            _("This place was not shown yet as it would be saved."), where="place", fix=_("Look at it, then save.")
        )


def refuse_unchosen(given: Mapping[str, str], text: str) -> None:
    """Invalid where other words than `text` stand for a place, and no place was chosen by them."""
    chosen = given.get("place.lon") or given.get("place.lat") or given.get("place.found") == UNPLACED
    if not chosen and given.get("place.text", text).strip() != text.strip():
        fix = _("Choose one of those found, point on the map, or put back what was there.")
        raise Invalid(_("No place is chosen by these words."), where="place", fix=fix)


def _said(given: Mapping[str, str]) -> list[object]:
    words: list[object] = [given.get(f"place.{part}", "").strip() for part in PARTS]
    if given.get("place.found") == UNPLACED:
        return words
    try:
        point = parse_point(given.get("place.lon"), given.get("place.lat"))
    except PointError as error:
        raise Invalid(str(error), where="place") from error
    return [point.lon_e7, point.lat_e7, *words]
