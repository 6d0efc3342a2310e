"""Web Push: a real endpoint is told, and only the browser's own key opens what it gets."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.ledger.keys import KeyTrouble
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.messages import push_cipher, vapid, ways
from blockwise.messages.models import Delivery, Way
from blockwise.messages.push_cipher import decoded, encoded, encrypted
from blockwise.problems import Invalid
from blockwise.rooms import Role
from tests.people import PASSWORD, person

from .conftest import WebServer
from .test_delivering import go, tell

# RFC 8291, appendix A
TEXT = b"When I grow up, I want to be a watermelon"
THEIRS = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
RECORD = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


class Browser:
    """The other end: it made the keys, and opens what comes (written from the RFCs, apart from what it tests)."""

    def __init__(self) -> None:
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.point = encoded(push_cipher.point_of(self.key.public_key()))
        self.secret = encoded(self.auth)

    def opened(self, body: bytes) -> Any:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= size == 4096
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"WebPush: info\x00" + decoded(self.point) + theirs
        secret = HKDF(SHA256(), 32, self.auth, info).derive(shared)
        content = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        text = AESGCM(content).decrypt(nonce, sealed, None)
        assert text[-1:] == b"\x02"
        return json.loads(text[:-1])


@pytest.fixture
def overseer(kinds: None) -> Actor:
    return actor_for(person("overseer", (Role.OVERSIGHT, "99")))


@pytest.fixture
def browser(overseer: Actor, web_server: WebServer) -> Browser:
    """The overseer's, told by way of the web server."""
    found = Browser()
    ways.add_browser(overseer, web_server.url, found.point, found.secret)
    return found


def claims_of(authorization: str) -> tuple[dict[str, Any], str]:
    """What the request says of itself, once its signature holds; and the key it holds by."""
    scheme, token, point = authorization.replace(",", "").split()
    assert scheme == "vapid"
    said, _dot, signature = token.removeprefix("t=").rpartition(".")
    raw, point = decoded(signature), point.removeprefix("k=")
    whole = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(point))
    public.verify(whole, said.encode(), ec.ECDSA(SHA256()))
    head, claims = (json.loads(decoded(part)) for part in said.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims, point


class TestCipher:
    def test_it_is_the_record_of_the_rfc(self) -> None:
        to = push_cipher.browser(POINT, SECRET)
        assert encoded(encrypted(TEXT, to, key(OWN), decoded(SALT))) == RECORD
        assert encoded(push_cipher.point_of(key(THEIRS).public_key())) == POINT

    def test_no_two_records_are_alike(self) -> None:
        to = push_cipher.browser(POINT, SECRET)
        one, other = (encrypted(TEXT, to) for _time in range(2))
        assert one[:16] != other[:16]
        assert one[21:86] != other[21:86]

    @pytest.mark.parametrize(
        ("point", "secret"),
        [
            ("", ""),
            (POINT, SECRET + "AAAA"),
            (POINT[:-4], SECRET),
            ("A" * 87, SECRET),
            (encoded(decoded(POINT)[:-1] + b"\x00"), SECRET),  # on no curve
            (POINT, "schlüssel"),
            ("*" + POINT, SECRET),
        ],
    )
    def test_keys_that_are_none_are_refused(self, point: str, secret: str) -> None:
        with pytest.raises(Invalid):
            push_cipher.browser(point, secret)


class TestKey:
    def test_it_is_made_once_in_the_home_for_its_owner_alone(self, settings: Any, tmp_path: Path) -> None:
        settings.HOME = tmp_path
        first = vapid.public_key()
        path = tmp_path / "keys" / "push.pem"
        assert vapid.public_key() == first
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.write_text("nothing")
        with pytest.raises(KeyTrouble):
            vapid.public_key()

    def test_a_request_says_whose_it_is_and_for_whom(self, settings: Any, tmp_path: Path) -> None:
        settings.HOME, settings.URL = tmp_path, "https://city.example"
        said = vapid.authorization("https://push.example:8443/send/abc")
        claims, point = claims_of(said)
        assert claims["aud"] == "https://push.example:8443"
        assert claims["sub"] == "https://city.example"
        assert 0 < claims["exp"] - time.time() <= 86_400
        assert point == vapid.public_key()
        (tmp_path / "keys" / "push.pem").unlink()
        with pytest.raises(InvalidSignature):
            claims_of(said.replace(point, vapid.public_key()))


class TestDelivery:
    def test_the_browser_alone_reads_it_and_it_says_a_topic_and_a_link(
        self, browser: Browser, web_server: WebServer
    ) -> None:
        User.objects.update(language="zh-hans")
        tell()
        list(ways.spreading())
        assert (go(), go()) == ([True], [])
        (asked,) = web_server.got
        name = f"m{Delivery.objects.get().message_id}-{Way.objects.get().pk}"
        assert browser.opened(asked.body) == {"title": "待放行的清除", "link": "/erasures/", "name": name}
        assert {one: asked.headers[one] for one in ("content-encoding", "ttl", "urgency", "topic")} == {
            "content-encoding": "aes128gcm",
            "ttl": "86400",
            "urgency": "high",
            "topic": name,
        }
        claims, point = claims_of(asked.headers["authorization"])
        assert web_server.url.startswith(claims["aud"])
        assert point == vapid.public_key()

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscription_that_is_gone_ends_the_way(
        self, browser: Browser, web_server: WebServer, status: int
    ) -> None:
        tell(2)
        list(ways.spreading())
        web_server.statuses = [status]
        assert go()[0] is False
        assert Way.objects.get().ended_why == f"it answered {status}"
        assert not Delivery.objects.filter(given_up_at=None).exists()

    def test_what_is_not_taken_now_is_tried_later_and_a_redirect_is_not_followed(
        self, browser: Browser, web_server: WebServer
    ) -> None:
        tell()
        list(ways.spreading())
        web_server.statuses, web_server.headers = [429, 307, 201], {"Location": "/elsewhere"}
        for expected in (False, False, True):
            Delivery.objects.update(next_at=clock.real_now())
            assert go() == [expected]
        bodies = [browser.opened(asked.body) for asked in web_server.got]
        assert bodies[0] == bodies[1] == bodies[2]
        assert [asked.path for asked in web_server.got] == ["/hook"] * 3

    def test_an_endpoint_in_the_own_network_is_not_connected_to(
        self, browser: Browser, web_server: WebServer, settings: Any
    ) -> None:
        settings.WEBHOOK_HOSTS = frozenset()
        port = web_server.url.split(":")[2].split("/")[0]
        Way.objects.update(address=f"https://localhost:{port}/hook")  # a name that means this machine by now
        tell()
        list(ways.spreading())
        assert go() == [False]
        assert Delivery.objects.get().error == "OwnNetworkError"
        assert web_server.got == []


class TestSubscribing:
    def test_it_is_done_from_the_own_page(self, overseer: Actor, web_server: WebServer, client: Client) -> None:
        client.login(username="overseer", password=PASSWORD)
        page = client.get("/messages/ways").content.decode()
        assert f'data-push="{vapid.public_key()}"' in page
        found = Browser()
        given = {"carrier": "push", "address": web_server.url, "point": found.point, "secret": found.secret}
        assert client.post("/messages/ways", given).status_code == 302
        way = Way.objects.get()
        assert (way.person_id, way.carrier, ways.browser_of(way)) == (
            int(overseer.id[5:]),
            "push",
            (decoded(found.point), found.auth),
        )
        assert found.auth not in bytes(way.secret or b"")
        shown = client.get("/messages/ways").content.decode()
        assert "<td>browser</td>" in shown
        assert web_server.url not in shown
        assert web_server.url not in Line.objects.get(act="way_added").canonical

    def test_what_is_no_subscription_is_refused_with_its_reason(self, overseer: Actor, client: Client) -> None:
        client.login(username="overseer", password=PASSWORD)
        found = Browser()
        for address, point in (("https://127.0.0.1/x", found.point), ("https://push.example/x", "")):
            given = {"carrier": "push", "address": address, "point": point, "secret": found.secret}
            assert client.post("/messages/ways", given).status_code == 422
        assert not Way.objects.exists()

    def test_a_browser_is_its_last_asker_s(self, overseer: Actor, browser: Browser, web_server: WebServer) -> None:
        next_one = actor_for(person("next", (Role.OVERSIGHT, "99")))
        ways.add_browser(next_one, web_server.url, browser.point, browser.secret)
        tell()
        list(ways.spreading())
        assert go() == [True]
        assert [way.person_id for way in Way.objects.filter(ended_at=None)] == [int(next_one.id[5:])]
        (ended,) = Line.objects.filter(act="way_ended")
        assert data_of(ended)["person"] == int(overseer.id[5:])
