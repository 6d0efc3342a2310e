"""The second factor: shown, needed, slowed, used up, reset; and the ways around it that are none."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client

from blockwise import clock
from blockwise.access import factors, passwords, throttle
from blockwise.access.actions import make_token
from blockwise.access.actors import OPERATOR, actor_for
from blockwise.access.factor_adapter import Adapter
from blockwise.access.models import ApiToken, User
from blockwise.access.signing_in import OF_FACTOR
from blockwise.access.ways_in import WayIn, by_ways
from blockwise.ledger import revocations
from blockwise.ledger.erase import erase
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.vault import Erased, NotThere
from blockwise.problems import Forbidden
from blockwise.rooms import Role
from tests.people import PASSWORD, People, give, person, signed_in

pytestmark = pytest.mark.django_db
EN = {"accept-language": "en"}


EMPTY = '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"MQ"}}'
NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def _half_a_minute_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: NOW))


@pytest.fixture
def needed(settings: Any) -> None:
    """As in production."""
    settings.FACTOR_ROLES = frozenset({"administrator", "oversight"})


@pytest.fixture
def root(people: People) -> User:
    return person("root", (Role.ADMINISTRATOR, "99"))


def begin(login: str, to: str = "") -> tuple[Client, Any]:
    client = Client(headers=EN)
    return client, client.post("/login", {"username": login, "password": PASSWORD, "next": to})


def code_of(secret: str, steps: int = 0) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, NOW // 30 + steps))


def secret_of(user: User) -> str:
    return Adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])


def set_up(client: Client) -> list[str]:
    """An app for whoever has just signed in; the codes on paper."""
    page = client.get("/account/app").content.decode()
    found = re.search(r'id="letters">([A-Z2-7 ]+)<', page)
    assert found
    code = code_of(found[1].replace(" ", ""), -1)
    answer = client.post("/account/app", {"code": code})
    return re.findall(r"<li>(\d{8})</li>", answer.content.decode())


def with_app(login: str) -> list[str]:
    client, _answer = begin(login)
    return set_up(client)


def lines(user: User) -> list[str]:
    return list(Line.objects.filter(thread=f"user:{user.pk}").order_by("number").values_list("act", flat=True))


class TestSettingUp:
    def test_an_app_and_ten_codes_on_paper_shown_once(self, people: People) -> None:
        client, _answer = begin("alice")
        codes = set_up(client)
        assert len(set(codes)) == 10
        assert codes[0] not in client.get("/account").content.decode()
        assert lines(people.in_charge) == ["signed_in", "factor_added", "recovery_codes_made"]
        client.post("/logout")
        client, answer = begin("alice", "/account/tokens")
        assert answer["Location"] == "/login/factor"
        answer = client.post("/login/factor", {"code": code_of(secret_of(people.in_charge))})
        assert answer["Location"] == "/account/tokens"
        assert client.get("/api/me").status_code == 200

    def test_no_secret_lies_open(self, people: People) -> None:
        codes = with_app("alice")
        kept = json.dumps([row.data for row in Authenticator.objects.all()])
        assert secret_of(people.in_charge) not in kept
        seed = Adapter().decrypt(Authenticator.objects.get(type="recovery_codes").data["seed"])
        assert seed not in kept
        record = "".join(Line.objects.values_list("canonical", flat=True))
        assert not any(secret in record for secret in (secret_of(people.in_charge), seed, *codes))

    def test_a_wrong_first_code_adds_nothing(self, people: People) -> None:
        client, _answer = begin("alice")
        client.get("/account/app")
        assert "not right" in client.post("/account/app", {"code": "000000"}).content.decode()
        assert not factors.has(people.in_charge)

    def test_a_screen_left_open_changes_nothing(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        client, _answer = begin("alice")
        set_up(client)
        later = clock.real_now() + timedelta(minutes=11)
        monkeypatch.setattr(clock, "real_now", lambda: later)
        row = Authenticator.objects.get(type="totp")
        for path in ("/account/codes", f"/account/factors/{row.pk}/remove"):
            client, _answer = client, client.post(path)
            assert _answer["Location"].startswith("/login")
        assert factors.has(people.in_charge)

    def test_nobody_removes_anothers(self, people: People) -> None:
        with_app("alice")
        row = Authenticator.objects.get(type="totp")
        client, _answer = begin("bob")
        assert client.post(f"/account/factors/{row.pk}/remove").status_code == 404
        assert factors.has(people.in_charge)

    def test_codes_on_paper_go_with_the_last_factor(self, people: People) -> None:
        client, _answer = begin("alice")
        set_up(client)
        row = Authenticator.objects.get(type="totp")
        assert client.post(f"/account/factors/{row.pk}/remove").status_code == 302
        assert not Authenticator.objects.exists()
        assert lines(people.in_charge)[-1] == "factor_removed"


class TestShowing:
    def test_the_password_alone_opens_nothing(self, people: People) -> None:
        with_app("alice")
        client, _answer = begin("alice")
        for path in ("/api/me", "/api/cases", "/console/", "/account", "/account/tokens"):
            assert client.get(path).status_code in {302, 401}
        key = client.session.session_key or ""
        assert by_ways([WayIn(session=key)]) == {}

    def test_a_code_counts_once(self, people: People) -> None:
        with_app("alice")
        code = code_of(secret_of(people.in_charge))
        client, _answer = begin("alice")
        assert client.post("/login/factor", {"code": code}).status_code == 302
        cache.clear()  # as in another process
        client, _answer = begin("alice")
        page = client.post("/login/factor", {"code": code})
        assert "wrong or was used" in page.content.decode()
        assert client.get("/api/me").status_code == 401

    def test_the_code_that_set_it_up_does_not_sign_in(self, people: People) -> None:
        client, _answer = begin("alice")
        set_up(client)
        client, _answer = begin("alice")
        assert client.post("/login/factor", {"code": code_of(secret_of(people.in_charge), -1)}).status_code == 200

    def test_a_code_of_a_minute_ago_is_over(self, people: People) -> None:
        with_app("alice")
        client, _answer = begin("alice")
        secret = secret_of(people.in_charge)
        for steps in (-2, 2):
            assert client.post("/login/factor", {"code": code_of(secret, steps)}).status_code == 200
        assert client.get("/api/me").status_code == 401
        assert client.post("/login/factor", {"code": code_of(secret, 1)}).status_code == 302

    def test_a_code_on_paper_counts_once_and_is_on_the_record(self, people: People) -> None:
        codes = with_app("alice")
        client, _answer = begin("alice")
        page = client.post("/login/factor", {"code": codes[3]}, follow=True).content.decode()
        assert "9 are left" in page
        client, _answer = begin("alice")
        assert client.post("/login/factor", {"code": codes[3]}).status_code == 200
        assert client.get("/api/me").status_code == 401
        said = Line.objects.get(act="recovery_code_used")
        assert data_of(said) == {"left": 9}
        assert "recovery_codes" in Line.objects.filter(act="signed_in").order_by("-number")[0].canonical

    def test_guessing_is_slowed_from_everywhere(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        with_app("alice")
        now = clock.real_now()
        monkeypatch.setattr(clock, "real_now", lambda: now)
        for number in range(OF_FACTOR.free):
            client = Client(headers=EN, REMOTE_ADDR=f"192.0.2.{number}")
            client.post("/login", {"username": "alice", "password": PASSWORD})
            assert client.post("/login/factor", {"code": f"{number:06}"}).status_code == 200
        client, _answer = begin("alice")
        right = code_of(secret_of(people.in_charge))
        answer = client.post("/login/factor", {"code": right})
        assert (answer.status_code, answer["Retry-After"]) == (429, "1")
        throttle.clear(throttle.of_factor(people.in_charge.pk))
        page = client.post("/login/factor", {"code": right}, follow=True).content.decode()
        assert "Somebody who knew your password" in page
        assert lines(people.in_charge).count("factor_failed") == 1

    def test_a_day_of_guessing_tries_few(self) -> None:
        tries, seconds = 0, 0.0
        while seconds < 86_400:
            seconds += 1 + OF_FACTOR.after(tries)
            tries += 1
        assert tries < 45

    def test_the_step_between_ends_with_the_password_and_with_time(
        self, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_app("alice")
        client, _answer = begin("alice")
        late = clock.real_now() + timedelta(minutes=6)
        with monkeypatch.context() as patch:
            patch.setattr(clock, "real_now", lambda: late)
            assert client.get("/login/factor")["Location"] == "/login"
        passwords.set_password(people.in_charge, "another long phrase", OPERATOR)
        code = code_of(secret_of(people.in_charge))
        assert client.post("/login/factor", {"code": code})["Location"] == "/login"
        assert client.get("/api/me").status_code == 401

    @pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "x" * 30_000, '{"id": 1}', EMPTY])
    def test_what_is_no_passkey_is_not_taken(self, people: People, answer: str) -> None:
        with_app("alice")
        client, _answer = begin("alice")
        assert client.post("/login/factor", {"credential": answer})["Location"] == "/login/factor"
        assert client.get("/api/me").status_code == 401

    def test_nobody_comes_to_it_without_the_password(self, people: People) -> None:
        with_app("alice")
        client = Client(headers=EN)
        code = code_of(secret_of(people.in_charge))
        assert client.post("/login/factor", {"code": code})["Location"] == "/login"

    def test_one_who_is_shut_out_is_not_let_in(self, people: People) -> None:
        with_app("alice")
        client, _answer = begin("alice")
        User.objects.update(is_active=False)
        assert client.get("/login/factor")["Location"] == "/login"


@pytest.mark.usefixtures("needed")
class TestNeeded:
    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OVERSIGHT])
    def test_without_it_only_the_page_that_sets_it_up_opens(self, people: People, role: Role) -> None:
        eve = person("eve", (role, "99"), (Role.DISPATCHER, "99"))
        client, _answer = begin("eve")
        for path in ("/people", "/cases/", "/console/", "/account/tokens", "/account/password"):
            assert client.get(path)["Location"] == "/account"
        assert (
            client.post("/account/tokens", {"name": "x", "scopes": ["stream"], "days": "30"})["Location"] == "/account"
        )
        for path in ("/api/me", "/api/cases", "/api/users"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/factor-needed")
        key = client.session.session_key or ""
        assert by_ways([WayIn(session=key)]) == {}  # nor the stream
        assert "no other page opens" in client.get("/account").content.decode()
        set_up(client)
        assert client.get("/cases/" if role == Role.OVERSIGHT else "/people").status_code == 200
        assert set(by_ways([WayIn(session=client.session.session_key or "")])) != set()
        assert not ApiToken.objects.filter(user=eve).exists()

    def test_others_work_without(self, people: People) -> None:
        person("eve", (Role.DISPATCHER, "99"))
        client, _answer = begin("eve")
        assert client.get("/console/").status_code == 200

    def test_a_session_from_before_the_role_is_held_up(self, people: People) -> None:
        eve = person("eve", (Role.DISPATCHER, "99"))
        client, _answer = begin("eve")
        give(eve, Role.OVERSIGHT, "99")
        assert client.get("/api/me").status_code == 403

    def test_a_token_made_without_it_opens_nothing(self, people: People) -> None:
        eve = person("eve", (Role.OVERSIGHT, "99"))
        bare = actor_for(eve)
        _token, secret = make_token(eve, "robot", ["cases:read"], bare)
        header = {"Authorization": f"Bearer {secret}"}
        assert Client().get("/api/cases", headers=header).status_code == 403
        client, _answer = begin("eve")
        set_up(client)
        made = client.post(
            "/api/tokens", json.dumps({"name": "r", "scopes": ["cases:read"]}), content_type="application/json"
        ).json()
        header = {"Authorization": f"Bearer {made['token']}"}
        assert Client().get("/api/cases", headers=header).status_code == 200


class TestReset:
    def test_by_who_may_set_the_password_and_told_to_the_person(self, people: People, root: User) -> None:
        with_app("alice")
        inside = signed_in(people.in_charge)
        make_token(people.in_charge, "robot", ["cases:read"], OPERATOR)
        admin = signed_in(root)
        page = admin.post(f"/people/{people.in_charge.pk}/link", {"reset": "1"}).content.decode()
        link = re.search(r"http://testserver(/way-in/[\w-]+)", page)
        assert link
        assert not Authenticator.objects.exists()
        assert inside.get("/api/me").status_code == 401
        assert not ApiToken.objects.filter(revoked_at=None).exists()
        _client, answer = begin("alice")
        assert answer.status_code == 200  # the old password is gone
        Client().post(link[1], {"password": PASSWORD})
        client, answer = begin("alice")
        assert answer.status_code == 302
        assert "root took away your password and your second factor." in client.get("/account").content.decode()
        assert "root" not in Client(headers=EN).get("/login").content.decode()
        client, _answer = begin("alice")
        assert "took away" not in client.get("/account").content.decode()

    def test_not_by_who_administers_a_part(self, people: People) -> None:
        with_app("alice")
        west = person("west", (Role.ADMINISTRATOR, "99010101"))
        with pytest.raises(Forbidden):
            passwords.reset(people.in_charge, actor_for(west))
        assert signed_in(west).post(f"/people/{people.in_charge.pk}/link", {"reset": "1"}).status_code == 403
        assert factors.has(people.in_charge)

    @pytest.mark.parametrize("way", ["password", "link"])
    def test_a_new_password_is_no_way_around_the_factor(self, people: People, root: User, way: str) -> None:
        with_app("alice")
        if way == "password":
            passwords.set_password(people.in_charge, PASSWORD, actor_for(root))
        else:
            _link, secret = passwords.make_link(people.in_charge, actor_for(root))
            Client().post(f"/way-in/{secret}", {"password": PASSWORD})
        _client, answer = begin("alice")
        assert answer["Location"] == "/login/factor"


def test_a_restored_backup_brings_no_factor_back(people: People) -> None:
    codes = with_app("alice")
    before = list(Authenticator.objects.values())
    assert factors.prove(people.in_charge, codes[0]) == "recovery_codes"
    app = Authenticator.objects.get(type="totp")
    factors.remove(people.in_charge, app.pk, actor_for(people.in_charge))
    assert not Authenticator.objects.exists()
    Authenticator.objects.bulk_create(Authenticator(**row) for row in before)
    for one in revocations.JOURNAL.noted():
        if one.group == "factor":
            factors.end_again(one.subject)
    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_when_the_key_of_all_is_given_up_new_ones_are_set_up(people: People) -> None:
    with_app("alice")
    erase("factors:1", "system:operator", "its master key is lost")
    with pytest.raises(Erased):
        secret_of(people.in_charge)
    passwords.reset(people.in_charge, OPERATOR)
    passwords.set_password(people.in_charge, PASSWORD, OPERATOR)
    assert len(with_app("alice")) == 10
    assert secret_of(people.in_charge)


def test_a_secret_that_was_altered_does_not_open(people: People) -> None:
    locked = Adapter().encrypt("ABCD")
    with pytest.raises(NotThere):
        Adapter().decrypt(locked[:-4] + ("AAA=" if locked[-4:] != "AAA=" else "BBB="))
