"""Signing in and out, one's own tokens, people and their roles, as pages in both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access import signing_in
from blockwise.access.actors import actor_for
from blockwise.access.models import ApiToken, Grant, Throttle, User
from blockwise.access.signing_in import OF_BOTH, OF_LOGIN, OF_NETWORK
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from tests.people import PASSWORD, People, person

pytestmark = pytest.mark.django_db
ZH, EN = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}


def signed_in(user: User) -> Client:
    client = Client(headers=EN)
    client.force_login(user)
    return client


@pytest.fixture
def root(people: People) -> Client:
    return signed_in(person("root", (Role.ADMINISTRATOR, "99")))


def sign_in(client: Client, login: str = "alice", password: str = PASSWORD, to: str = "/account/tokens") -> Any:
    return client.post("/login", {"username": login, "password": password, "next": to})


def acts(user: User) -> list[str]:
    return list(Line.objects.filter(thread=f"user:{user.pk}").order_by("number").values_list("act", flat=True))


class Clock:
    """The machine's time, moved on by the test."""

    def __init__(self) -> None:
        self.moment = clock.real_now()

    def later(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "real_now", lambda: found.moment)
    return found


class TestSigningIn:
    @pytest.mark.parametrize(("headers", "words"), [(ZH, "登录"), (EN, "Sign in")])
    def test_the_page_is_there_in_both_languages(self, people: People, headers: dict[str, str], words: str) -> None:
        page = Client(headers=headers).get("/login").content.decode()
        assert f"<h1>{words}</h1>" in page
        assert re.search(r'<input type="password"[^>]*autocomplete="current-password"', page)
        for name in ("username", "password"):
            assert f'<label for="id_{name}">' in page

    def test_the_right_password_opens_and_is_a_line(self, people: People) -> None:
        client = Client(headers=EN)
        answer = sign_in(client)
        assert (answer.status_code, answer["Location"]) == (302, "/account/tokens")
        assert client.get("/api/me").json()["id"] == f"user:{people.in_charge.pk}"
        assert acts(people.in_charge) == ["signed_in"]

    def test_passwords_from_everywhere_leave_processors_for_calls(
        self, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One who has a /48 of IPv6 has 65,536 networks, and each has its free tries."""
        sign_in(Client())
        monkeypatch.setattr(signing_in, "PATIENCE_S", 0.01)
        held = [signing_in._strangers.acquire(timeout=1) for _one in range(signing_in.STRANGERS)]
        try:
            assert all(held)
            answer = sign_in(Client(REMOTE_ADDR="2001:db8:1:2::1"), password="wrong")
            assert (answer.status_code, answer["Retry-After"]) == (429, "1")
            assert sign_in(Client()).status_code == 302
        finally:
            for _one in held:
                signing_in._strangers.release()
        assert sign_in(Client(REMOTE_ADDR="2001:db8:1:2::1")).status_code == 302

    def test_it_needs_the_csrf_token(self, people: People) -> None:
        assert sign_in(Client(enforce_csrf_checks=True)).status_code == 403

    @pytest.mark.parametrize(
        ("role", "page"),
        [
            (Role.DISPATCHER, "/console/"), (Role.CREW, "/field/"), (Role.OVERSIGHT, "/cases/"),
            (Role.ADMINISTRATOR, "/people"), (Role.ANALYST, "/account/tokens"),
        ],
    )  # fmt: skip
    def test_it_leads_where_the_work_is(self, people: People, role: Role, page: str) -> None:
        person("eve", (role, "99"))
        client = Client()
        assert sign_in(client, "eve", to="")["Location"] == page
        assert client.get(page).status_code == 200

    @pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_it_leads_nowhere_else(self, people: People, to: str) -> None:
        assert "evil" not in sign_in(Client(), to=to)["Location"]

    @pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("alice", "")])
    def test_a_wrong_one_says_only_that_something_is_wrong(self, people: People, login: str, password: str) -> None:
        client = Client(headers=EN)
        page = sign_in(client, login, password).content.decode()
        assert ("Login or password is wrong." in page) is bool(password)
        assert client.get("/api/me").status_code == 401

    def test_one_who_is_shut_out_is_not_let_in(self, people: People) -> None:
        User.objects.update(is_active=False)
        assert "Login or password is wrong." in sign_in(Client(headers=EN)).content.decode()

    def test_wrong_tries_are_answered_by_growing_waits_and_waiting_ends(self, people: People, at: Clock) -> None:
        client = Client(headers=EN)
        for _ in range(OF_LOGIN.free):
            assert sign_in(client, password="wrong").status_code == 200
        waits = []
        for _ in range(10):
            answer = sign_in(client)
            assert answer.status_code == 429
            assert f"Wait {answer['Retry-After']} s" in answer.content.decode()
            waits.append(int(answer["Retry-After"]))
            at.later(waits[-1])
            assert sign_in(client, password="wrong").status_code == 200
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
        at.later(300)
        assert sign_in(client).status_code == 302

    def test_no_attack_on_a_login_holds_it_where_it_signed_in_before(self, people: People, at: Clock) -> None:
        own = Client(REMOTE_ADDR="2001:db8:1:1::5")
        assert sign_in(own).status_code == 302
        for number in range(40):
            at.later(1)
            sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
        assert sign_in(Client(REMOTE_ADDR="192.0.2.99")).status_code == 429
        tomorrow = Client(REMOTE_ADDR="2001:db8:1:1:a:b:c:d")  # another address of the same network
        assert sign_in(tomorrow).status_code == 302
        assert sign_in(Client(), "bob").status_code == 302
        at.later(31 * 86_400)
        for number in range(OF_LOGIN.free):
            sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
        assert sign_in(Client(REMOTE_ADDR="2001:db8:1:1::6")).status_code == 429

    @pytest.mark.slow
    def test_a_known_network_guesses_no_faster_than_every_ten_seconds(self, people: People, at: Clock) -> None:
        client = Client()
        assert sign_in(client).status_code == 302
        client.logout()
        looked_at = 0
        for _ in range(600):
            at.later(1)
            looked_at += sign_in(client, password="wrong").status_code == 200
        assert looked_at <= OF_BOTH.free + 600 / OF_BOTH.longest + 5
        at.later(OF_BOTH.longest)
        assert sign_in(client).status_code == 302

    def test_success_starts_the_count_anew(self, people: People, at: Clock) -> None:
        client = Client()
        for _ in range(3):
            for _ in range(OF_BOTH.free - 1):
                sign_in(client, password="wrong")
            assert sign_in(client).status_code == 302
            client.logout()

    def test_a_network_that_tries_many_logins_waits_whatever_its_addresses(self, people: People, at: Clock) -> None:
        """60 wrong tries in a minute from as many addresses of one /64, each at another login."""
        answers = []
        for number in range(60):
            at.later(1)
            client = Client(REMOTE_ADDR=f"2001:db8:7:7::{number:x}")
            answers.append(sign_in(client, f"guess{number}", "wrong").status_code)
        assert answers[: OF_NETWORK.free] == [200] * OF_NETWORK.free
        assert answers[OF_NETWORK.free :].count(200) <= 6
        assert sign_in(Client(REMOTE_ADDR="2001:db8:7:7::ffff")).status_code == 429
        assert sign_in(Client(REMOTE_ADDR="2001:db8:7:8::1")).status_code == 302

    def test_an_attack_leaves_few_lines_and_a_try_that_must_wait_writes_nothing(
        self, people: People, at: Clock
    ) -> None:
        for number in range(12):
            sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
            at.later(300)
        assert acts(people.in_charge) == ["sign_in_failed"] * 2
        assert [data_of(line)["tries"] for line in Line.objects.filter(act="sign_in_failed")] == [1, 10]
        sign_in(Client(), password="wrong")
        rows = list(Throttle.objects.order_by("key").values_list("key", "count", "window"))
        for _ in range(20):
            assert sign_in(Client(), password="wrong").status_code == 429
        assert list(Throttle.objects.order_by("key").values_list("key", "count", "window")) == rows

    def test_signing_out_is_a_post(self, people: People) -> None:
        client = signed_in(people.in_charge)
        assert client.get("/logout").status_code == 405
        assert client.get("/api/me").status_code == 200
        assert client.post("/logout").status_code == 302
        assert client.get("/api/me").status_code == 401


class TestTokens:
    def test_a_new_token_is_shown_once_and_works(self, people: People) -> None:
        client = signed_in(people.in_charge)
        body = {"name": "robot", "days": "30", "scopes": ["cases:read", "stream"]}
        answer = client.post("/account/tokens", body)
        secret = re.search(r'id="secret">(bw_[^<]+)<', answer.content.decode())
        assert secret
        assert "no-store" in answer["Cache-Control"]
        assert Client().get("/api/me", headers={"Authorization": f"Bearer {secret[1]}"}).status_code == 200
        assert secret[1] not in client.get("/account/tokens").content.decode()
        client.post(f"/account/tokens/{ApiToken.objects.get().pk}/end")
        assert Client().get("/api/me", headers={"Authorization": f"Bearer {secret[1]}"}).status_code == 401

    def test_what_is_missing_is_said_at_the_field(self, people: People) -> None:
        page = signed_in(people.in_charge).post("/account/tokens", {"name": "", "days": "9999"}).content.decode()
        assert page.count('class="wrong"') == 3
        assert not ApiToken.objects.exists()

    def test_another_ones_token_is_not_there(self, people: People) -> None:
        signed_in(people.in_charge).post("/account/tokens", {"name": "x", "days": "30", "scopes": ["stream"]})
        answer = signed_in(people.neighbour).post(f"/account/tokens/{ApiToken.objects.get().pk}/end")
        assert answer.status_code == 404
        assert ApiToken.objects.get().revoked_at is None


class TestPassword:
    def test_the_own_password_is_changed_and_the_session_stays(self, people: People) -> None:
        client, other = signed_in(people.in_charge), signed_in(people.in_charge)
        new = "quite another phrase"
        assert client.post("/account/password", {"old": PASSWORD, "password": new}).status_code == 302
        assert (client.get("/api/me").status_code, other.get("/api/me").status_code) == (200, 401)
        assert sign_in(Client(), password=new).status_code == 302
        assert acts(people.in_charge) == ["password_set", "signed_in"]

    @pytest.mark.parametrize(("old", "new"), [("wrong", "quite another phrase"), (PASSWORD, "short"), (PASSWORD, "")])
    def test_it_is_not_changed_without_the_old_one_or_to_a_weak_one(self, people: People, old: str, new: str) -> None:
        page = signed_in(people.in_charge).post("/account/password", {"old": old, "password": new})
        assert 'class="wrong"' in page.content.decode()
        assert User.objects.get(pk=people.in_charge.pk).check_password(PASSWORD)


PEOPLE_PAGES = ("/people", "/people/1")
PEOPLE_POSTS = ("/people", "/people/1/roles", "/people/1/password", "/people/1/active", "/people/roles/1/end")


class TestPeople:
    def test_three_people_on_every_page(self, people: People) -> None:
        for user in (people.in_charge, people.neighbour, people.outsider):
            client = signed_in(user)
            assert [client.get(path).status_code for path in PEOPLE_PAGES] == [403] * 2
            assert [client.post(path).status_code for path in PEOPLE_POSTS] == [403] * 5
        assert all(Client().get(path).status_code == 302 for path in (*PEOPLE_PAGES, "/account/tokens"))

    def test_everybody_is_listed_with_the_roles_in_force(self, root: Client) -> None:
        page = root.get("/people").content.decode()
        for login in ("alice", "bob", "charlie", "root"):
            assert f">{login}</a>" in page
        assert "oversight <span" in page
        assert ">charlie</a>" in root.get("/people", {"q": "查理"}).content.decode()
        assert ">alice</a>" not in root.get("/people", {"q": "查理"}).content.decode()
        assert "Nobody found." in root.get("/people", {"q": "%"}).content.decode()

    def test_three_hundred_are_paged(self, root: Client, django_assert_max_num_queries: Any) -> None:
        User.objects.bulk_create(User(login=f"u{number:03}", name="x") for number in range(300))
        root.get("/account/tokens")  # from here on the session holds its language
        with django_assert_max_num_queries(8):
            page = root.get("/people").content.decode()
        assert page.count("/people/") == 100
        assert "Page 1 of 4" in page
        assert root.get("/people", {"page": "999"}).status_code == 200

    def test_a_person_is_created_given_a_role_and_shut_out(self, root: Client) -> None:
        body = {"login": "zoe", "name": "佐伊", "name_en": "Zoe", "password": PASSWORD}
        answer = root.post("/people", body)
        zoe = User.objects.get(login="zoe")
        assert answer["Location"] == f"/people/{zoe.pk}"
        role = {"role": "block_leader", "block": "990101", "last_day": "2100-01-01"}
        assert root.post(f"/people/{zoe.pk}/roles", role).status_code == 302
        given = Grant.objects.get(user=zoe)
        assert given.ends_at is not None
        assert given.ends_at.isoformat() == "2100-01-01T16:00:00+00:00"  # the end of that day in Shanghai
        assert "block leader" in root.get(f"/people/{zoe.pk}").content.decode()
        root.post(f"/people/roles/{given.pk}/end")
        assert actor_for(zoe).roles() == set()
        root.post(f"/people/{zoe.pk}/active", {"active": "0"})
        assert not User.objects.get(pk=zoe.pk).is_active
        root.post(f"/people/{zoe.pk}/active", {"active": "1"})
        assert acts(zoe) == ["user_created", "role_granted", "role_revoked", "user_shut_out", "user_let_in"]

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"block": "8888"}, 403),  # beyond the administrator's own
            ({"role": "king"}, 200),
            ({"last_day": "2001-01-01"}, 422),
            ({"first_day": "1066-10-14"}, 422),
            ({"block": ""}, 200),
        ],
    )
    def test_a_role_that_cannot_be_is_explained_in_the_form(
        self, root: Client, change: dict[str, str], status: int
    ) -> None:
        charlie = User.objects.get(login="charlie")
        answer = root.post(f"/people/{charlie.pk}/roles", {"role": "crew", "block": "99", **change})
        page = answer.content.decode()
        assert answer.status_code == status
        assert 'class="wrong"' in page or 'role="alert"' in page
        assert not Grant.objects.filter(user=charlie).exists()

    def test_first_day_is_a_day_of_the_city(self, root: Client) -> None:
        charlie = User.objects.get(login="charlie")
        root.post(f"/people/{charlie.pk}/roles", {"role": "crew", "block": "99", "first_day": str(date(2030, 1, 1))})
        assert Grant.objects.get(user=charlie).starts_at.isoformat() == "2029-12-31T16:00:00+00:00"

    def test_an_administrator_sets_a_password_but_not_the_own_one_this_way(self, root: Client) -> None:
        alice, admin = User.objects.get(login="alice"), User.objects.get(login="root")
        assert root.post(f"/people/{alice.pk}/password", {"password": "a new long phrase"}).status_code == 302
        assert User.objects.get(login="alice").check_password("a new long phrase")
        assert root.post(f"/people/{admin.pk}/active", {"active": "0"}).status_code == 403
        assert "another administrator" in root.get(f"/people/{admin.pk}").content.decode()

    def test_one_who_administers_a_part_does_not_take_over_one_of_the_whole(self, people: People) -> None:
        chief = person("chief", (Role.OVERSIGHT, "99"))
        west = signed_in(person("west", (Role.ADMINISTRATOR, "9901")))
        page = west.post(f"/people/{chief.pk}/password", {"password": "a new long phrase"})
        assert "outside the blocks" in page.content.decode()
        assert User.objects.get(pk=chief.pk).check_password(PASSWORD)
        assert west.post(f"/people/{chief.pk}/active", {"active": "0"}).status_code == 403
        assert User.objects.get(pk=chief.pk).is_active

    def test_who_is_not_there_is_not_there(self, root: Client) -> None:
        paths = ("/people/999999", f"/people/{10**17}", "/people/" + "9" * 19)
        assert [root.get(path).status_code for path in paths] == [404] * 3
