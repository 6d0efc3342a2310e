"""docs/api.md, made from the API's own document and from the answers that the examples really get."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.test import Client

from blockwise.access.actions import make_token
from blockwise.access.actors import actor_for
from blockwise.access.models import User
from blockwise.rooms import house
from blockwise.site.problem_types import TYPES
from blockwise.site.stream import Stream
from tests.recorded import on_record

from .api_examples import ANY, EXAMPLES, READ, SESSION, Example
from .asgi import Client as AsgiClient
from .asgi import scope

TOKENS = {ANY: [READ], SESSION: None}
RANDOM = (
    (re.compile(r"bw_[\w-]{43}"), "bw_..."),
    (re.compile(r"/way-in/[\w-]{43}"), "/way-in/..."),
    (re.compile(r"\b[0-9a-f]{64}\b"), "(64 hexadecimal digits)"),
    (re.compile(r"/requests/[0-9a-f]{16}"), "/requests/5c0f3a9b1d7e2468"),
)


class Run:
    """The examples carried out one after the other by one person, with a token of the one scope each needs."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.kept: dict[str, Any] = {}

    def __call__(self) -> Iterator[tuple[Example, str]]:
        """Each example with its request and answer as text."""
        for example in EXAMPLES:
            self.check_scope(example)
            status, answer, kind = self.ask(example, TOKENS.get(example.scope, [example.scope, *example.also]))
            assert status == example.status, f"{example.operation}: {status} {answer}"
            if example.keep:
                self.kept |= {name: answer[member] for name, member in example.keep.items()}
            yield example, self.shown(example, status, answer, kind)

    def check_scope(self, example: Example) -> None:
        """Every other scope is of no use for it."""
        if example.status >= 400 or example.scope == ANY:
            return
        others = [one for one in house().scopes if one != example.scope]
        status, _answer, _kind = self.ask(example, others)
        assert status == 403, f"{example.operation} is open without {example.scope or 'a session'}"

    def ask(self, example: Example, scopes: Any) -> tuple[int, Any, str]:
        """Status, answer (parsed where it is JSON) and its content type."""
        method, path = example.operation.format_map(self.kept).split(" ")
        headers = {"Idempotency-Key": example.key} if example.key else {}
        client = Client()
        if scopes is None:
            client.force_login(self.user)
        else:
            row, secret = make_token(self.user, "example", scopes, actor_for(self.user))
            headers["Authorization"] = f"Bearer {secret}"
        if path == "/api/stream":
            status, body, kind = streamed(example.query, headers)
        else:
            sent = b"" if example.body is None else json.dumps(example.body).encode()
            found = client.generic(method, path + example.query, sent, "application/json", headers=headers)
            status, body, kind = found.status_code, found.content, found.get("Content-Type", "")
        if scopes is not None:
            with on_record():
                row.delete()
        return status, json.loads(body) if body and "json" in kind else body.decode(), kind

    def shown(self, example: Example, status: int, answer: Any, kind: str) -> str:
        method, path = example.operation.format_map(self.kept).split(" ")
        request = [f"{method} {path}{example.query}"]
        request.append("Authorization: Bearer bw_..." if example.scope else "Cookie: sessionid=...")
        if not example.scope and method != "GET":
            request.append("X-CSRFToken: ...")
        if example.key:
            request.append(f"Idempotency-Key: {example.key}")
        if example.body is not None:
            request += ["Content-Type: application/json", "", written(example.body)]
        reply = [f"{status} {HTTPStatus(status).phrase}", *([f"Content-Type: {kind}"] if kind else [])]
        if answer:
            reply += ["", answer.strip() if isinstance(answer, str) else written(short(answer, example.cut))]
        parts = ["\n".join(part) for part in (request, reply)]
        text = f"{example.words}\n\n" + "\n".join(f"```http\n{part}\n```" for part in parts)
        for pattern, instead in RANDOM:
            text = pattern.sub(instead, text)
        return text


def streamed(query: str, headers: Mapping[str, str]) -> tuple[int, bytes, str]:
    """The first two events of the stream, read as its reader does."""

    async def read() -> AsgiClient:
        stream, client = Stream(), AsgiClient()
        given = scope("/api/stream", query=query[1:], headers={"authorization": headers["Authorization"]})
        reading = asyncio.ensure_future(stream(given, client.receive, client.send))
        for _ in range(400):
            if reading.done() or client.body.count(b"event: line") > 1:
                break
            await asyncio.sleep(0.05)
        client.gone.set()
        await asyncio.wait_for(reading, 5)
        await stream.stop()
        return client

    client = asyncio.run(read())
    first = b"\n\n".join(client.body.split(b"\n\n")[:3])
    return client.status, first if client.status == 200 else client.body, client.headers["content-type"]


def short(value: Any, most: int, depth: int = 0) -> Any:
    """The value with lists and objects below the top cut to `most` entries; 0 leaves it whole."""
    if not most:
        return value
    if isinstance(value, list):
        some = value[:most] if depth or len(value) > most else value
        return [short(one, most, depth + 1) for one in some] + (["..."] if len(value) > len(some) else [])
    if isinstance(value, dict):
        named = dict(list(value.items())[:most]) if depth == 1 and len(value) > 8 * most else value
        more = {"...": "..."} if len(value) > len(named) else {}
        return {name: short(one, most, depth + 1) for name, one in named.items()} | more
    return value


def written(value: Any) -> str:
    """JSON, as much on a line as fits."""
    return _written(value, 0)


def _written(value: Any, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= 110 or not isinstance(value, dict | list) or not value:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k, ensure_ascii=False)}: {_written(v, indent + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + _written(one, indent + 2) for one in value) + "\n" + " " * indent + "]"


def page(document: dict[str, Any], done: list[tuple[Example, str]]) -> str:
    """The whole of docs/api.md."""
    parts = [
        "# The API",
        "Made by `BLOCKWISE_WRITE_DOCS=1 .venv/bin/pytest tests/site/test_api_page.py` from `/api/openapi.json` "
        f"(OpenAPI {document['openapi']}) and from the answers that these requests get; do not edit it by hand. "
        "Long lists are cut with `...`.",
        document["info"]["description"].partition("\n\n")[2],
        _refusals(),
        _scopes(done),
    ]
    for tag in document["tags"]:
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if operation["tags"] == [tag["name"]]:
                    parts.append(_operation(document, method.upper(), path, operation, done))
    parts.append(_kinds(document))
    return "\n\n".join(parts) + "\n"


def _refusals() -> str:
    rows = [f"| {one.status} | [`{code}`](#refusals) | {one.meaning} | {one.remedy} |" for code, one in TYPES.items()]
    head = "| status | `/problems/<code>` | what it means | what to do |\n|---|---|---|---|\n"
    return "## Refusals\n\n" + (head + "\n".join(rows)).replace("](#refusals)", "]").replace("[`", "`").replace(
        "`]", "`"
    )


def _scopes(done: list[tuple[Example, str]]) -> str:
    rows = []
    for one in house().scopes:
        needing = sorted({pattern_of(example.operation) for example, _text in done if example.scope == one})
        rows.append(f"| `{one}` | {', '.join(f'`{name}`' for name in needing)} |")
    head = "| scope of a token | what it opens |\n|---|---|\n"
    return "## Scopes\n\n" + head + "\n".join(rows) + "\n\nTokens, people and roles are managed from a session alone."


PATTERNS = {
    "{call}": "{case_id}", "/units/M1/": "/units/{code}/", "/kinds/hazard": "/kinds/{kind}", "{token}": "{token_id}",
    "{user}": "{user_id}", "{grant}": "{grant_id}",
}  # fmt: skip


def pattern_of(operation: str) -> str:
    """The operation as the API's document names it."""
    for shown, named in PATTERNS.items():
        operation = operation.replace(shown, named)
    operation = re.sub(r"/attachments/[0-9a-f]{64}", "/attachments/{file}", operation)
    operation = re.sub(r"/parties/\d+", "/parties/{party}", operation)
    operation = re.sub(r"/fields/\w+", "/fields/{field}", operation)
    return re.sub(r"/acts/\w+", "/acts/{act}", operation)


def _operation(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any], done: list[tuple[Example, str]]
) -> str:
    mine = [(example, text) for example, text in done if pattern_of(example.operation) == f"{method} {path}"]
    scope_of = mine[0][0].scope
    refused = [code for code in operation["responses"] if code.isdigit() and int(code) >= 400]
    parts = [
        f"### {method} {path}",
        f"**{operation['summary']}.** {operation['description']}",
        {ANY: "Any token. ", SESSION: "From a session. "}.get(scope_of, f"Scope `{scope_of}`. ")
        + f"Refused with {', '.join(refused)}.",
    ]
    if table := _parameters(operation.get("parameters", [])):
        parts.append(table)
    return "\n\n".join([*parts, *(text for _example, text in mine)])


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = [
        f"| `{one['name']}` | {one['in']} | {'yes' if one.get('required') else ''} | {_type(one['schema'])} "
        f"| {one.get('description') or one['schema'].get('description', '')} |"
        for one in parameters
    ]
    return "| parameter | in | needed | type | |\n|---|---|---|---|---|\n" + "\n".join(rows) if rows else ""


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return "code" if "description" in schema else ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind = schema.get("format") or schema.get("type", "")
    low, high = schema.get("minimum"), schema.get("maximum")
    limits = f" {low} to {high}" if low is not None and high is not None else ""
    longest = f" of at most {schema['maxLength']}" if "maxLength" in schema else ""
    return f"{kind}{limits}{longest}"


def _kinds(document: dict[str, Any]) -> str:
    """What each kind and act takes, from its schemas."""
    schemas = document["components"]["schemas"]
    parts = [
        "## What each kind takes",
        "Of the built-in kinds; a city's own are in its `/api/openapi.json`, as `<kind>.open` and `<kind>.<act>`.",
    ]
    for reference in schemas["Opening"]["oneOf"]:
        name = reference["$ref"].rpartition("/")[2].removesuffix(".open")
        parts += [f"### {name}", f'`data` of `POST /api/cases` with `"kind": "{name}"`:']
        parts.append(_members(schemas[f"{name}.open"]["properties"]["data"]))
        acts = [one for one in schemas if one.startswith(f"{name}.") and one != f"{name}.open"]
        rows = [
            f"| `{one.partition('.')[2]}` | {_given(schemas[one])} | {schemas[one]['description']} |" for one in acts
        ]
        parts.append("| act | `data` (needed in bold) | |\n|---|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _given(schema: dict[str, Any]) -> str:
    return ", ".join(f"**`{one}`**" if one in schema["required"] else f"`{one}`" for one in schema["properties"])


def _members(schema: dict[str, Any]) -> str:
    rows = [
        f"| `{name}` | {'yes' if name in schema['required'] else ''} | {_type(one)} | {_what(one)} |"
        for name, one in schema["properties"].items()
    ]
    return "| field | needed | type | |\n|---|---|---|---|\n" + "\n".join(rows)


def _what(schema: dict[str, Any]) -> str:
    text = schema.get("description", "")
    return str(schema.get("title", "")) + (f": {text}" if schema.get("title") and text else text)
