"""A provider of OpenID Connect on this machine: its document, keys, and tokens that a test can spoil."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
CLIENT, SECRET = "blockwise", "what only the two know"
Spoil = Callable[[dict[str, Any]], object]


class Provider:
    """`claims` of whoever is signed in there; `spoil` changes what is signed, `sign` how; `document` what is public."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.begin()

    def begin(self) -> None:
        """As new."""
        issuer = self.issuer
        self.claims: dict[str, Any] = {"sub": "subject-4711-alice", "preferred_username": "alice"}
        self.spoil: Spoil = lambda said: None
        self.sign = lambda said: jwt.encode(said, KEY, "RS256", {"kid": "one"})
        self.document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }
        self.asked: list[dict[str, str]] = []  # questions of browsers
        self.paths: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}

    def page(self, path: str) -> Any:
        return {"/.well-known/openid-configuration": lambda: self.document, "/keys": keys}[path]()

    def grant(self, question: dict[str, str]) -> str:
        """A code for whoever asks by this address, as if the person had signed in there."""
        self.asked.append(question)
        code = f"code-{len(self.asked)}"
        self.codes[code] = question
        return code

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        question = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if question is None or proof.decode() != question["code_challenge"] or form["client_secret"] != SECRET:
            return None
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now,
            "nonce": question["nonce"], **self.claims,
        }  # fmt: skip
        self.spoil(said)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": self.sign(said)}


def keys() -> dict[str, Any]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}


@contextmanager
def served() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(lambda: provider.page(self.path))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.answer(lambda: provider.token(form))

        def answer(self, found: Callable[[], Any]) -> None:
            provider.paths.append(self.path)
            try:
                said = found()
            except KeyError:
                said = None
            if isinstance(said, str):
                self.send_response(302)
                self.send_header("Location", said)
            else:
                self.send_response(200 if said else 400)
                self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_said: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def ask(client: Client, to: str = "") -> dict[str, str]:
    """Press the button; the question with which the browser goes to the provider."""
    page = client.post("/login/elsewhere", {"next": to})
    assert page.status_code == 200, page
    found = re.search(r'href="([^"]+)" id="elsewhere"', page.content.decode())
    assert found
    return {name: one for name, (one,) in parse_qs(urlsplit(found[1].replace("&amp;", "&")).query).items()}


def come_back(provider: Provider, client: Client, to: str = "", **more: str) -> Any:
    """Press the button, sign in there, and come back."""
    question = ask(client, to)
    return client.get("/login/elsewhere/back", {"code": provider.grant(question), "state": question["state"], **more})
