from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from blockwise.site import bridge
from blockwise.site.bridge import LARGEST_BODY, Bridge, client_address, environ_of

from .asgi import Client, call, scope

Environ = dict[str, Any]


def echo(environ: Environ, start: Any) -> list[bytes]:
    start("201 Created", [("X-Thread", threading.current_thread().name), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [environ["REQUEST_METHOD"].encode(), b":", environ["wsgi.input"].read()]


def test_a_request_is_answered_on_a_thread_of_the_pool() -> None:
    client = asyncio.run(call(Bridge(echo, 2), scope(method="POST"), [b"on", b"e ", b"body"]))
    assert (client.status, client.body) == (201, b"POST:one body")
    assert client.headers["x-thread"].startswith("request")
    assert [value for name, value in client.sent[0]["headers"] if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_the_environment_is_pep_3333() -> None:
    given = scope(
        "/区/a",
        query="q=%E5%8C%BA&a=1",
        headers={"host": "city.example", "content_type": "text/plain", "x_one": "1", "cookie": "a=1"},
    )
    given["headers"] += [(b"x-one", b"2"), (b"cookie", b"b=2"), (b"x_one", b"forged"), (b"content-length", b"999")]
    environ = environ_of(given, b"four")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/区/a"
    assert environ["QUERY_STRING"] == "q=%E5%8C%BA&a=1"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "4")
    assert (environ["HTTP_X_ONE"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (environ["HTTP_HOST"], environ["REMOTE_ADDR"]) == ("city.example", "192.0.2.7")


@pytest.mark.parametrize(
    ("peer", "passed_on", "address"),
    [
        ("198.51.100.9", "10.9.9.9", "198.51.100.9"),  # a stranger may claim what it likes
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),  # what the client itself claimed is left out
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_whose_request_it_is(settings: Any, peer: str, passed_on: str, address: str) -> None:
    settings.PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})
    assert client_address(scope(client=(peer, 1), headers={"x_forwarded_for": passed_on})) == address


@pytest.mark.parametrize(
    ("peer", "told", "secure"),
    [
        ("198.51.100.9", ["https"], False),  # a stranger may claim what it likes
        ("10.0.0.1", ["https"], True),
        ("10.0.0.1", ["http"], False),
        ("10.0.0.1", ["https", "http"], False),  # what the client itself claimed is left out
        ("10.0.0.1", ["https, http"], False),
        ("10.0.0.1", [], False),
    ],
)
def test_a_request_came_over_tls_as_a_proxy_of_ours_says(
    settings: Any, peer: str, told: list[str], secure: bool
) -> None:
    settings.PROXIES = frozenset({"10.0.0.1"})
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    given = scope(client=(peer, 1), headers={"host": "city.example"})
    given["headers"] += [(b"x-forwarded-proto", one.encode()) for one in told]
    assert WSGIRequest(environ_of(given, b"")).is_secure() is secure


@pytest.mark.parametrize("name", ["x-forwarded-host", "forwarded", "x-forwarded-port", "x-forwarded-server", "x-host"])
def test_by_which_name_it_was_called_says_host_alone(settings: Any, name: str) -> None:
    """Links that are written for people would lead to whoever forged it."""
    settings.PROXIES, settings.ALLOWED_HOSTS = frozenset({"192.0.2.7"}), ["city.example", "evil.example"]
    given = scope("/login", headers={"host": "city.example"})
    given["headers"].append((name.encode(), b"host=evil.example" if name == "forwarded" else b"evil.example"))
    assert WSGIRequest(environ_of(given, b"")).build_absolute_uri() == "http://city.example/login"


@pytest.mark.parametrize("told", [True, False])
def test_a_body_that_is_too_large_is_refused_before_django(told: bool) -> None:
    headers = {"content_length": str(LARGEST_BODY + 1)} if told else {}
    piece = b"x" * (LARGEST_BODY // 4 + 1)
    client = asyncio.run(call(Bridge(never, 1), scope(method="POST", headers=headers), [piece] * 4))
    assert client.status == 413
    problem = json.loads(client.body)
    assert (problem["type"], problem["where"]) == ("/problems/too-large", "body")


def never(environ: Environ, start: Any) -> list[bytes]:
    raise AssertionError("this request must not reach Django")


def test_the_largest_body_is_taken() -> None:
    client = asyncio.run(call(Bridge(echo, 1), scope(method="PUT"), [b"x" * LARGEST_BODY]))
    assert (client.status, len(client.body)) == (201, LARGEST_BODY + 4)


def test_a_client_that_goes_before_its_body_is_whole_gets_and_does_nothing() -> None:
    client = asyncio.run(call(Bridge(never, 1), scope(method="POST"), [b"half"], goes=True))
    assert client.sent == []


@pytest.mark.slow
def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "SLOWEST_BODY", 0.05)
    waiting = Client(b"half", goes=True)
    waiting.gone.clear()
    asyncio.run(Bridge(never, 1)(scope(method="POST"), waiting.receive, waiting.send))
    assert (waiting.status, json.loads(waiting.body)["title"]) == (408, "Too slow")


def test_a_fault_outside_django_is_a_problem_without_its_message() -> None:
    def broken(environ: Environ, start: Any) -> list[bytes]:
        raise ValueError("Alice, 13800138000")

    client = asyncio.run(call(Bridge(broken, 1), scope()))
    assert (client.status, client.headers["content-type"]) == (500, "application/problem+json")
    assert b"Alice" not in client.body


class Pieces:
    streaming = True

    def __init__(self, count: int) -> None:
        self.count, self.read, self.closed = count, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self.count):
            self.read += 1
            yield b"%d " % number

    def close(self) -> None:
        self.closed = True


def streaming(pieces: Pieces) -> Any:
    def application(environ: Environ, start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return pieces

    return application


def test_a_streamed_answer_goes_piece_by_piece_and_is_closed() -> None:
    pieces = Pieces(3)
    client = asyncio.run(call(Bridge(streaming(pieces), 1), scope()))
    assert [message.get("body") for message in client.sent[1:]] == [b"0 ", b"1 ", b"2 ", b""]
    assert pieces.closed


def test_a_streamed_answer_ends_when_the_client_goes() -> None:
    pieces = Pieces(1_000_000)

    async def leave_at_the_third() -> None:
        client = Client()

        async def send(message: Any) -> None:
            await client.send(message)
            if len(client.sent) == 3:
                client.gone.set()
            await asyncio.sleep(0)

        await Bridge(streaming(pieces), 1)(scope(), client.receive, send)

    asyncio.run(leave_at_the_third())
    assert pieces.closed
    assert pieces.read < 1000


def test_a_server_that_is_overrun_says_so_at_once() -> None:
    hold = threading.Event()

    def slow(environ: Environ, start: Any) -> list[bytes]:
        hold.wait(5)
        start("200 OK", [])
        return [b"done"]

    async def three() -> list[Client]:
        application = Bridge(slow, 1, queue=2)
        under_way = [asyncio.ensure_future(call(application, scope())) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await call(application, scope())
        hold.set()
        return [refused, *[await one for one in under_way]]

    refused, *answered = asyncio.run(three())
    assert [client.status for client in answered] == [200, 200]
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert "more requests like this" in json.loads(refused.body)["detail"]
