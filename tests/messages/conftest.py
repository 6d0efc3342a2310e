"""Servers that a message really goes to: SMTP and HTTP, on this machine, on threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from blockwise.access.actors import LOADER
from blockwise.cases.kinds import registry
from blockwise.places.models import City
from tests.servers import free_port


@dataclass
class PostBox:
    """An SMTP server; `refuse`: the answer to a recipient in place of 250."""

    refuse: str = ""
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self.got.append(message_from_bytes(content, EmailMessage, policy=default))
        return "250 OK"


@pytest.fixture
def post_box(settings: Any) -> Iterator[PostBox]:
    box = PostBox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "blockwise@city.example"
    yield box
    controller.stop()


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """Answers each POST with the next of `statuses`, the last one for ever."""

    url: str
    statuses: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Asked] = field(default_factory=list)


@pytest.fixture
def web_server(settings: Any) -> Iterator[WebServer]:
    """On 127.0.0.1, which is named as a host that may be asked."""
    known = WebServer("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.got.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(known.statuses.pop(0) if len(known.statuses) > 1 else known.statuses[0])
            for name, value in {**known.headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Nothing is written among the tests' output."""

    settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kinds(city: City) -> Iterator[None]:
    """The built-in kinds, stored for the tiny city."""
    registry.forget()
    registry.store(registry.builtin_texts(), LOADER.id)
    yield
    registry.forget()


@pytest.fixture
def dribbling() -> Iterator[int]:
    """The port of a server that says one byte every tenth of a second, and never comes to an end."""
    over = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            for letter in b"HTTP/1.1 200 " + b"x" * 600:
                if over.wait(0.1):
                    return
                try:
                    self.request.sendall(bytes([letter]))
                except OSError:  # the other side has had enough
                    return

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        over.set()
        server.shutdown()
        thread.join()
