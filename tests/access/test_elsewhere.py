"""Single sign-on by OpenID Connect, against a provider on this machine: who is let in by it, and who is not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.test import Client

from blockwise import clock
from blockwise.access import elsewhere, ended, passwords, throttle
from blockwise.access.actors import OPERATOR
from blockwise.access.models import Elsewhere, Session, User
from blockwise.access.providers import Provider as Settings
from blockwise.ledger import revocations
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.rooms import Role
from tests.access.provider import CLIENT, OTHER_KEY, SECRET, Provider, ask, come_back, served
from tests.people import PASSWORD, People, person
from tests.recorded import on_record

pytestmark = pytest.mark.django_db
EN = {"accept-language": "en"}


@pytest.fixture(scope="module")
def _machine() -> Iterator[Provider]:
    with served() as found:
        yield found


@pytest.fixture
def provider(_machine: Provider, settings: Any) -> Provider:
    _machine.begin()
    settings.OIDC = Settings(_machine.issuer, CLIENT, SECRET, name="City <login>")
    throttle.forget()
    return _machine


def browser() -> Client:
    return Client(headers=EN)


def signed_in(client: Client) -> bool:
    return bool(client.get("/api/me").status_code == 200)


def refused(answer: Any, client: Client) -> bool:
    return (answer.status_code, answer["Location"]) == (302, "/login") and not signed_in(client)


class TestIn:
    def test_whoever_has_the_login_comes_in_and_it_is_a_line(self, people: People, provider: Provider) -> None:
        client = browser()
        answer = come_back(provider, client, "/account/tokens")
        assert (answer.status_code, answer["Location"]) == (302, "/account/tokens")
        assert client.get("/api/me").json()["id"] == f"user:{people.in_charge.pk}"
        said = Line.objects.filter(thread=f"user:{people.in_charge.pk}").order_by("number")
        assert [line.act for line in said] == ["elsewhere_known", "signed_in"]
        assert data_of(said[1]) == {"elsewhere": True}
        assert not Line.objects.filter(canonical__contains="subject-4711-alice").exists()
        assert come_back(provider, browser()).status_code == 302
        assert Elsewhere.objects.count() == 1

    def test_the_question_is_bound_to_the_browser_and_to_its_answer(self, people: People, provider: Provider) -> None:
        first, second = ask(browser()), ask(browser())
        assert (first["response_type"], first["code_challenge_method"], first["client_id"]) == ("code", "S256", CLIENT)
        assert set(first["scope"].split()) == {"openid", "profile"}
        assert first["redirect_uri"] == "http://testserver/login/elsewhere/back"
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name]) >= 16
            assert first[name] != second[name]

    def test_who_may_change_ways_in_proves_it_there_a_moment_ago(self, people: People, provider: Provider) -> None:
        client = browser()
        assert "prompt" not in ask(client)
        assert ask(client, "/account")["prompt"] == "login"
        come_back(provider, client)
        assert client.get("/account/app").status_code == 200
        for said in (int(time.time()) - 660, None):
            provider.claims["auth_time"] = said
            client = browser()
            come_back(provider, client)
            assert signed_in(client)
            assert client.get("/account/app").status_code == 302

    def test_it_leads_nowhere_else(self, people: People, provider: Provider) -> None:
        assert come_back(provider, browser(), "https://evil.example/")["Location"].startswith("/")
        assert come_back(provider, browser(), "//evil.example/")["Location"] in {"/", "/console/"}

    def test_the_page_shows_it_only_where_it_is_on(self, people: People, provider: Provider, settings: Any) -> None:
        assert "Sign in with City &lt;login&gt;" in browser().get("/login").content.decode()
        settings.OIDC = None
        assert "/login/elsewhere" not in browser().get("/login").content.decode()
        assert browser().post("/login/elsewhere").status_code == 404
        assert browser().get("/login/elsewhere/back", {"code": "1", "state": "2"}).status_code == 404

    def test_no_page_of_another_site_begins_it(self, people: People, provider: Provider) -> None:
        assert Client(enforce_csrf_checks=True).post("/login/elsewhere").status_code == 403
        assert browser().get("/login/elsewhere").status_code == 405

    def test_the_session_is_like_any(self, people: People, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        client = browser()
        come_back(provider, client)
        began = clock.real_now()
        monkeypatch.setattr(clock, "real_now", lambda: began + timedelta(minutes=31))
        assert not signed_in(client)
        monkeypatch.undo()
        client = browser()
        come_back(provider, client)
        User.objects.filter(pk=people.in_charge.pk).update(is_active=False)
        assert not signed_in(client)

    def test_state_follows_from_the_record(self, people: People, provider: Provider) -> None:
        come_back(provider, browser())
        assert verify_database(None).ok


class TestNobodyElse:
    @pytest.mark.parametrize(
        "claims",
        [
            {"preferred_username": "nobody"},
            {"preferred_username": "ALICE"},
            {"preferred_username": ["alice"]},
            {"preferred_username": {"login": "alice"}},
            {"preferred_username": ""},
            {"preferred_username": None},
            {"preferred_username": "mallory", "email": "alice", "email_verified": True},
            {"preferred_username": "mallory", "email": "alice@city.example", "name": "alice", "nickname": "alice"},
            {"sub": None},
            {"sub": ""},
        ],
    )
    def test_only_the_declared_claim_counts_and_nobody_is_made(
        self, people: People, provider: Provider, claims: dict[str, Any]
    ) -> None:
        provider.claims |= claims
        before, client = User.objects.count(), browser()
        assert refused(come_back(provider, client), client)
        assert User.objects.count() == before

    def test_another_claim_may_be_declared(self, people: People, provider: Provider, settings: Any) -> None:
        settings.OIDC = Settings(provider.issuer, CLIENT, SECRET, claim="sub")
        client = browser()
        assert refused(come_back(provider, client), client)
        provider.claims = {"sub": "bob", "preferred_username": "alice"}
        come_back(provider, client)
        assert client.get("/api/me").json()["name_en"] == "Bob"

    def test_whoever_is_shut_out(self, people: People, provider: Provider) -> None:
        User.objects.filter(pk=people.in_charge.pk).update(is_active=False)
        client = browser()
        assert refused(come_back(provider, client), client)

    def test_a_login_that_was_given_to_another_there(self, people: People, provider: Provider) -> None:
        come_back(provider, browser())
        provider.claims["sub"] = "4712"
        client = browser()
        assert refused(come_back(provider, client), client)
        provider.claims = {"sub": "subject-4711-alice", "preferred_username": "bob"}
        assert refused(come_back(provider, client), client)

    def test_a_reset_makes_them_known_anew(self, people: People, provider: Provider) -> None:
        come_back(provider, browser())
        passwords.reset(people.in_charge, OPERATOR)
        provider.claims["sub"] = "4712"
        client = browser()
        come_back(provider, client)
        assert signed_in(client)
        assert verify_database(None).ok

    def test_an_older_backup_does_not_bring_back_whom_a_reset_forgot(self, people: People, provider: Provider) -> None:
        come_back(provider, browser())
        (known,) = Elsewhere.objects.all()
        passwords.reset(people.in_charge, OPERATOR)
        subject = f"{people.in_charge.pk}:{known.name}"
        noted = [one for one in revocations.JOURNAL.noted() if one.subject == subject][-1:]
        assert [(one.group, one.act) for one in noted] == [("elsewhere", "way_in_reset")]
        with on_record():
            Elsewhere.objects.create(user=people.in_charge, name=known.name)  # as the restore had it
        with transaction.atomic():
            ended.end_again(noted, True)
        assert not Elsewhere.objects.exists()
        assert verify_database(None).ok


def _none(said: dict[str, Any]) -> str:
    return jwt.encode(said, None, "none", {"kid": "one"})


def _symmetric(said: dict[str, Any]) -> str:
    return jwt.encode(said, SECRET * 2, "HS256", {"kid": "one"})


def _other_key(said: dict[str, Any]) -> str:
    return jwt.encode(said, OTHER_KEY, "RS256", {"kid": "one"})


def _unknown_key(said: dict[str, Any]) -> str:
    return jwt.encode(said, OTHER_KEY, "RS256", {"kid": "two"})


def _unsigned(said: dict[str, Any]) -> str:
    return _other_key(said).rpartition(".")[0] + "."


class TestForged:
    @pytest.mark.parametrize(
        "change",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "another"},
            {"aud": ["another", CLIENT]},
            {"aud": None},
            {"azp": "another"},
            {"iss": "https://evil.example"},
            {"iss": None},
            {"exp": 1_000_000_000},
            {"exp": None},
            {"iat": None},
            {"iat": 9_999_999_999},
            {"auth_time": 1_000_000_000},
            {"auth_time": 9_999_999_999},
            {"auth_time": "yesterday"},
        ],
    )
    def test_what_is_not_the_answer(self, people: People, provider: Provider, change: dict[str, Any]) -> None:
        def spoil(said: dict[str, Any]) -> None:
            said |= change
            for name in [name for name, value in change.items() if value is None]:
                del said[name]

        provider.spoil = spoil
        client = browser()
        assert refused(come_back(provider, client), client)

    @pytest.mark.parametrize("sign", [_none, _symmetric, _other_key, _unknown_key, _unsigned, lambda said: "no token"])
    def test_what_the_provider_did_not_sign(
        self, people: People, provider: Provider, sign: Callable[[dict[str, Any]], str]
    ) -> None:
        provider.sign = sign
        client = browser()
        assert refused(come_back(provider, client), client)

    def test_an_answer_to_anothers_question(self, people: People, provider: Provider) -> None:
        """The attacker's own answer is given to the victim's browser, which would work as the attacker."""
        attacker, victim = browser(), browser()
        question = ask(attacker)
        back = {"code": provider.grant(question), "state": question["state"]}
        ask(victim)
        assert refused(victim.get("/login/elsewhere/back", back), victim)
        assert refused(victim.get("/login/elsewhere/back", {**back, "state": ""}), victim)

    def test_an_answer_that_was_given_before(self, people: People, provider: Provider) -> None:
        client = browser()
        question = ask(client)
        back = {"code": provider.grant(question), "state": question["state"]}
        assert client.get("/login/elsewhere/back", back).status_code == 302
        assert signed_in(client)
        client.post("/logout")
        assert refused(client.get("/login/elsewhere/back", back), client)

    def test_a_code_of_another_browser(self, people: People, provider: Provider) -> None:
        """Without PKCE a stolen code would be taken with the thief's own state."""
        victim, thief = ask(browser()), browser()
        code, mine = provider.grant(victim), ask(thief)
        assert refused(thief.get("/login/elsewhere/back", {"code": code, "state": mine["state"]}), thief)

    def test_another_issuer_says_so_at_the_end(self, people: People, provider: Provider) -> None:
        client = browser()
        assert refused(come_back(provider, client, iss="https://evil.example"), client)

    def test_a_document_of_another_issuer(self, people: People, provider: Provider) -> None:
        provider.document["issuer"] = "https://evil.example"
        assert browser().post("/login/elsewhere")["Location"] == "/login"

    @pytest.mark.parametrize("address", ["javascript:alert(1)//", "data:text/html,x", ""])
    def test_a_document_that_leads_elsewhere(self, people: People, provider: Provider, address: str) -> None:
        provider.document["authorization_endpoint"] = address
        assert browser().post("/login/elsewhere")["Location"] == "/login"

    def test_no_redirect_is_followed(self, people: People, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider, "document", f"{provider.issuer}/keys")
        assert browser().post("/login/elsewhere")["Location"] == "/login"
        assert "/keys" not in provider.paths

    def test_what_came_is_not_logged(
        self, people: People, provider: Provider, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider.claims["preferred_username"] = "mallory@evil.example"
        with caplog.at_level(logging.DEBUG):
            come_back(provider, browser())
        assert "nobody who may sign in has this login" in caplog.text
        for secret in ("mallory", "code-1", SECRET, "subject-4711-alice"):
            assert secret not in caplog.text


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def _needed(self, settings: Any) -> None:
        settings.FACTOR_ROLES = frozenset({"administrator", "oversight"})

    @pytest.mark.parametrize("said", [{}, {"amr": ["pwd", "otp"]}, {"acr": "mfa"}, {"amr": "mfa"}])
    def test_what_the_provider_says_is_not_believed_unasked(
        self, people: People, provider: Provider, said: dict[str, Any]
    ) -> None:
        person("root", (Role.ADMINISTRATOR, "99"))
        provider.claims = {"sub": "1", "preferred_username": "root", **said}
        client = browser()
        come_back(provider, client)
        assert client.get("/api/users").status_code == 403
        assert client.get("/people")["Location"] == "/account"

    @pytest.mark.parametrize(
        ("said", "open_"),
        [
            ({}, False),
            ({"amr": ["pwd"]}, False),
            ({"amr": "mfa"}, False),
            ({"acr": ["mfa"]}, False),
            ({"amr": ["pwd", "mfa"]}, True),
            ({"acr": "mfa"}, True),
        ],
    )
    def test_what_the_operator_believes_is(
        self, people: People, provider: Provider, settings: Any, said: dict[str, Any], open_: bool
    ) -> None:
        settings.OIDC = Settings(provider.issuer, CLIENT, SECRET, factor=frozenset({"mfa"}))
        person("root", (Role.ADMINISTRATOR, "99"))
        provider.claims = {"sub": "1", "preferred_username": "root", **said}
        client = browser()
        come_back(provider, client)
        assert client.get("/api/users").status_code == (200 if open_ else 403)

    def test_whoever_has_a_factor_here_shows_it_here(self, people: People, provider: Provider) -> None:
        TOTP.activate(people.neighbour, generate_totp_secret())
        provider.claims = {"sub": "2", "preferred_username": "bob"}
        other = browser()
        assert come_back(provider, other, "/account/tokens")["Location"] == "/login/factor"
        assert not signed_in(other)
        assert not Session.objects.filter(pk=other.session.session_key, user=people.neighbour).exists()


class TestMuch:
    def test_a_network_that_asks_without_end_is_told_to_wait(self, people: People, provider: Provider) -> None:
        statuses = [browser().post("/login/elsewhere").status_code for _ in range(11)]
        assert statuses == [200] * 10 + [429]

    def test_a_provider_that_is_slow_holds_two_threads_at_most(self, people: People, provider: Provider) -> None:
        held = [elsewhere._asking.acquire(blocking=False) for _ in range(elsewhere.AT_ONCE)]
        try:
            assert all(held)
            assert browser().post("/login/elsewhere").status_code == 429
        finally:
            for _one in held:
                elsewhere._asking.release()

    def test_one_that_is_not_there_is_a_refusal(self, people: People, provider: Provider, settings: Any) -> None:
        settings.OIDC = Settings("http://127.0.0.1:1", CLIENT, SECRET)
        assert browser().post("/login/elsewhere")["Location"] == "/login"
        client = browser()
        client.post("/login", {"username": "alice", "password": PASSWORD})
        assert signed_in(client)
