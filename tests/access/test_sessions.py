"""Sessions end when no hand is on them; they are listed and ended by whose they are, and who administers these."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from blockwise import clock
from blockwise.access import sessions
from blockwise.access.actors import OPERATOR, actor_for
from blockwise.access.browsers import words_of
from blockwise.access.models import Session, User
from blockwise.access.passwords import set_password
from blockwise.access.ways_in import WayIn, by_ways
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden
from blockwise.rooms import Role
from tests.people import PASSWORD, People, person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BY_ITSELF = {"Sec-Fetch-Mode": "cors"}
OLD = {"HX-Request": "true"}  # a browser that does not say what it asks for


class Hours:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = clock.real_now()
        monkeypatch.setattr(clock, "real_now", lambda: self.moment)

    def later(self, minutes: float) -> None:
        self.moment += timedelta(minutes=minutes)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


@pytest.fixture
def dispatcher(people: People) -> User:
    return person("dora", (Role.DISPATCHER, "99"))


def sign_in(login: str, address: str = "192.0.2.7", agent: str = FIREFOX) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"accept-language": "en", "user-agent": agent})
    assert client.post("/login", {"username": login, "password": PASSWORD}).status_code == 302
    return client


def way(client: Client) -> WayIn:
    return WayIn(session=str(client.session.session_key))


def ids(page: Any) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f]{64})"', page.content.decode())


class TestIdle:
    def test_a_screen_that_nobody_touches_ends_though_its_page_asks_on(self, people: People, hours: Hours) -> None:
        """Alice holds oversight: 30 minutes, whatever her console fetches by itself meanwhile."""
        client = sign_in("alice")
        for _minute in range(29):
            hours.later(1)
            assert client.get("/api/me").status_code == 200
            assert client.get("/account/sessions", headers=BY_ITSELF).status_code == 200
            assert client.get("/account/sessions", headers=OLD).status_code == 200
        assert set(by_ways([way(client)])) == {way(client)}
        hours.later(1.01)
        assert by_ways([way(client)]) == {}
        assert client.get("/api/me", headers=BY_ITSELF).status_code == 401
        assert not Session.objects.filter(user=people.in_charge).exists()

    def test_whoever_is_on_duty_alone_has_two_hours(self, dispatcher: User, hours: Hours) -> None:
        client = sign_in("dora")
        hours.later(119)
        assert client.get("/api/me", headers=BY_ITSELF).status_code == 200
        assert 'data-idle="7200"' in client.get("/account").content.decode()
        hours.later(119)
        assert client.get("/api/me", headers=BY_ITSELF).status_code == 200
        hours.later(1.01)
        assert client.get("/api/me", headers=BY_ITSELF).status_code == 401

    @pytest.mark.parametrize("used", ["hand", "page", "sent"])
    def test_a_hand_keeps_it_until_the_shift_is_over(self, people: People, hours: Hours, used: str) -> None:
        client = sign_in("alice")
        ways = {
            "hand": lambda: client.post("/account/here", headers=BY_ITSELF).status_code == 204,
            "page": lambda: client.get("/account", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200,
            "sent": lambda: client.post("/api/tokens", "{}", "application/json", headers=BY_ITSELF).status_code != 401,
        }
        for _round in range(24):
            hours.later(29.9)
            assert ways[used]()
        hours.later(5)
        assert client.get("/api/me").status_code == 401

    def test_that_it_is_used_is_kept_once_a_minute(self, people: People, hours: Hours, settings: Any) -> None:
        client = sign_in("alice")
        began = Session.objects.get(user=people.in_charge).used_at
        hours.later(0.9)
        client.get("/account")
        assert Session.objects.get(user=people.in_charge).used_at == began
        hours.later(0.2)
        client.get("/account")
        assert Session.objects.get(user=people.in_charge).used_at == hours.moment

    @pytest.mark.django_db(transaction=True)
    def test_a_database_that_cannot_be_written_closes_no_page(self, people: People, hours: Hours) -> None:
        def refuse(execute: Any, text: str, *rest: Any) -> Any:
            if text.startswith("UPDATE") and "access_session" in text:
                raise OperationalError("database or disk is full")
            return execute(text, *rest)

        client = sign_in("alice")
        client.get("/account")
        hours.later(2)
        with connection.execute_wrapper(refuse):
            assert client.get("/account").status_code == 200

    def test_the_limits_are_set(self, people: People, hours: Hours, settings: Any) -> None:
        settings.IDLE = 5
        client = sign_in("alice")
        hours.later(5.01)
        assert client.get("/api/me").status_code == 401

    def test_what_is_kept_in_it_at_that_moment_makes_it_no_younger(self, people: People, hours: Hours) -> None:
        """A page that writes to the session (here its language) is no hand."""
        client = sign_in("alice")
        hours.later(20)
        session = client.session
        session["x"] = 1
        session.save()
        hours.later(10.01)
        assert client.get("/api/me").status_code == 401


class TestOwn:
    def test_where_when_and_which_is_this(self, people: People, hours: Hours) -> None:
        first = sign_in("alice", "2001:db8:1:2:3::4", "curl/8")
        hours.later(3)
        second = sign_in("alice")
        page = second.get("/account/sessions").content.decode()
        assert page.index("Firefox · Linux") < page.index("2001:db8:1:2::/64")
        assert page.count("· this one") == 1
        assert "2001:db8:1:2:3::4" not in page
        assert str(first.session.session_key) not in page

    def test_one_is_ended_and_is_a_line(self, people: People) -> None:
        other, mine = sign_in("alice"), sign_in("alice")
        (named,) = ids(mine.get("/account/sessions"))
        assert mine.post("/account/sessions/end", {"session": named}).status_code == 302
        assert other.get("/api/me").status_code == 401
        assert mine.get("/api/me").status_code == 200
        said = Line.objects.get(act="sessions_ended")
        assert (said.thread, data_of(said)) == (f"user:{people.in_charge.pk}", {"number": 1})
        assert mine.post("/account/sessions/end", {"session": named}).status_code == 404

    def test_all_others_are_ended(self, people: People) -> None:
        others, mine = [sign_in("alice"), sign_in("alice")], sign_in("alice")
        bob = sign_in("bob")
        mine.post("/account/sessions/end")
        assert [one.get("/api/me").status_code for one in (*others, mine, bob)] == [401, 401, 200, 200]

    @pytest.mark.parametrize("named", ["key", "id"])
    def test_nobody_ends_anothers(self, people: People, named: str) -> None:
        victim, attacker = sign_in("alice"), sign_in("bob")
        sign_in("alice")
        given = {"key": str(victim.session.session_key), "id": ids(victim.get("/account/sessions"))[0]}[named]
        assert attacker.post("/account/sessions/end", {"session": given}).status_code == 404
        answer = attacker.post(f"/people/{people.in_charge.pk}/sessions/end", {"session": given})
        assert answer.status_code == 403
        assert victim.get("/api/me").status_code == 200

    def test_ending_asks_for_the_csrf_token(self, people: People) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(people.in_charge)
        assert client.post("/account/sessions/end").status_code == 403
        assert client.post("/account/here").status_code == 403

    def test_those_of_before_a_new_password_are_not_listed(self, people: People) -> None:
        sign_in("alice")
        set_password(people.in_charge, "another horse battery", OPERATOR)
        assert Session.objects.filter(user=people.in_charge).count() == 1
        assert sessions.of(people.in_charge, actor_for(people.in_charge)) == []

    def test_no_program_ends_any(self, people: People) -> None:
        client = sign_in("alice")
        for ask in (
            lambda robot: sessions.of(people.in_charge, robot),
            lambda robot: sessions.end_others(people.in_charge, robot),
        ):
            with pytest.raises(Forbidden):
                ask(actor_for(people.in_charge, ["cases:read"]))
        assert client.get("/api/me").status_code == 200


class TestAdministrators:
    def test_they_see_and_end_those_of_their_people(self, people: People, dispatcher: User) -> None:
        person("root", (Role.ADMINISTRATOR, "99"))
        root, hers = sign_in("root"), [sign_in("dora"), sign_in("dora")]
        named = ids(root.get(f"/people/{dispatcher.pk}"))
        assert len(named) == 2
        root.post(f"/people/{dispatcher.pk}/sessions/end", {"session": named[0]})
        assert sorted(one.get("/api/me").status_code for one in hers) == [200, 401]
        root.post(f"/people/{dispatcher.pk}/sessions/end")
        assert [one.get("/api/me").status_code for one in hers] == [401, 401]
        by = f"user:{User.objects.get(login='root').pk}"
        assert [line.actor for line in Line.objects.filter(act="sessions_ended")] == [by, by]

    def test_of_others_they_neither_see_nor_end_any(self, people: People, dispatcher: User) -> None:
        person("west", (Role.ADMINISTRATOR, "9901"))
        west, hers = sign_in("west"), sign_in("dora")
        assert ids(west.get(f"/people/{dispatcher.pk}")) == []
        assert west.post(f"/people/{dispatcher.pk}/sessions/end").status_code == 403
        assert hers.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit Version/18.0 Safari/604.1",
            "Safari · iOS",
        ),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_in_two_words(agent: str, words: str) -> None:
    assert words_of(agent) == words
