"""A case that may not be seen is told of by nothing: not by an answer, a number, a line, a unit or the stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actions import make_token
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.cases.queries.story import story
from blockwise.problems import Conflict, Invalid
from blockwise.rooms import Role
from blockwise.site import feed
from blockwise.units import queries as units
from tests.people import People, give, person, signed_in
from tests.response.one_road import make_road
from tests.units.conftest import NOW, call, crew_of, do

NOTHING = 4_000_000
CELL = "99010102"
API: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/api/cases/{}", None),
    ("GET", "/api/cases/{}/lines", None),
    ("GET", "/api/cases/{}/recommendation", None),
    ("POST", "/api/cases/{}/acts/note", {"data": {"note": "x"}}),
    ("POST", "/api/cases/{}/acts/zzz", {"data": {}}),
    ("POST", "/api/cases/{}/acts/correct", {"data": {"colour": "red"}, "expected_version": 99}),
    ("POST", "/api/cases/{}/acts/merge", {"data": {"primary": 1}, "expected_version": 1}),
    ("POST", "/api/cases/{}/contact", {"act": "call_back"}),
    ("POST", "/api/cases/{}/contact", {"act": "zzz"}),
    ("POST", "/api/cases/{}/assignments", {"units": ["P1"]}),
)
PAGES = (
    "/cases/{}/",
    "/cases/{}/acts/note/",
    "/cases/{}/acts/zzz/",
    "/console/{}/",
    "/console/{}/panel",
    "/console/{}/recommendation",
    "/console/{}/choice",
    "/console/{}/ways",
    "/console/{}/form/note",
    "/console/{}/form/zzz",
)
FORMS = ("/cases/{}/contact/", "/cases/{}/acts/note/", "/console/{}/act/note", "/console/{}/act/zzz")


@pytest.fixture(autouse=True)
def _now(forces: None) -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def leading(dispatcher: Actor, forces: None) -> User:
    """Leads community 990101, where the cases of these tests are."""
    return person("leader", (Role.BLOCK_LEADER, "990101"))


def answers(client: Client, number: int) -> dict[str, Any]:
    """Status, headers and body of every address about a case, without what is new in every answer."""
    found = {}
    for method, path, body in API:
        sent = b"" if body is None else json.dumps(body).encode()
        answer = client.generic(method, path.format(number), sent, content_type="application/json")
        found[f"{method} {path} {body}"] = _plain(answer, number)
    for path in PAGES:
        found[path] = _plain(client.get(path.format(number)), number)
    for path in FORMS:
        found[f"form {path}"] = _plain(client.post(path.format(number), {"act": "call_back", "note": "x"}), number)
    return found


def _plain(answer: Any, number: int) -> tuple[int, dict[str, str], str]:
    text = re.sub(r"/requests/[\w-]+|<code>[\w-]+</code>", "", answer.content.decode())
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", text).replace(f"/{number}", "/N")
    passing = {"X-Request-ID", "Content-Length", "Server-Timing", "Set-Cookie"}
    return answer.status_code, {name: value for name, value in answer.items() if name not in passing}, text


@pytest.mark.parametrize("who", ["neighbour", "outsider", "leader", "leader who takes calls next door", "token"])
def test_what_may_not_be_seen_is_answered_as_what_is_not_there(
    who: str, dispatcher: Actor, people: People, leading: User
) -> None:
    hidden = call(dispatcher, CELL, type="family.violence")
    client = Client()
    if who == "token":
        secret = make_token(people.neighbour, "t", ["cases:read", "cases:write"], actor_for(people.neighbour))[1]
        client = Client(headers={"authorization": f"Bearer {secret}"})
    else:
        if "calls" in who:
            give(leading, Role.CALL_TAKER, "99010201")
        client.force_login(leading if "leader" in who else getattr(people, who))
    found, none = answers(client, hidden.pk), answers(client, NOTHING)
    assert [(path, found[path], none[path]) for path in found if found[path] != none[path]] == []
    statuses = {path: status for path, (status, _headers, _text) in found.items()}
    assert {status for path, status in statuses.items() if "console" not in path} <= {404, 302}


def test_a_token_without_the_scope_is_told_so_whatever_the_number(dispatcher: Actor, people: People) -> None:
    case = call(dispatcher, CELL)
    secret = make_token(people.in_charge, "t", ["units:read"], dispatcher)[1]
    client = Client(headers={"authorization": f"Bearer {secret}"})
    for number in (case.pk, NOTHING):
        for method, path, body in API:
            sent = b"" if body is None else json.dumps(body).encode()
            answer = client.generic(method, path.format(number), sent, content_type="application/json")
            refused = answer.json()
            assert (answer.status_code, refused["detail"]) == (403, "This token has no scope for it."), path
            named = "cases:read" if method == "GET" else "cases:write"
            assert refused["fix"] == f"Use a token with the scope {named}.", path


def test_whoever_may_see_a_case_is_told_which_acts_there_are(dispatcher: Actor, people: People, leading: User) -> None:
    plain = call(dispatcher, CELL)
    for user, status in ((people.in_charge, 404), (leading, 404)):
        client = signed_in(user)
        answer = client.post(f"/api/cases/{plain.pk}/acts/zzz", {"data": {}}, content_type="application/json")
        assert (answer.status_code, answer.json()["where"]) == (status, "act")
        assert "call_back" in answer.json()["fix"]


@pytest.fixture
def pair(dispatcher: Actor, leading: User) -> tuple[Case, Case]:
    """A plain case that a hidden one repeats."""
    plain, hidden = call(dispatcher, CELL), call(dispatcher, CELL)
    do(hidden, "merge", dispatcher, primary=plain.pk)
    Case.objects.filter(pk=hidden.pk).update(sensitive=True)
    return plain, hidden


def test_a_hidden_repeat_is_on_no_page_and_in_no_line(pair: tuple[Case, Case], leading: User, people: People) -> None:
    plain, hidden = pair
    leader, in_charge = signed_in(leading), signed_in(people.in_charge)
    shown = {client: client.get(f"/api/cases/{plain.pk}").json() for client in (leader, in_charge)}
    assert (shown[leader]["repeats"], shown[in_charge]["repeats"]) == ([], [hidden.pk])
    lines = {c: [row["act"] for row in c.get(f"/api/cases/{plain.pk}/lines").json()] for c in (leader, in_charge)}
    assert (lines[leader], lines[in_charge]) == (["open"], ["open", "repeat_added"])
    for client, told in ((leader, False), (in_charge, True)):
        page = client.get(f"/cases/{plain.pk}/").content.decode()
        assert (f"Case {hidden.pk} repeats this one" in page, f"/cases/{hidden.pk}/" in page) == (told, told)


def test_a_hidden_primary_is_not_named_by_its_repeat(dispatcher: Actor, leading: User, people: People) -> None:
    hidden, plain = call(dispatcher, CELL), call(dispatcher, CELL)
    do(plain, "merge", dispatcher, primary=hidden.pk)
    Case.objects.filter(pk=hidden.pk).update(sensitive=True)
    for user, primary, acts in ((leading, None, ["open"]), (people.in_charge, hidden.pk, ["open", "merge"])):
        client = signed_in(user)
        assert client.get(f"/api/cases/{plain.pk}").json()["primary"] == primary
        assert [case["primary"] for case in client.get("/api/cases").json()["cases"] if case["id"] == plain.pk] == [
            primary
        ]
        assert [line["act"] for line in client.get(f"/api/cases/{plain.pk}/lines").json()] == acts
        assert (f"/cases/{hidden.pk}/" in client.get(f"/cases/{plain.pk}/").content.decode()) == bool(primary)
    told = {actor.id: story(plain, actor)[-1].sentence for actor in (dispatcher, actor_for(leading))}
    assert told[dispatcher.id].endswith(f"into {hidden.pk}")
    assert told[f"user:{leading.pk}"].endswith("into —")


def test_a_refused_merge_names_no_hidden_case(dispatcher: Actor, leading: User, people: People) -> None:
    hidden, plain, third = (call(dispatcher, CELL) for _ in range(3))
    do(plain, "merge", dispatcher, primary=hidden.pk)
    Case.objects.filter(pk=hidden.pk).update(sensitive=True)
    give(leading, Role.CALL_TAKER, "99010101")  # may merge in the next cell
    own = call(dispatcher, "99010101")
    with pytest.raises(Conflict) as refused:
        do(own, "merge", actor_for(leading), primary=plain.pk)
    assert str(hidden.pk) not in str(refused.value.fix)
    with pytest.raises(Conflict, match=f"Merge into case {hidden.pk} instead"):
        do(third, "merge", dispatcher, primary=plain.pk)
    with pytest.raises(Invalid, match="cannot repeat this one"):
        do(own, "merge", actor_for(leading), primary=hidden.pk)


def test_that_a_case_has_only_hidden_repeats_is_no_reason_that_is_told(
    pair: tuple[Case, Case], leading: User, dispatcher: Actor
) -> None:
    plain, hidden = pair
    other = call(dispatcher, CELL)
    with pytest.raises(Conflict, match="repeats of its own"):
        do(plain, "merge", dispatcher, primary=other.pk)
    give(leading, Role.CALL_TAKER, "99010101")
    own = call(dispatcher, "99010101")
    Case.objects.filter(pk=hidden.pk).update(primary=own)
    with pytest.raises(Invalid, match="cannot repeat this one"):
        do(own, "merge", actor_for(leading), primary=other.pk)


def test_a_stream_that_is_resumed_tells_nothing_of_what_became_sensitive(
    dispatcher: Actor, leading: User, people: People
) -> None:
    case, other = call(dispatcher, CELL), call(dispatcher, CELL)
    leader = actor_for(leading)
    before = feed.load(0)
    assert {line["thread"] for line in feed.visible(leader, before)} == {case.thread, other.thread}
    do(case, "correct", dispatcher, type="family.violence")
    held = feed.Feed()
    held.remember(before)
    held.remember(feed.load(before.items[-1].line.number))
    for news in (held.news_after(0), feed.load(0)):
        assert {line["thread"] for line in feed.visible(leader, news)} == {other.thread}
        seen = {line["thread"] for line in feed.visible(people.actor("in_charge"), news)}
        assert {case.thread, other.thread} <= seen
        beside = {line["thread"] for line in feed.visible(people.actor("neighbour"), news)}
        assert beside & {case.thread, other.thread} == set()


def test_the_stream_tells_of_no_hidden_repeat(pair: tuple[Case, Case], leading: User, dispatcher: Actor) -> None:
    acts = {
        actor.id: [line["act"] for line in feed.visible(actor, feed.load(0))]
        for actor in (actor_for(leading), dispatcher)
    }
    assert acts[f"user:{leading.pk}"] == ["open"]
    assert "repeat_added" in acts[dispatcher.id]


@pytest.fixture
def lent(dispatcher: Actor, people: People) -> Case:
    """P1, of the west, works on a case of the east."""
    case = call(people.actor("neighbour"), "99020101")
    do(case, "send", people.actor("neighbour"), units=["P1"])
    return case


def test_a_unit_at_work_on_a_hidden_case_does_not_name_it(lent: Case, people: People) -> None:
    make_road()
    own = call(people.actor("in_charge"), CELL)
    desk = signed_in(people.in_charge)
    found = {row["code"]: row["case"] for row in desk.get("/api/units").json()}
    assert found["P1"] is None
    assert units.known_work(people.actor("neighbour"))["P1"] == lent.pk
    judged = desk.get(f"/api/cases/{own.pk}/recommendation?unit=P1").json()
    assert [(one["unit"], one["case"]) for one in judged["found"]] == [("P1", None)]
    pieces = [f"/console/{own.pk}/choice?q=P1", "/console/units/P1", "/console/fresh", "/console/live"]
    for address in pieces:
        text = desk.get(address).content.decode()
        names = (f'data-on="{lent.pk}"', f"/console/{lent.pk}/", f"case {lent.pk}", f'"case": {lent.pk}', f"@{lent.pk}")
        assert [name for name in names if name in text] == [], address
    with pytest.raises(Conflict) as busy:
        do(own, "send", people.actor("in_charge"), units=["P1"])
    assert "at work elsewhere" in str(busy.value.what)
    assert "case" not in busy.value.more


def test_the_status_of_a_unit_that_works_elsewhere_is_refused_without_its_case(lent: Case, people: People) -> None:
    desk = signed_in(people.in_charge)
    for status in ("meal", "blue_lights"):
        answer = desk.post("/api/units/P1/status", {"status": status}, content_type="application/json")
        assert (answer.status_code, "at work where you do not see" in answer.json()["detail"]) == (409, True), status
        assert "case" not in answer.json()


def test_a_crew_is_told_why_its_unit_was_sent_elsewhere_and_not_where_from(dispatcher: Actor, people: People) -> None:
    first, second = call(dispatcher, CELL), call(dispatcher, CELL)
    do(first, "send", dispatcher, units=["P1"])
    do(second, "divert", dispatcher, units=["P1"], off={"P1": first.pk}, why="more_urgent")
    crew = crew_of("P1")
    acts = [one.act for one in story(second, crew)]
    assert acts == ["open", "divert"]
    client = Client()
    client.force_login(User.objects.get(login="crew"))
    lines = client.get(f"/api/cases/{second.pk}/lines").json()
    assert [line["act"] for line in lines] == ["open"]
    assert engine.act(second.pk, "acknowledge", {}, crew).stage
