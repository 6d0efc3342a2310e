"""The worked requests of docs/api.md, in the order in which they are carried out; `api_page.py` runs and prints them.

In a path, query or body `{name}` stands for what an earlier answer was asked to `keep`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.people import PASSWORD, point_in

LON, LAT = point_in("99010101")
FAR_LON, FAR_LAT = point_in("99020101")
STREET = {"lon": LON, "lat": LAT, "text": "长路8号门前", "kind": "street"}
SESSION = ""  # a page's session: no token does it
ANY = "any"  # every token, whatever its scopes


@dataclass(frozen=True)
class Example:
    """One request. `scope` is what its token has; `cut` shortens long lists and objects of the answer to so many."""

    operation: str
    scope: str
    words: str
    body: Any = None
    query: str = ""
    key: str = ""
    status: int = 200
    keep: Mapping[str, str] = field(default_factory=dict)  # name -> member of the answer
    cut: int = 0
    also: tuple[str, ...] = ()  # further scopes of its token, for a fuller answer


WRITE, READ = "cases:write", "cases:read"
EXAMPLES: tuple[Example, ...] = (
    Example(
        "POST /api/calls",
        WRITE,
        "A fall in the street, told by phone.",
        {
            "type": "medical.fall",
            "place": STREET,
            "caller": {"name": "王小明", "phone": "19900000001", "language": "zh"},
            "description": "老人跌倒，意识清醒",
            "details": {"injured": 1, "recording_number": "R-20260506-0117"},
        },
        key="f3b0-0117",
        status=201,
        keep={"call": "case"},
    ),
    Example(
        "POST /api/calls",
        WRITE,
        "The same request again, as after a lost connection: nothing is done twice.",
        {
            "type": "medical.fall",
            "place": STREET,
            "caller": {"name": "王小明", "phone": "19900000001", "language": "zh"},
            "description": "老人跌倒，意识清醒",
            "details": {"injured": 1, "recording_number": "R-20260506-0117"},
        },
        key="f3b0-0117",
    ),
    Example(
        "POST /api/calls",
        WRITE,
        "Longitude and latitude swapped.",
        {"type": "medical.fall", "place": {"lon": LAT, "lat": LON, "kind": "street"}},
        status=422,
    ),
    Example(
        "POST /api/cases",
        WRITE,
        "A hazard that somebody reports.",
        {
            "kind": "hazard",
            "data": {
                "type": "fire.exit",
                "channel": "app",
                "place": {"lon": LON, "lat": LAT, "text": "长路12号3单元", "kind": "dwelling"},
                "description": "楼道堆满杂物，疏散通道不通",
            },
            "happened_at": "2026-05-06T09:55:00+08:00",
        },
        key="f3b0-0118",
        status=201,
        keep={"hazard": "case"},
    ),
    Example("GET /api/cases", READ, "Open cases of a district, newest first.", query="?block=9901&open=true&limit=1"),
    Example("GET /api/cases/{call}", READ, "The call, with its promises and what may be done now.", also=(WRITE,)),
    Example(
        "GET /api/cases/{call}/recommendation",
        READ,
        "Who should go. The token needs `units:read`, too.",
        cut=2,
        also=("units:read",),
    ),
    Example(
        "POST /api/closures",
        "places:write",
        "A flooded street is closed in both directions, until its end or until it is opened again.",
        {"lon": LON, "lat": LAT, "reason": "water", "ends_at": "2026-05-06T14:00:00+08:00"},
        status=201,
        keep={"edge": "edge"},
    ),
    Example("GET /api/closures", "places:read", "What is closed now or will be."),
    Example("DELETE /api/closures/{edge}", "places:write", "Open it again.", status=204),
    Example(
        "POST /api/cases/{call}/assignments",
        WRITE,
        "Send the unit that was recommended first.",
        {"units": ["M1"]},
        key="f3b0-0119",
        status=201,
    ),
    Example(
        "POST /api/cases/{call}/assignments",
        WRITE,
        "Another dispatcher sends the same unit a moment later.",
        {"units": ["M1"]},
        key="f3b0-0120",
        status=409,
    ),
    Example(
        "POST /api/units/M1/status",
        "units:write",
        "The crew sets out: the unit's assignment moves with its status.",
        {"status": "blue_lights"},
        key="m1-0001",
    ),
    Example(
        "POST /api/positions",
        "units:write",
        "What the units' devices report; a fix that cannot be used is listed.",
        [
            {"unit": "M1", "lon": LON, "lat": LAT, "at": "2026-05-06T10:00:00+08:00", "accuracy_m": 22},
            {"unit": "M1", "lon": 0, "lat": 0, "at": "2026-05-06T10:00:05+08:00"},
        ],
    ),
    Example("GET /api/units", "units:read", "Ambulances that are on their way.", query="?service=ems&meaning=en_route"),
    Example(
        "POST /api/cases/{call}/acts/correct",
        WRITE,
        "It is worse than it was told: another type, seen at version 1.",
        {"data": {"type": "medical.emergency", "priority": 1}, "expected_version": 1},
        key="f3b0-0121",
    ),
    Example(
        "POST /api/cases/{call}/acts/close",
        WRITE,
        "Somebody who still sees version 1 closes it: refused, nothing is lost.",
        {"data": {"outcome": "helped"}, "expected_version": 1},
        status=409,
    ),
    Example("POST /api/cases/{call}/contact", WRITE, "Whom to call back; the look is a line.", {"act": "call_back"}),
    Example("GET /api/cases/{call}/parties", READ, "Who is in the matter, by role and number: of a call, nobody."),
    Example(
        "POST /api/cases/{call}/parties/1/look",
        WRITE,
        "One party, for the act at hand; here there is none.",
        {"act": "call_back"},
        status=404,
    ),
    Example(
        "POST /api/cases/{call}/fields/description/look",
        WRITE,
        "What was told in confidence: of a call, nothing.",
        {"act": "call_back"},
        status=404,
    ),
    Example("POST /api/cases/{call}/attachments", WRITE, "Nothing, where a file is awaited.", status=415),
    Example("GET /api/cases/{call}/attachments", READ, "What is attached to it: nothing."),
    Example(
        f"POST /api/cases/{{call}}/attachments/{'0' * 64}",
        WRITE,
        "A file that no line of the case tells of.",
        {"act": "send"},
        status=404,
    ),
    Example("GET /api/cases/{call}/lines", READ, "Its record. The line of `look` shows who looked, and why.", cut=2),
    Example("GET /api/kinds/hazard", ANY, "What the kind `hazard` declares.", cut=2),
    Example("GET /api/stream", "stream", "From the first line on.", query="?after=0", also=(READ,)),
    Example("GET /api/blocks/at", "places:read", "Whose is this point?", query=f"?lon={LON}&lat={LAT}"),
    Example(
        "GET /api/blocks/at",
        "places:read",
        "A point of another city.",
        query="?lon=0&lat=0",
        status=422,
    ),
    Example("GET /api/blocks.geojson", "places:read", "The districts.", query="?level=district", cut=1),
    Example("GET /api/roads.geojson", "places:read", "The roads.", cut=2),
    Example("GET /api/addresses", "places:read", "What is meant by this text?", query="?q=长路8号"),
    Example("GET /api/rings", "places:read", "Reached in 3 minutes.", query=f"?lon={LON}&lat={LAT}&minutes=3", cut=2),
    Example("GET /api/messages", "messages", "What waits for whoever is signed in.", cut=1),
    Example("POST /api/messages/read", "messages", "It was read.", {"ids": [1]}),
    Example("POST /api/messages/done", "messages", "It needs nothing more, for anybody.", {"ids": [1]}),
    Example("GET /api/me", ANY, "Whose token this is."),
    Example("GET /api/tokens", ANY, "The tokens of whoever is signed in.", cut=1),
    Example(
        "POST /api/tokens",
        SESSION,
        "A token for a program that reads cases and follows the stream, for thirty days.",
        {"name": "wallboard", "scopes": [READ, "stream"], "days": 30},
        status=201,
        keep={"token": "id"},
    ),
    Example("DELETE /api/tokens/{token}", SESSION, "It is no longer needed.", status=204),
    Example("GET /api/users", SESSION, "People, for an administrator.", query="?after=1", cut=1),
    Example(
        "POST /api/users",
        SESSION,
        "A new call taker.",
        {"login": "dora", "name": "多拉", "name_en": "Dora", "password": PASSWORD},
        status=201,
        keep={"user": "id"},
    ),
    Example(
        "POST /api/users/{user}/grants",
        SESSION,
        "Her role, over a district and for a year.",
        {"role": "call_taker", "block": "9901", "ends_at": "2027-05-06T00:00:00+08:00"},
        status=201,
        keep={"grant": "id"},
    ),
    Example(
        "POST /api/users/{user}/link",
        SESSION,
        "A link by which she sets a password of her own.",
        status=201,
    ),
    Example("GET /api/users/{user}/tokens", SESSION, "Her tokens: none yet."),
    Example("DELETE /api/grants/{grant}", SESSION, "The role ends now."),
)
