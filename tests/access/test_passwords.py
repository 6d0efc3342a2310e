"""Who may set whose password, links that work once, and what ends with a reset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access import passwords, sessions
from blockwise.access.actions import grant, make_token, revoke_token, set_active, tokens_of
from blockwise.access.actors import OPERATOR, Actor, actor_for
from blockwise.access.models import ApiToken, OneTimeLink, User
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden, Invalid, NotFound
from blockwise.rooms import Role
from tests.people import PASSWORD, People, give, person, signed_in

pytestmark = pytest.mark.django_db
NEW = "a new long phrase"
HOUR = timedelta(hours=1)


@pytest.fixture
def west(people: People) -> Actor:
    """Administers one cell."""
    return actor_for(person("west", (Role.ADMINISTRATOR, "99010101")))


@pytest.fixture
def root(people: People) -> Actor:
    return actor_for(person("root", (Role.ADMINISTRATOR, "99")))


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def acts(user: User) -> list[str]:
    return list(Line.objects.filter(thread=f"user:{user.pk}").order_by("number").values_list("act", flat=True))


class TestWhoseToSet:
    @pytest.mark.parametrize(
        ("starts", "ends"), [(-9, -1), (1, None), (-9, None)], ids=["held once", "will hold", "holds"]
    )
    def test_not_of_one_who_ever_holds_a_role_elsewhere(self, west: Actor, starts: int, ends: int | None) -> None:
        now = clock.now()
        eve = person("eve", (Role.CREW, "99010101"))
        give(eve, Role.OVERSIGHT, "99", now + starts * HOUR, now + ends * HOUR if ends else None)
        for act in (lambda: passwords.set_password(eve, NEW, west), lambda: passwords.make_link(eve, west)):
            with pytest.raises(Forbidden, match="outside the blocks"):
                act()
        assert again(eve).check_password(PASSWORD)

    def test_whom_another_shut_out_a_part_lets_in_no_more(self, people: People, west: Actor, root: Actor) -> None:
        """The city ended the roles of somebody and shut them out; an administrator of one cell let them in again."""
        eve = person("eve", (Role.CREW, "99010101"))
        give(eve, Role.ADMINISTRATOR, "99", clock.now() - 9 * HOUR, clock.now() - HOUR)
        set_active(eve, False, west)
        with pytest.raises(Forbidden, match="outside the blocks"):
            set_active(eve, True, west)
        assert not again(eve).is_active
        set_active(eve, True, root)
        assert again(eve).is_active

    @pytest.mark.parametrize("held", [True, False])
    def test_of_whom_without_a_role_now_it_is_by_what_they_held(
        self, people: People, west: Actor, root: Actor, held: bool
    ) -> None:
        eve = person("eve")
        if held:
            give(eve, Role.OVERSIGHT, "9902", clock.now() - 9 * HOUR, clock.now() - HOUR)
        token, _secret = make_token(eve, "robot", ["stream"], OPERATOR)
        for act in (
            lambda: set_active(eve, False, west), lambda: tokens_of(eve, west), lambda: sessions.of(eve, west),
            lambda: sessions.end_others(eve, west),
        ):  # fmt: skip
            with pytest.raises(Forbidden):
                act()
        with pytest.raises(NotFound):
            revoke_token(token.pk, west)
        assert list(tokens_of(eve, root)) == [token]

    def test_of_one_who_never_held_a_role_the_city_alone(self, people: People, west: Actor, root: Actor) -> None:
        with pytest.raises(Forbidden):
            passwords.set_password(people.outsider, NEW, west)
        passwords.set_password(people.outsider, NEW, root)
        assert again(people.outsider).check_password(NEW)

    def test_of_ones_own_people(self, west: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        passwords.set_password(eve, NEW, west)
        assert again(eve).check_password(NEW)

    def test_the_page_and_the_interface_refuse_it_too(self, people: People, west: Actor) -> None:
        client = signed_in(User.objects.get(login="west"))
        charlie = people.outsider
        assert client.post(f"/people/{charlie.pk}/password", {"password": NEW}).status_code == 403
        assert client.post(f"/people/{charlie.pk}/link").status_code == 403
        assert client.post(f"/api/users/{charlie.pk}/link").status_code == 403
        assert again(charlie).check_password(PASSWORD)


class TestAPasswordThatWaitsForARole:
    """Somebody who administers a cell makes a person, or gives them a role there and then a way in, and waits."""

    def made(self, west: Actor, how: str) -> User:
        from blockwise.access.actions import create_user

        eve = create_user("eve", "Eve", PASSWORD, west)
        if how != "created":
            grant(eve, Role.CREW, "99010101", west)
        if how == "set":
            passwords.set_password(eve, NEW, west)
        if how == "link":
            passwords.make_link(eve, west)
        return eve

    @pytest.mark.parametrize("how", ["created", "set", "link"])
    def test_it_ends_when_the_city_gives_one(self, west: Actor, root: Actor, how: str) -> None:
        eve = self.made(west, how)
        make_token(eve, "kept", ["cases:read"], OPERATOR)
        grant(again(eve), Role.OVERSIGHT, "99", root)
        assert not again(eve).has_usable_password()
        assert not OneTimeLink.objects.filter(user=eve).exists()
        assert not ApiToken.objects.filter(user=eve, revoked_at=None).exists()
        assert {"password_voided", "token_revoked"} <= set(acts(eve))

    def test_it_ends_also_after_the_person_set_another(self, west: Actor, root: Actor) -> None:
        """Whoever knew the first may have been the one who set the second."""
        eve = self.made(west, "set")
        passwords.set_password(eve, "a phrase of their own", actor_for(eve))
        grant(again(eve), Role.OVERSIGHT, "99", root)
        assert not again(eve).has_usable_password()

    def test_it_stays_within_the_blocks_of_who_gave_it(self, west: Actor, root: Actor) -> None:
        eve = self.made(west, "set")
        grant(again(eve), Role.BLOCK_LEADER, "99010101", root)
        assert again(eve).check_password(NEW)

    def test_it_stays_when_the_city_or_the_operator_gave_it(self, west: Actor, root: Actor) -> None:
        for number, giver in enumerate((root, OPERATOR)):
            eve = person(f"eve{number}", (Role.CREW, "99010101"))
            passwords.set_password(eve, NEW, giver)
            grant(again(eve), Role.OVERSIGHT, "99", root)
            assert again(eve).check_password(NEW)

    def test_whoever_gives_the_role_is_told_on_the_page(self, west: Actor, root: Actor) -> None:
        eve = self.made(west, "set")
        client = signed_in(User.objects.get(login="root"))
        page = client.post(f"/people/{eve.pk}/roles", {"role": "oversight", "block": "99"}, follow=True)
        assert "Make a link" in page.content.decode()


class TestLinks:
    def test_it_sets_a_password_once_and_ends_tokens_and_sessions(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        inside = signed_in(eve)
        make_token(eve, "robot", ["cases:read"], OPERATOR)
        admin = signed_in(User.objects.get(login="root"))
        made = admin.post(f"/api/users/{eve.pk}/link").json()
        page = Client(headers={"accept-language": "en"}).get(made["link"]).content.decode()
        assert "<strong>eve</strong>" in page
        answer = Client().post(made["link"], {"password": NEW})
        assert (answer.status_code, answer["Location"]) == (302, "/login")
        assert again(eve).check_password(NEW)
        assert inside.get("/api/me").status_code == 401
        assert not ApiToken.objects.filter(user=eve, revoked_at=None).exists()
        for method in ("get", "post"):
            assert getattr(Client(), method)(made["link"], {"password": PASSWORD}).status_code == 404
        assert again(eve).check_password(NEW)
        assert acts(eve)[-3:] == ["link_made", "link_used", "token_revoked"]

    def test_the_secret_is_nowhere(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        link, secret = passwords.make_link(eve, root)
        said = Line.objects.get(act="link_made")
        assert data_of(said) == {"until": link.expires_at.isoformat()}
        assert secret not in said.canonical
        assert secret not in link.digest

    def test_it_is_shown_once_on_the_page(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        client = signed_in(User.objects.get(login="root"))
        assert "/way-in/" in client.post(f"/people/{eve.pk}/link").content.decode()
        assert "/way-in/" not in client.get(f"/people/{eve.pk}").content.decode()

    def test_expired(self, root: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        _link, secret = passwords.make_link(eve, root)
        later = clock.real_now() + timedelta(hours=passwords.LINK_HOURS)
        monkeypatch.setattr(clock, "real_now", lambda: later)
        with pytest.raises(NotFound):
            passwords.use_link(secret, NEW)

    def test_of_a_person_shut_out_even_when_let_in_again(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        _link, secret = passwords.make_link(eve, root)
        set_active(eve, False, root)
        with pytest.raises(NotFound):
            passwords.use_link(secret, NEW)
        with pytest.raises(Invalid, match="shut out"):
            passwords.make_link(eve, root)
        set_active(eve, True, root)
        with pytest.raises(NotFound):
            passwords.use_link(secret, NEW)

    def test_a_newer_one_and_a_password_set_end_it(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        _link, first = passwords.make_link(eve, root)
        _link, second = passwords.make_link(eve, root)
        with pytest.raises(NotFound):
            passwords.link_of(first)
        passwords.set_password(eve, NEW, root)
        with pytest.raises(NotFound):
            passwords.link_of(second)

    def test_a_weak_password_leaves_it_in_force(self, root: Actor) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        _link, secret = passwords.make_link(eve, root)
        assert (
            "too short"
            in Client(headers={"accept-language": "en"})
            .post(f"/way-in/{secret}", {"password": "short"})
            .content.decode()
        )
        assert passwords.link_of(secret).user == eve


class TestTokensOfOnesPeople:
    def test_an_administrator_sees_and_ends_them(self, root: Actor, people: People) -> None:
        eve = person("eve", (Role.CREW, "99010101"))
        token, _secret = make_token(eve, "robot of eve", ["cases:read"], OPERATOR)
        client = signed_in(User.objects.get(login="root"))
        assert "robot of eve" in client.get(f"/people/{eve.pk}").content.decode()
        assert [row["name"] for row in client.get(f"/api/users/{eve.pk}/tokens").json()] == ["robot of eve"]
        answer = client.post(f"/account/tokens/{token.pk}/end")
        assert answer["Location"] == f"/people/{eve.pk}"
        assert ApiToken.objects.get().revoked_at

    def test_of_others_people_nothing_is_shown(self, west: Actor, people: People) -> None:
        make_token(people.neighbour, "robot of bob", ["cases:read"], OPERATOR)
        client = signed_in(User.objects.get(login="west"))
        assert "robot of bob" not in client.get(f"/people/{people.neighbour.pk}").content.decode()
        assert client.get(f"/api/users/{people.neighbour.pk}/tokens").status_code == 403


def test_a_reset_by_another_ends_tokens_and_ones_own_change_keeps_them(people: People, root: Actor) -> None:
    user: Any = people.in_charge
    make_token(user, "robot", ["cases:read"], OPERATOR)
    passwords.set_password(user, NEW, actor_for(user))
    assert ApiToken.objects.filter(user=user, revoked_at=None).exists()
    passwords.set_password(user, NEW + "!", root)
    assert not ApiToken.objects.filter(user=user, revoked_at=None).exists()
