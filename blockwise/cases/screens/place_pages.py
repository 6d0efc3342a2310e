"""Pieces of pages about a place: finding one by its words, and the block that answers for a point, or for none yet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import actor_of
from blockwise.access.queries import answers_for
from blockwise.places.addresses import AddressHit, search
from blockwise.places.coordinates import Point, PointError, parse_point
from blockwise.places.given import locate
from blockwise.places.pasted import names_one, without
from blockwise.places.queries import BlockAnswer, answer_of, blocks_named, chain_of, ring_minutes

from ..engine.opening import LONGEST_ADDRESS
from ..rules.placing import FOUND, ROUGH, UNPLACED, proof
from ..rules.words import block_words, both
from .forms import PLACE_KINDS

KIND_OF_HIT = {
    "block_face": "street",
    "between": "street",
    "landmark": "premises",
    "block": "open",
    "crossing": "crossing",
    "street": "street",
    "premises": "premises",
    "public": "open",
}
HITS, BLOCKS = 8, 3
LONGEST = 80


def find(request: HttpRequest) -> HttpResponse:
    """The places a text may mean, as a list to choose from; `unplaced`: last, that there is no place yet."""
    policy.may_view_places(actor_of(request)).require()
    whole = (request.GET.get("q") or request.GET.get("place.text") or "").strip()
    text = whole[:LONGEST]
    hits = [_hit(found, whole) for found in search(whole, HITS, _near(request.GET.get("near", "")))]
    context: dict[str, Any] = {"hits": hits, "asked": bool(text), "outside": not hits and names_one(whole)}
    if request.GET.get("unplaced"):
        context |= {"unplaced": True, "text": text, "blocks": [_block(code) for code in blocks_named(text, BLOCKS)]}
    return render(request, "cases/hits.html", context)


def _near(text: str) -> Point | None:
    """The middle of the map, where there is one; what is no point orders nothing."""
    lon, _comma, lat = text.partition(",")
    try:
        return parse_point(lon, lat)
    except PointError:
        return None


def _block(code: str) -> dict[str, Any]:
    return {"code": code, "words": block_words(code)}


def _hit(found: AddressHit, text: str) -> dict[str, Any]:
    """A position that was sent may be somebody's home: that it is none is for a person to say."""
    hit = {
        "words": (words := both(found.text, found.text_en)),
        "also": words.en if str(words) == words.zh else words.zh,
        "lon": found.lon_e7 / 1e7,
        "lat": found.lat_e7 / 1e7,
        "kind": KIND_OF_HIT.get(found.kind, "dwelling"),
        "found": found.called,
        "called": "" if found.called == "sent" else FOUND[found.called],  # a position's note says it
        "note": found.note,
        "block": block_words(found.block) if found.block else _("outside the city"),
    }
    return hit | {"also": "", "said": without(text)[:LONGEST_ADDRESS]} if found.called == "sent" else hit


def at(request: HttpRequest) -> HttpResponse:
    """The block chain of a point and who leads it; of a form's place, also what it would save."""
    policy.may_view_places(actor_of(request)).require()
    given = request.GET
    if given.get("place.found") == UNPLACED:
        context: dict[str, Any] = {"at": answer(answer_of(given.get("place.block", "").strip()))}
    else:
        lon, lat = (given.get(name) or given.get(f"place.{name}") for name in ("lon", "lat"))
        located = locate(lon, lat, where="point")
        context = {"at": answer(located.answer), "point": located.point}
    if "place.kind" not in given:
        return render(request, "cases/at.html", context)
    return render(request, "cases/readback.html", context | {"saves": _saves(given, context["at"]["code"])})


def _saves(given: QueryDict, block: str) -> dict[str, Any]:
    """What a form with these fields would save, and the mark that says it was shown."""
    found = given.get("place.found", "")
    return {
        "text": given.get("place.text", "").strip()[:LONGEST_ADDRESS],
        "block": block_words(block),
        "found": FOUND.get(found, ""),
        "rough": found in ROUGH,
        "unplaced": found == UNPLACED,
        "kind": dict(PLACE_KINDS).get(given.get("place.kind", ""), ""),
        "proof": proof({name: str(given[name]) for name in given}),
    }


def kept_answer(code: str) -> dict[str, Any] | None:
    """As `answer`, of the block that is kept with a case or unit; None where it is not in the tree."""
    return answer(answer_of(code)) if chain_of(code) else None


def answer(found: BlockAnswer) -> dict[str, Any]:
    """A block answer as it is shown: names from the root down, leader, beat, zone, ring."""
    block, leader = answers_for(found.block)
    return {
        "code": found.block,
        "chain": [(entry.code, both(entry.name, entry.name_en)) for entry in found.chain],
        "leader": both(leader.name, leader.name_en) if leader else None,
        "leader_block": both(block.name, block.name_en),
        "beat": found.beat,
        "zone": found.zone,
        "ring": ring_minutes(found.block),
    }
