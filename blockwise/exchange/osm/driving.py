"""Whether an emergency vehicle drives on a way, in which directions and how fast, by the way's tags.

Tags as in the OpenStreetMap wiki: Key:highway, Key:access, Key:oneway, Key:junction, Key:barrier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .speeds import SpeedLimit, limit

Tags = Mapping[str, str]

# km/h where none is posted, assumed by class.
ASSUMED: Final[Mapping[str, float]] = {
    "motorway": 100.0, "motorway_link": 60.0, "trunk": 80.0, "trunk_link": 50.0, "primary": 60.0, "primary_link": 45.0,
    "secondary": 50.0, "secondary_link": 40.0, "tertiary": 50.0, "tertiary_link": 40.0, "unclassified": 40.0,
    "residential": 30.0, "road": 30.0, "living_street": 15.0, "service": 20.0, "busway": 40.0, "track": 15.0,
}  # fmt: skip
# On foot or by bicycle; driven where it is said that vehicles may.
ON_FOOT: Final[Mapping[str, float]] = {
    "pedestrian": 10.0, "footway": 5.0, "cycleway": 10.0, "path": 5.0, "bridleway": 5.0,
}  # fmt: skip
VEHICLES: Final = ("emergency", "motor_vehicle", "vehicle", "access")  # the first that is given decides
YES: Final = frozenset({"yes", "designated", "official", "permissive"})
NO: Final = frozenset({"no"})
PUBLIC_TRANSPORT: Final = ("psv", "bus", "taxi", "hov")  # where these may, an emergency vehicle may
# What stops a vehicle; anything else (gate, lift_gate, toll_booth, cattle_grid ...) is opened or passed.
STOPPING: Final = frozenset(
    {
        *("block", "bollard", "chain", "cycle_barrier", "debris", "fence", "full-height_turnstile", "guard_rail"),
        *("hedge", "jersey_barrier", "kissing_gate", "log", "motorcycle_barrier", "planter", "retaining_wall"),
        *("rope", "stile", "tank_trap", "turnstile", "wall", "wedge", "ditch"),
    }
)
MOVED: Final = frozenset({"foldable", "flexible", "removable", "rising", "collapsible"})
ROUND: Final = frozenset({"roundabout", "circular"})
ALONG: Final = frozenset({"yes", "true", "1"})
AGAINST: Final = frozenset({"-1", "reverse"})
BOTH: Final = frozenset({"no", "false", "0"})
BY_TIME: Final = frozenset({"reversible", "alternating"})


@dataclass(frozen=True)
class Driven:
    """`forward`, `backward`: along the order of its nodes and against it. `unread`: a tag that was not understood."""

    road_class: str
    forward: SpeedLimit | None
    backward: SpeedLimit | None
    unread: tuple[tuple[str, str], ...] = ()


def driven(tags: Tags) -> Driven | None:
    """How the way is driven; None where it is not."""
    road_class = tags.get("highway", "")
    if tags.get("area") == "yes" or not _passes(tags, road_class):
        return None
    otherwise = ASSUMED.get(road_class) or ON_FOOT[road_class]
    along, against, unread = _directions(tags, road_class)
    forward, not_read = limit(tags, "forward", otherwise)
    backward, nor_this = limit(tags, "backward", otherwise)
    told = tuple(dict.fromkeys((*unread, *not_read, *(nor_this if against else ()))))
    return Driven(road_class, forward if along else None, backward if against else None, told)


def _passes(tags: Tags, road_class: str) -> bool:
    said = next((tags[key] for key in VEHICLES if key in tags), "")
    if road_class in ON_FOOT:
        return any(tags.get(key) in YES for key in ("emergency", "motor_vehicle", "vehicle"))
    if road_class not in ASSUMED:
        return False
    if said in NO:
        return tags.get("emergency") not in NO and any(tags.get(key) in YES for key in PUBLIC_TRANSPORT)
    return road_class != "track" or said in YES or tags.get("tracktype") in ("grade1", "grade2")


def _directions(tags: Tags, road_class: str) -> tuple[bool, bool, tuple[tuple[str, str], ...]]:
    """Along, against, and what was not understood; what is not is driven both ways, and said."""
    for key in ("oneway:emergency", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        said = tags.get(key)
        if said is None:
            continue
        if said in ALONG:
            return True, False, ()
        if said in AGAINST:
            return False, True, ()
        if said in BOTH:
            return True, True, ()
        return True, True, ((key, said),)
    alone = tags.get("junction") in ROUND or road_class == "motorway"
    return True, not alone, ()


def stops(tags: Tags) -> bool:
    """Whether what stands on this node stops a vehicle on its way."""
    said = next((tags[key] for key in VEHICLES if key in tags), "")
    if tags.get("emergency") in YES or (said and said not in NO):
        return False
    barrier = tags.get("barrier", "")
    if said in NO:
        return bool(barrier)
    return barrier in STOPPING and tags.get("bollard") not in MOVED
