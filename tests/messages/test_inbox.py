"""The inbox: told to whom it is for, seen only with what it is about, read and done on the record."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from blockwise.access.actors import Actor, actor_for
from blockwise.cases.engine import clocks
from blockwise.cases.models import Case
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.messages import actions, queries
from blockwise.messages.actions import To
from blockwise.messages.models import Message, Reading
from blockwise.places.models import Block
from blockwise.problems import Forbidden, Invalid
from blockwise.rooms import Role
from tests.cases.stories import at, call
from tests.people import PASSWORD, person

CELL = "99010101"


@pytest.fixture
def desk(kinds: None) -> Actor:
    return actor_for(person("desk", (Role.CALL_TAKER, "99"), (Role.DISPATCHER, "99")))


@pytest.fixture
def overdue(desk: Actor) -> Case:
    """A call whose promise to send somebody was raised to the dispatcher."""
    case = call(desk, priority=1).case
    assert clocks.escalate_due(at("05-06T10:01")) == 1
    return case


def ids(actor: Actor, **how: bool) -> list[int]:
    return [one.message.pk for one in queries.inbox(actor, **how)]


def test_an_overdue_promise_is_told_to_whoever_holds_the_role_there_and_to_nobody_else(
    overdue: Case, desk: Actor
) -> None:
    (row,) = queries.inbox(desk)
    assert (row.words, row.url, row.read) == (
        f"Call {overdue.pk}: “Dispatch” is overdue, level 1",
        f"/cases/{overdue.pk}/",
        False,
    )
    assert ids(actor_for(person("near", (Role.DISPATCHER, "9901")))) == [row.message.pk]
    for role, block in ((Role.DISPATCHER, "9902"), (Role.BLOCK_LEADER, CELL), (Role.OVERSIGHT, "99")):
        assert ids(actor_for(person(f"x{role}", (role, block)))) == []
    assert ids(actor_for(person("none"))) == []


def test_what_is_for_one_person_is_for_no_other_with_the_same_role(desk: Actor) -> None:
    other = actor_for(person("other", (Role.DISPATCHER, "99")))
    actions.put("erasures_held", {"count": 3}, 1, to=[To(person=queries.person(other))])
    assert (len(ids(other)), ids(desk)) == (1, [])


def test_a_leader_is_told_of_the_own_block_and_not_of_all_below(kinds: None) -> None:
    above, below = (actor_for(person(f"l{code}", (Role.BLOCK_LEADER, code))) for code in ("9901", CELL))
    actions.put("erasures_held", {"count": 3}, 1, to=[To(Role.BLOCK_LEADER, CELL)])
    assert (len(ids(below)), ids(above)) == (1, [])


def test_read_by_one_is_unread_for_another_and_done_by_one_is_done_for_all(overdue: Case, desk: Actor) -> None:
    other = actor_for(person("other", (Role.DISPATCHER, "99")))
    (pk,) = ids(desk)
    assert (queries.unread(desk), queries.unread(other)) == (1, 1)
    assert (actions.read(desk, [pk]), actions.read(desk, [pk])) == (1, 0)
    assert (queries.unread(desk), queries.unread(other), ids(other, unread=True)) == (0, 1, [pk])
    assert (actions.done(other, [pk]), actions.done(desk, [pk])) == (1, 0)
    assert (ids(desk), ids(desk, done=True), queries.unread(other)) == ([], [pk], 0)
    acts = Line.objects.filter(thread=overdue.thread, act__startswith="message").order_by("number")
    assert [(line.act, line.actor) for line in acts] == [("message_read", desk.id), ("message_done", other.id)]
    assert data_of(acts[0]) == {"topic": "escalated", "message": pk}
    assert Reading.objects.count() == 2


def test_what_is_not_mine_is_neither_read_nor_done(overdue: Case, desk: Actor) -> None:
    stranger = actor_for(person("stranger", (Role.DISPATCHER, "9902")))
    (pk,) = ids(desk)
    before = Line.objects.count()
    assert (actions.read(stranger, [pk, 10**9]), actions.done(stranger, [pk])) == (0, 0)
    assert (Line.objects.count(), Message.objects.get().done_at) == (before, None)


def test_a_message_about_a_case_that_may_not_be_seen_any_more_is_not_there(overdue: Case) -> None:
    leader = actor_for(person("leader", (Role.BLOCK_LEADER, CELL)))
    actions.put("escalated", MESSAGE | {"case": overdue.pk}, 1, case=overdue.pk, to=[To(Role.BLOCK_LEADER, CELL)])
    (pk,) = ids(leader)
    Case.objects.filter(pk=overdue.pk).update(sensitive=True)
    assert ids(leader) == []
    assert (actions.read(leader, [pk]), actions.done(leader, [pk])) == (0, 0)


MESSAGE = {"clock": "dispatch", "round": 1, "level": 2, "to": "block_leader", "block": CELL}


def test_a_topic_that_no_room_has_named_is_refused(kinds: None) -> None:
    with pytest.raises(Invalid):
        actions.put("gossip", {}, 1, to=[To(Role.OVERSIGHT, "99")])


def test_a_token_reads_messages_only_with_the_scope(overdue: Case) -> None:
    user = person("program", (Role.DISPATCHER, "99"))
    assert len(ids(actor_for(user, ["messages"]))) == 1
    with pytest.raises(Forbidden, match="no scope"):
        queries.inbox(actor_for(user, ["cases:read"]))


def test_a_page_of_a_hundred_and_the_next_one(desk: Actor, client: Client) -> None:
    for number in range(queries.PAGE + 5):
        actions.put("erasures_held", {"count": number + 1}, 1, to=[To(Role.DISPATCHER, "99")])
    client.login(username="desk", password=PASSWORD)
    first = client.get("/messages/").content.decode()
    assert first.count('name="message"') == queries.PAGE
    before = first.rsplit("?before=", 1)[1].split('"')[0]
    found = client.get(f"/api/messages?before={before}").json()
    assert [one["data"]["count"] for one in found] == [5, 4, 3, 2, 1]
    assert client.get("/messages/?before=zzz").status_code == 200


def test_opening_a_page_reads_nothing_and_a_post_does(overdue: Case, client: Client) -> None:
    client.login(username="desk", password=PASSWORD)
    page = client.get("/messages/").content.decode()
    assert "is-new" in page
    assert f"dispatcher, {Block.objects.get(pk=CELL).name_en or Block.objects.get(pk=CELL).name}" in page
    assert not Reading.objects.exists()
    pk = Message.objects.get().pk
    assert client.post("/messages/mark", {"message": [pk, "x", "-1"], "as": "read"}).status_code == 302
    assert Reading.objects.count() == 1
    client.post("/messages/mark", {"message": pk, "as": "done"})
    assert "Nothing waits for you." in client.get("/messages/").content.decode()
    assert "Dispatch" in client.get("/messages/?state=done").content.decode()


def test_the_story_folds_who_read_and_keeps_each_line(overdue: Case, desk: Actor, client: Client) -> None:
    other = actor_for(person("other", (Role.DISPATCHER, "99")))
    actions.read(desk, ids(desk))
    clocks.escalate_due(at("05-06T10:20"))
    actions.done(other, ids(other))
    client.login(username="desk", password=PASSWORD)
    page = client.get(f"/cases/{overdue.pk}/").content.decode()
    (fold,) = re.findall(r"<summary class=.muted.>(.*?)</summary>(.*?)</details>", page, re.DOTALL)
    assert fold[0] == "messages read by 2 people"
    read = Line.objects.filter(thread=overdue.thread, act__in=("message_read", "message_done"))
    assert [int(number) for number in re.findall(r'id="line-(\d+)"', fold[1])] == [
        line.number for line in read.order_by("-number")
    ]
    assert "read the message: A promise is overdue" in fold[1]
    assert "marked the message as done" in fold[1]
    assert page.count('id="line-') == Line.objects.filter(thread=overdue.thread).count()
