"""What the rooms' routers do not say in the API's document: kinds, the stream, and how every refusal looks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django.utils.translation import override
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from blockwise.cases.kinds import registry
from blockwise.cases.screens import schema as kinds
from blockwise.rooms import house

from .problem_types import TYPES

ABOUT = """A city's public safety, block by block.

**Who asks.** Send `Authorization: Bearer <token>`; a token is made on the page of your tokens and acts in your name, as
far as its scopes go. A page of this server may use its session instead, with `X-CSRFToken` for whatever changes
something.

**Twice is once.** Where `Idempotency-Key` is taken, the same key with the same body is done once: the first answer
comes again, with `again: true`. The same key with another body is a conflict. Keys are kept for as long as the case is
open and seven days more (seven days where no case is touched), hashed under a secret that is not in the database.

**Versions.** An act that changes a case's stage or fields needs `expected_version`, the version that was seen; a stale
one is a conflict and changes nothing. Notes, assignments and statuses of units append and need none.

**Refusals** are problem documents (RFC 9457): what was wrong (`detail`), where (`where`) and what to do (`fix`). A
refused request has changed nothing.

**Numbers.** Times are ISO 8601 with their zone, coordinates WGS84 degrees unless `crs` says otherwise. A body is at
most 2 MB of UTF-8 JSON without NaN; a file that is sent to a case is its bytes, at most 25 MB."""

STREAM_TAG = {"name": "stream", "description": "The record as it grows."}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what was wrong, where, and what to do.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"enum": [f"/problems/{code}" for code in TYPES], "description": "A page that says what it is."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was wrong."},
        "where": {"type": "string", "description": "The field, parameter or header."},
        "fix": {"type": "string", "description": "What to do."},
        "instance": {"type": "string", "description": "/requests/<id>, the id in the server's log."},
    },
}
NUMBER = {"type": "integer", "minimum": 0}
STREAM: dict[str, Any] = {
    "operationId": "stream",
    "tags": ["stream"],
    "summary": "The record as it grows",
    "description": (
        "Server-sent events by line number, as far as you may see it. Each event `line` has the line's number as its "
        "id and, as data, JSON with number, thread, act, block, actor and recorded_at. It begins after "
        "`Last-Event-ID`, else after `after`, else with the next line; it never ends. A comment comes at least every "
        "15 seconds. A token needs, beside the scope `stream`, `cases:read` for lines of cases and `units:read` for "
        "lines of units."
    ),
    "parameters": [
        {"name": "after", "in": "query", "required": False, "schema": NUMBER, "description": "The last line seen."},
        {"name": "Last-Event-ID", "in": "header", "required": False, "schema": NUMBER, "description": "The same."},
    ],
    "responses": {"200": {"description": "OK", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    "security": [{"Bearer": []}, {"Session": []}],
}
SCHEMES = {
    "Bearer": "A token: `Authorization: Bearer bw_...`.",
    "Session": "A page's own session; changes need the header `X-CSRFToken` as well.",
}
CONFLICTING = {"/api/cases/{case_id}/recommendation"}  # beyond those that take a key
NOT_THERE = {  # beyond those with something in their path: no city or no roads are loaded, no such kind
    *("/api/cases", "/api/calls", "/api/blocks/at", "/api/blocks.geojson", "/api/roads.geojson"),
    *("/api/addresses", "/api/rings"),
}


class Documented(NinjaAPI):
    def plain_schema(self) -> OpenAPISchema:
        """What the routers alone declare; asks no database."""
        return super().get_openapi_schema()

    def get_openapi_schema(self, *given: Any, **more: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(*given, **more)
        with override("en"):
            _complete(schema)
        return schema


def _complete(schema: OpenAPISchema) -> None:
    schema["info"]["description"] = ABOUT
    schema["servers"] = [{"url": "/"}]
    told = [room for room in reversed(house().rooms) if room.api]
    schema["tags"] = [*({"name": room.name, "description": room.api.words} for room in told if room.api), STREAM_TAG]
    schema["paths"]["/api/stream"] = {"get": deepcopy(STREAM)}
    parts = schema["components"]
    parts["schemas"]["Problem"] = PROBLEM
    parts["responses"] = {code: _refused(code) for code in TYPES}
    for name, text in SCHEMES.items():
        parts["securitySchemes"][name]["description"] = text
    _say_kinds(parts["schemas"])
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            _say_refusals(path, operation)


def _say_kinds(schemas: dict[str, Any]) -> None:
    """Each kind's own fields, where a city is loaded: one schema an opening, and one an act."""
    if not (current := registry.all_current()):
        return
    acts = {f"{kind.name}.{act.name}": kinds.acting(kind, act) for kind in current.values() for act in kind.acts}
    openings = {f"{kind.name}.open": kinds.opening(kind) for kind in current.values()}
    schemas |= acts | openings
    names = {kind: f"#/components/schemas/{kind}.open" for kind in current}
    schemas["Opening"] = {
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "kind", "mapping": names},
    }
    schemas["Doing"]["properties"]["data"] = {
        "description": "By kind and act.",
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in acts],
        "default": {},
    }


def _refused(code: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": str(TYPES[code].meaning), "content": content}


def _say_refusals(path: str, operation: dict[str, Any]) -> None:
    parameters = operation.get("parameters", [])
    takes_key = any(one["name"] == "Idempotency-Key" for one in parameters)
    codes = ["bad-request", "unauthenticated", "forbidden", "too-many", "failed", "busy"]
    if "{" in path or path in NOT_THERE:
        codes.append("not-found")
    if takes_key or path in CONFLICTING:
        codes.append("conflict")
    if "requestBody" in operation:
        codes += ["too-large", "unknown-type"]
    if "requestBody" in operation or parameters:
        codes.append("invalid")
    for code in codes:
        operation["responses"][str(TYPES[code].status)] = {"$ref": f"#/components/responses/{code}"}
    operation["responses"] = dict(sorted(operation["responses"].items(), key=lambda one: str(one[0])))
