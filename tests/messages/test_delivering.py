"""What goes outside: once, by a real server, tried later and later; and never into the own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.messages import actions, delivering, email, guarded, queries, ways
from blockwise.messages.actions import To
from blockwise.messages.models import Delivery, Message, Way
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound
from blockwise.rooms import Role
from tests.people import PASSWORD, person
from tests.recorded import on_record

from .conftest import PostBox, WebServer

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


@pytest.fixture
def overseer(kinds: None) -> Actor:
    return actor_for(person("overseer", (Role.OVERSIGHT, "99")))


@pytest.fixture
def keeper(kinds: None) -> Actor:
    return actor_for(person("keeper", (Role.ADMINISTRATOR, "99")))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the machine's time."""

    def set_(moment: datetime) -> None:
        monkeypatch.setattr(clock, "real_now", lambda: moment)

    set_(NOW)
    return set_


def tell(count: int = 1) -> None:
    with on_record():
        for number in range(count):
            actions.put("erasures_held", {"count": number + 1}, 7, to=[To(Role.OVERSIGHT, "99")])


def finish() -> None:
    """Wait for what is under way."""
    for thread in [delivering._threads.submit(lambda: None) for _one in range(delivering.AT_ONCE)]:
        thread.result()


def go() -> list[bool]:
    """Claim and carry what is due, in this thread."""
    now, found = clock.real_now(), []
    for row in Delivery.objects.filter(done_at=None, given_up_at=None, next_at__lte=now).order_by("pk"):
        Delivery.objects.filter(pk=row.pk).update(claimed_by="me", claimed_until=now + delivering.CLAIM)
        found.append(delivering.send(row.pk, "me"))
    return found


class TestEmail:
    def test_it_arrives_once_and_says_no_more_than_the_inbox(
        self, overseer: Actor, post_box: PostBox, settings: Any
    ) -> None:
        settings.URL = "https://city.example"
        User.objects.update(language="en")
        ways.add(overseer, "email", " chief@city.example ")
        tell()
        assert (sum(ways.spreading()), sum(ways.spreading())) == (1, 0)
        assert (go(), go()) == ([True], [])
        (mail,) = post_box.got
        assert mail["To"] == "chief@city.example"
        assert mail["Subject"].strip() == "An unusual number of cases, 1, waits for a release before it is erased"
        assert "https://city.example/erasures/" in mail.get_content()
        assert mail["Auto-Submitted"] == "auto-generated"
        (line,) = Line.objects.filter(act="way_added")
        assert "chief@" not in line.canonical

    def test_it_speaks_the_reader_s_language(self, overseer: Actor, post_box: PostBox) -> None:
        User.objects.update(language="zh-hans")
        ways.add(overseer, "email", "chief@city.example")
        tell()
        list(ways.spreading())
        go()
        assert post_box.got[0]["Subject"].strip().startswith("待清除的事件数量异常")

    def test_no_such_box_ends_the_way_and_no_room_does_not(self, overseer: Actor, post_box: PostBox) -> None:
        ways.add(overseer, "email", "gone@city.example")
        tell()
        list(ways.spreading())
        post_box.refuse = "452 full"
        assert go() == [False]
        row = Delivery.objects.get()
        assert (row.error, row.attempts, row.given_up_at) == ("refused with [452]", 1, None)
        Delivery.objects.update(next_at=clock.real_now())
        post_box.refuse = "550 no such box"
        assert go() == [False]
        way = Way.objects.get()
        assert way.ended_at is not None
        assert data_of(Line.objects.get(act="way_ended"))["why"] == "the mail server knows no such box"
        assert go() == []

    def test_without_a_server_it_waits(self, overseer: Actor, settings: Any) -> None:
        settings.EMAIL_HOST = ""
        ways.add(overseer, "email", "chief@city.example")
        tell()
        list(ways.spreading())
        assert go() == [False]
        assert Delivery.objects.get().error == "no SMTP server is set up (BLOCKWISE_SMTP)"


class TestWebhook:
    def test_it_is_signed_and_told_once(self, overseer: Actor, web_server: WebServer) -> None:
        _way, secret = ways.add(overseer, "webhook", web_server.url)
        tell()
        list(ways.spreading())
        web_server.statuses = [503, 204]
        assert go() == [False]
        Delivery.objects.update(next_at=clock.real_now())
        assert (go(), go()) == ([True], [])
        first, second = web_server.got
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{second.headers['webhook-id']}.{second.headers['webhook-timestamp']}.".encode() + second.body
        made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert second.headers["webhook-signature"] == f"v1,{made}"
        told = json.loads(second.body)
        assert (told["type"], told["data"]["count"], told["data"]["line"]) == ("erasures_held", 1, 7)

    def test_a_redirect_is_a_failure_and_nobody_goes_there(self, overseer: Actor, web_server: WebServer) -> None:
        ways.add(overseer, "webhook", web_server.url)
        tell()
        list(ways.spreading())
        web_server.statuses, web_server.headers = [307], {"Location": web_server.url.replace("hook", "elsewhere")}
        assert go() == [False]
        assert Delivery.objects.get().error == "it answered 307"
        assert [asked.path for asked in web_server.got] == ["/hook"]

    def test_410_ends_it(self, overseer: Actor, web_server: WebServer) -> None:
        ways.add(overseer, "webhook", web_server.url)
        tell(2)
        list(ways.spreading())
        web_server.statuses = [410]
        assert go()[0] is False
        assert Way.objects.get().ended_why == "it answered 410"
        assert not Delivery.objects.filter(given_up_at=None).exists()

    def test_it_is_tried_for_three_days_and_then_given_up(
        self, overseer: Actor, web_server: WebServer, at: Any
    ) -> None:
        ways.add(overseer, "webhook", web_server.url)
        tell()
        list(ways.spreading())
        web_server.statuses = [500]
        moment, last = NOW, NOW
        while Delivery.objects.get().given_up_at is None:
            assert go() == [False]
            last, moment = moment, Delivery.objects.get().next_at
            at(moment)
        assert len(web_server.got) == len(delivering.WAITS) + 1
        assert timedelta(hours=75) <= last - NOW <= timedelta(hours=76)

    def test_the_installation_s_way_takes_what_it_names_and_a_person_s_only_what_is_for_them(
        self, overseer: Actor, keeper: Actor, web_server: WebServer
    ) -> None:
        ways.add(keeper, "webhook", web_server.url, ["publication"], installation=True)
        ways.add(keeper, "webhook", web_server.url)
        tell()
        actions.put("publication", {"case": 3}, 9)
        list(ways.spreading())
        assert go() == [True]
        assert json.loads(web_server.got[0].body)["type"] == "publication"

    def test_who_lost_the_role_or_was_shut_out_is_told_nothing(self, overseer: Actor, web_server: WebServer) -> None:
        way, _secret = ways.add(overseer, "webhook", web_server.url)
        assert way.person is not None
        way.person.is_active = False
        way.person.save()
        tell()
        assert (sum(ways.spreading()), go()) == (1, [])

    def test_what_waited_is_not_told_to_who_was_shut_out_meanwhile(
        self, overseer: Actor, web_server: WebServer, at: Any
    ) -> None:
        ways.add(overseer, "webhook", web_server.url)
        web_server.statuses = [503]
        tell()
        list(ways.spreading())
        assert go() == [False]
        with on_record():
            User.objects.update(is_active=False)
        at(NOW + timedelta(hours=1))
        before = len(web_server.got)
        assert (go(), len(web_server.got)) == ([False], before)
        assert Delivery.objects.get().error == "it is not for them any more"


class TestWays:
    @pytest.mark.parametrize(
        ("carrier", "address"),
        [
            ("pigeon", "roof"),
            ("email", "nobody"),
            ("email", "a@b.example\r\nBcc: c@d.example"),
            ("webhook", "http://example.org/hook"),
            ("webhook", "https://user:secret@example.org/hook"),
            ("webhook", "https://127.0.0.1/hook"),
            ("webhook", "https://[::1]/hook"),
            ("webhook", "https://[::ffff:10.0.0.1]/hook"),
            ("webhook", "https://[64:ff9b::a00:1]/hook"),
            ("webhook", "https://[64:ff9b:1::a00:1]/hook"),
            ("webhook", "https://[::7f00:1]/hook"),
            ("webhook", "https://[fec0::1]/hook"),
            ("webhook", "https://[::ffff:0:a00:1]/hook"),
            ("webhook", "https://[5f00::1]/hook"),
            ("webhook", "https://169.254.169.254/latest"),
            ("webhook", "ftp://example.org/hook"),
            ("webhook", "https://[zz/hook"),
            ("webhook", "https://"),
            ("webhook", "https://example.org/" + "x" * 1024),
        ],
    )
    def test_an_address_that_cannot_be_is_refused(self, overseer: Actor, carrier: str, address: str) -> None:
        with pytest.raises(Invalid):
            ways.add(overseer, carrier, address)
        assert not Way.objects.exists()

    def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(self, overseer: Actor, client: Client) -> None:
        client.login(username="overseer", password=PASSWORD)
        answer = client.post("/messages/ways", {"carrier": "webhook", "address": "https://127.0.0.1/hook"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "This address lies in the own network." in page
        assert 'value="https://127.0.0.1/hook"' in page

    def test_topics_and_number_are_bounded(self, overseer: Actor) -> None:
        with pytest.raises(Invalid):
            ways.add(overseer, "email", "a@b.example", ["gossip"])
        for number in range(ways.MOST_WAYS):
            ways.add(overseer, "email", f"a{number}@b.example")
        with pytest.raises(Conflict):
            ways.add(overseer, "email", "a@b.example")

    def test_nobody_ends_another_s_way_or_sets_up_the_installation_s(self, overseer: Actor, keeper: Actor) -> None:
        way, _secret = ways.add(overseer, "email", "a@b.example")
        with pytest.raises(NotFound):
            ways.end(keeper, way.pk)
        with pytest.raises(Forbidden):
            ways.add(overseer, "email", "a@b.example", installation=True)
        ways.end(overseer, way.pk)
        with pytest.raises(NotFound):
            ways.end(overseer, way.pk)


class TestOwnNetwork:
    def test_a_name_that_turns_out_to_be_inside_is_not_connected_to(
        self, overseer: Actor, web_server: WebServer, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The name is outside when it is given and inside when it is asked; or has one address of each."""
        settings.WEBHOOK_HOSTS = frozenset()
        port = int(web_server.url.split(":")[2].split("/")[0])
        ways.add(overseer, "webhook", f"https://changes.example:{port}/hook")
        tell()
        list(ways.spreading())
        connected: list[object] = []
        monkeypatch.setattr(socket, "create_connection", lambda *args, **_named: connected.append(args))
        for inside in ("127.0.0.1", "10.1.2.3", "::1", "fd00::1", "169.254.169.254", "0.0.0.0"):
            found = [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", (inside, port))]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, found=found, **_named: found)
            Delivery.objects.update(next_at=clock.real_now())
            assert go() == [False]
            assert Delivery.objects.get().error == "OwnNetworkError"
        assert connected == []

    def test_one_that_never_answers_is_left_at_its_time(
        self, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(guarded, "TIMEOUT_S", 0.5)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
            with pytest.raises(Exception, match=r"timed out|took too long"):
                guarded.post(url, b"{}", {})

    def test_one_that_dribbles_its_answer_is_left_at_its_time(
        self, dribbling: int, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No single read takes long: only all of them together do."""
        settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
        monkeypatch.setattr(guarded, "TIMEOUT_S", 1.0)
        began = time.monotonic()
        with pytest.raises(Exception, match=r"timed out|took too long"):
            guarded.post(f"http://127.0.0.1:{dribbling}/hook", b"{}", {})
        assert 0.9 < time.monotonic() - began < 3

    def test_a_mail_server_that_dribbles_is_left_too(
        self, overseer: Actor, dribbling: int, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", dribbling
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "blockwise@city.example"
        monkeypatch.setattr(email, "IN_ALL_S", 1.0)
        ways.add(overseer, "email", "chief@city.example")
        tell()
        list(ways.spreading())
        began = time.monotonic()
        assert go() == [False]
        assert 0.9 < time.monotonic() - began < 3
        assert Delivery.objects.get().error.startswith("SMTP")


@pytest.mark.django_db(transaction=True)
def test_the_worker_hands_over_and_does_not_wait(overseer: Actor, web_server: WebServer) -> None:
    ways.add(overseer, "webhook", web_server.url)
    tell(20)
    list(ways.spreading())
    handed = 0
    while Delivery.objects.filter(done_at=None).exists():
        handed += delivering.send_due()
        finish()
    assert handed == len(web_server.got) == len({asked.headers["webhook-id"] for asked in web_server.got}) == 20
    assert not queries.unreached()
    assert Message.objects.filter(spread_at=None).count() == 0


def test_what_a_clock_a_day_ahead_put_off_or_claimed_goes_out_now(
    overseer: Actor, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []

    class Threads:
        def submit(self, _work: object, pk: int, _me: str) -> None:
            handed.append(pk)
            delivering._under_way.pop(pk)

    monkeypatch.setattr(delivering, "_threads", Threads())
    ways.add(overseer, "email", "a@b.example")
    tell(2)
    list(ways.spreading())
    first, second = Delivery.objects.order_by("pk")
    ahead = NOW + timedelta(days=9)
    Delivery.objects.filter(pk=first.pk).update(next_at=ahead)
    Delivery.objects.filter(pk=second.pk).update(claimed_by="gone", claimed_until=ahead)
    assert (delivering.send_due(), delivering.send_due()) == (2, 0)
    assert sorted(handed) == [first.pk, second.pk]


def test_a_way_that_never_answers_leaves_the_others_their_threads(
    overseer: Actor, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []

    class Threads:
        """Nothing that is handed over comes to an end."""

        def submit(self, _work: object, pk: int, _me: str) -> None:
            handed.append(pk)

    monkeypatch.setattr(delivering, "_threads", Threads())
    monkeypatch.setattr(delivering, "_under_way", {})
    ways.add(overseer, "email", "dead@b.example")
    tell(30)
    list(ways.spreading())
    assert (delivering.send_due(), delivering.send_due()) == (delivering.EACH, 0)
    ways.add(overseer, "email", "other@b.example")
    tell(4)
    list(ways.spreading())
    assert delivering.send_due() == delivering.AT_ONCE - delivering.EACH
    of = Delivery.objects.filter(pk__in=handed).values_list("way__address", flat=True)
    assert Counter(of) == {"dead@b.example": delivering.EACH, "other@b.example": delivering.EACH}
    delivering._under_way.pop(handed[0])
    assert delivering.send_due() == 1
