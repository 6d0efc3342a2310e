"""What browsers are told: cookies of this host alone, TLS for a year, no other method, the same on every answer."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as now
from django.test import Client
from django.utils.module_loading import import_string

from blockwise.access.models import User
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from blockwise.site.bridge import Bridge
from blockwise.site.logs import JsonLines
from blockwise.site.stream import HEADERS
from tests.people import PASSWORD, People, person, point_in
from tests.servers import Home

from .asgi import call, scope

pytestmark = pytest.mark.django_db
PRODUCTION = {
    "BLOCKWISE_MODE": "production",
    "BLOCKWISE_SECRET_KEY": "kJ3v9QxT7mWz2RbY8nLc4HdF6gPs1AeUoN5iXwVq",
    "BLOCKWISE_HOSTS": "dispatch.city.example",
}
ADDRESSES = ["/", "/login", "/api/nowhere", "/api/cases", "/nowhere", "/a%00b", "/static/icon.svg"]
COOKIES = "SESSION", "CSRF", "LANGUAGE"
READ = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "blockwise.site.settings"
import django; django.setup()
from django.conf import settings as s
from django.test import Client
from django.utils.module_loading import import_string
got = Client().get("/static/icon.svg", headers={"host": "dispatch.city.example", "x-forwarded-proto": "https"})
names = ["SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE"]
print(json.dumps({
    "names": [getattr(s, f"{name}_NAME") for name in names],
    "secure": [getattr(s, f"{name}_SECURE") for name in names],
    "tls": got.get("Strict-Transport-Security"),
    "outside": dict((a.decode(), b.decode()) for a, b in __import__("blockwise.site.outside", fromlist=["x"]).SAFE),
}))
"""


def read(home: Path, **more: str) -> Any:
    return json.loads(Home(home).python("-c", READ, **{**PRODUCTION, **more}).stdout)


def test_in_production_cookies_are_this_hosts_alone_and_tls_is_kept_to(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found["names"] == ["__Host-sessionid", "__Host-csrftoken", "__Host-language"]
    assert found["secure"] == [True, True, True]
    assert found["tls"] == found["outside"]["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_on_a_closed_network_without_tls_nothing_is_promised(tmp_path: Path) -> None:
    found = read(tmp_path, BLOCKWISE_TLS="0")
    assert (found["names"][0], found["secure"][0], found["tls"]) == ("sessionid", False, None)


def test_cookies_are_kept_from_scripts_and_other_sites(people: People, settings: Any) -> None:
    for name in COOKIES:
        setattr(settings, f"{name}_COOKIE_SECURE", True)
        setattr(settings, f"{name}_COOKIE_NAME", f"__Host-{name.lower()}")
    browser = Client()
    browser.get("/login")
    browser.post("/login", {"username": "alice", "password": PASSWORD})
    browser.post("/language/", {"language": "en", "next": "/"})
    assert set(browser.cookies) == {f"__Host-{name.lower()}" for name in COOKIES}
    for name, cookie in browser.cookies.items():
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
        assert bool(cookie["httponly"]) is (name != "__Host-csrf")


def test_no_word_of_a_person_is_in_a_cookie(people: People) -> None:
    browser = Client()
    browser.force_login(people.in_charge)
    said = browser.post("/account/password", {"old": PASSWORD, "password": "another long phrase"})
    assert said.status_code == 302
    assert set(browser.cookies) <= {now.SESSION_COOKIE_NAME, now.CSRF_COOKIE_NAME, now.LANGUAGE_COOKIE_NAME}
    assert "Your password is changed." in browser.get("/account/password").content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_says_what_it_is_and_may_not_be_framed(client: Client, city: object, address: str) -> None:
    answer = client.get(address)
    answer.close()
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "object-src 'none'; base-uri 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "charset=utf-8" in answer["Content-Type"] or "json" in answer["Content-Type"]
    assert "Access-Control-Allow-Origin" not in answer


def test_so_does_what_is_answered_outside_django(city: object) -> None:
    large = scope(method="POST", headers={"content_length": "9" * 9})
    refused = asyncio.run(call(Bridge(lambda *_given: [], 1), large))
    assert refused.status == 413
    for headers in (refused.headers, {name.decode(): value.decode() for name, value in HEADERS}):
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("address", ["/", "/login", "/healthz", "/api/openapi.json", "/cases/", "/static/icon.svg"])
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_a_method_that_nothing_takes_is_refused(people: People, address: str, method: str) -> None:
    browser = Client()
    browser.force_login(people.in_charge)
    assert browser.generic(method, address).status_code == 405


def test_a_parameter_that_is_given_twice_is_refused(people: People) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(people.in_charge)
    answer = browser.get("/api/cases?priority=1&priority=2")
    assert (answer.status_code, answer.json()["where"]) == (422, "query.priority")
    assert answer.json()["detail"] == "This parameter is given twice."


def test_a_parameter_that_takes_a_list_may_be_given_again(people: People) -> None:
    """Only where the document says so: at the same address every other one is given once."""
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(people.in_charge)
    lon, lat = point_in("99010101")
    address = f"/api/rings?lon={lon}&lat={lat}&minutes=5&minutes=10"
    assert browser.get(address).json().get("where") != "query.minutes"
    answer = browser.get(f"{address}&lat={lat}")
    assert (answer.status_code, answer.json()["where"]) == (422, "query.lat")


def test_a_compressed_body_is_not_opened(people: People) -> None:
    browser = Client()
    browser.force_login(people.in_charge)
    bomb = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xed\xc1\x01\x0d" * 1000
    before = Line.objects.count()
    answer = browser.post("/api/cases", bomb, content_type="application/json", headers={"content-encoding": "gzip"})
    assert (answer.status_code, Line.objects.count()) == (400, before)


def test_a_line_break_makes_no_second_line_in_the_log() -> None:
    forged = 'x\n{"level": "info"}\r\u0085\u2028\u2029"'
    record = logging.LogRecord("x", logging.ERROR, "", 1, "%s", (forged,), None)
    line = JsonLines(messages=True).format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["what"] == forged


def test_who_was_refused_is_logged_by_number(people: People, caplog: pytest.LogCaptureFixture) -> None:
    browser = Client()
    browser.force_login(people.outsider)
    with caplog.at_level(logging.INFO, "blockwise.access_log"):
        assert browser.get("/people").status_code == 403
        assert browser.get("/api/cases/1").status_code == 404
        assert browser.get("/account/tokens").status_code == 200
        assert Client().get("/nowhere").status_code == 404
    members = [record.members for record in caplog.records if record.name == "blockwise.access_log"]  # type: ignore[attr-defined]  # our own extra
    who = f"user:{people.outsider.pk}"
    assert [one.get("who", "-") for one in members] == [who, who, "-", None]


def test_what_somebody_typed_is_text_on_every_page(people: People) -> None:
    hostile = "\"><img src=x onerror=alert(1)>'</script><script>"
    person("eve", (Role.ADMINISTRATOR, "99"))
    User.objects.filter(login__in=["eve", "alice"]).update(name=hostile, name_en=hostile)
    browser = Client()
    browser.force_login(User.objects.get(login="eve"))
    for address in ("/people", f"/people/{people.in_charge.pk}", "/account/tokens"):
        page = browser.get(address).content.decode()
        assert "onerror=alert(1)&gt;" in page
        assert "<img src=x" not in page
        assert "</script><script>" not in page


def test_a_sign_in_is_another_session(people: People) -> None:
    browser = Client()
    form = {"username": "alice", "password": PASSWORD}
    browser.post("/login", form)
    first = browser.session.session_key
    browser.post("/logout")
    browser.post("/login", form)
    assert browser.session.session_key != first
    again = Client()
    again.cookies[now.SESSION_COOKIE_NAME] = first or ""
    assert again.get("/api/me").status_code == 401


def test_passwords_are_kept_slowly() -> None:
    from django.conf import global_settings

    from blockwise.site import settings as ours

    assert not hasattr(ours, "PASSWORD_HASHERS")
    hasher = import_string(global_settings.PASSWORD_HASHERS[0])()
    assert (hasher.algorithm, hasher.iterations >= 600_000) == ("pbkdf2_sha256", True)


@pytest.mark.parametrize("address", ["/static/", "/static/js/", "/.git/config", "/static/../settings.py"])
def test_no_folder_is_listed(client: Client, city: object, address: str) -> None:
    assert client.get(address).status_code == 404
