"""Pieces of pages about a place: finding one by its words, and the block that answers for a point."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import actor_of
from blockwise.access.queries import answers_for
from blockwise.places.addresses import AddressHit, search
from blockwise.places.given import locate
from blockwise.places.queries import BlockAnswer, ring_minutes

from .shown import block_words, both

KIND_OF_HIT = {
    "block_face": "street",
    "crossing": "crossing",
    "street": "street",
    "premises": "premises",
    "public": "open",
}
HITS = 8
LONGEST = 80


def find(request: HttpRequest) -> HttpResponse:
    """The places a text may mean, as a list to choose from."""
    actor_of(request)
    text = (request.GET.get("q") or request.GET.get("place.text") or "")[:LONGEST]
    hits = [_hit(found) for found in search(text, HITS)] if text.strip() else []
    return render(request, "cases/hits.html", {"hits": hits, "asked": bool(text.strip())})


def _hit(found: AddressHit) -> dict[str, Any]:
    return {
        "words": both(found.text, found.text_en),
        "lon": found.lon_e7 / 1e7,
        "lat": found.lat_e7 / 1e7,
        "kind": KIND_OF_HIT.get(found.kind, "dwelling"),
        "exact": found.exact,
        "note": found.note,
        "block": block_words(found.block) if found.block else _("outside the city"),
    }


def at(request: HttpRequest) -> HttpResponse:
    """The block chain of a point and who leads it."""
    actor_of(request)
    located = locate(request.GET.get("lon"), request.GET.get("lat"), where="point")
    return render(request, "cases/at.html", {"at": answer(located.answer), "point": located.point})


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
