"""The ways into the API: session with its CSRF token, bearer tokens and their misuse, roles and tokens over HTTP."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access import actors, throttle, tokens
from blockwise.access.actions import make_token
from blockwise.access.actors import OPERATOR, WORKER, actor_for
from blockwise.access.models import ApiToken, Grant, Session, User
from blockwise.access.passwords import set_password
from blockwise.access.ways_in import WayIn, by_ways
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from tests.people import PASSWORD, People, give, person

pytestmark = pytest.mark.django_db


def signed_in(user: User, **more: Any) -> Client:
    client = Client(**more)
    client.force_login(user)
    return client


def token_for(user: User, *scopes: str, days: int | None = 30) -> str:
    return make_token(user, "test", scopes or ["cases:read"], WORKER, days=days)[1]


def get(path: str, secret: str, client: Client | None = None, **headers: str) -> Any:
    return (client or Client()).get(path, headers={"Authorization": f"Bearer {secret}", **headers})


def post(client: Client, path: str, body: object) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def acts(thread: str) -> list[str]:
    return list(Line.objects.filter(thread=thread).order_by("number").values_list("act", flat=True))


def test_me_by_session_and_by_token(people: People) -> None:
    roles = [{"role": role, "block": "9901", "department": ""} for role in ("call_taker", "dispatcher", "oversight")]
    known = {"id": f"user:{people.in_charge.pk}", "name": "爱丽", "name_en": "Alice"}
    wanted = known | {"roles": roles, "scopes": None, "units": []}
    assert signed_in(people.in_charge).get("/api/me").json() == wanted
    secret = token_for(people.in_charge, "stream", "cases:read")
    assert get("/api/me", secret).json() == wanted | {"scopes": ["cases:read", "stream"]}


def test_nobody_is_refused_with_a_problem(people: People) -> None:
    answer = Client().get("/api/me")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["type"] == "/problems/unauthenticated"


def test_a_session_needs_its_csrf_token_to_change_anything(people: People) -> None:
    client = signed_in(people.in_charge, enforce_csrf_checks=True)
    body = {"name": "robot", "scopes": ["cases:read"]}
    assert client.get("/api/me").status_code == 200
    assert post(client, "/api/tokens", body).status_code == 403
    client.get("/login")
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(
        "/api/tokens", json.dumps(body), content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert answer.status_code == 201
    assert not ApiToken.objects.exclude(name="robot").exists()


def test_a_token_is_shown_once_and_only_its_digest_is_kept(people: People) -> None:
    client = signed_in(people.in_charge)
    made = post(client, "/api/tokens", {"name": "robot", "scopes": ["stream", "cases:read"], "days": 7}).json()
    kept = ApiToken.objects.get()
    assert kept.digest == tokens.digest_of(made["token"])
    assert made["token"].startswith("bw_")
    assert len(made["token"]) == 46
    assert kept.scopes == ["cases:read", "stream"]
    assert kept.expires_at is not None
    assert timedelta(days=7) - (kept.expires_at - clock.real_now()) < timedelta(seconds=5)
    (listed,) = client.get("/api/tokens").json()
    assert (listed["id"], "token" in listed) == (kept.pk, False)
    assert not Line.objects.filter(canonical__contains=made["token"]).exists()
    line = Line.objects.get(act="token_made")
    assert data_of(line) == {"token": kept.pk, "scopes": ["cases:read", "stream"]}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer no", "Basic YTpi", "Bearer bw_" + "x" * 43, "Bearer bw_" + "x" * 9000, "bw_"],
)
def test_a_wrong_header_is_refused_even_beside_a_session(people: People, header: str) -> None:
    client = signed_in(people.in_charge)
    answer = client.get("/api/me", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["where"]) == (401, "Authorization")


def test_an_expired_a_revoked_and_a_shut_out_users_token_are_refused(people: People) -> None:
    expired, revoked, orphaned = (token_for(user) for user in (people.in_charge, people.in_charge, people.neighbour))
    assert [get("/api/me", one).status_code for one in (expired, revoked, orphaned)] == [200, 200, 200]
    ApiToken.objects.filter(digest=tokens.digest_of(expired)).update(expires_at=clock.real_now())
    ApiToken.objects.filter(digest=tokens.digest_of(revoked)).update(revoked_at=clock.real_now())
    User.objects.filter(pk=people.neighbour.pk).update(is_active=False)
    actors.forget()  # these were done behind this process's back
    assert [get("/api/me", one).status_code for one in (expired, revoked, orphaned)] == [401, 401, 401]


def test_what_another_process_revokes_is_noticed_within_a_second(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, now = token_for(people.in_charge), time.monotonic()
    monkeypatch.setattr("blockwise.access.actors.monotonic", lambda: now)
    assert get("/api/me", secret).status_code == 200
    ApiToken.objects.filter(digest=tokens.digest_of(secret)).update(revoked_at=clock.real_now())
    assert get("/api/me", secret).status_code == 200
    now += actors.RECENT_S + 0.001
    assert get("/api/me", secret).status_code == 401


def test_what_this_process_changes_holds_at_once(people: People) -> None:
    secret = token_for(people.in_charge)
    assert get("/api/me", secret).status_code == 200
    people.in_charge.is_active = False
    people.in_charge.save()
    assert get("/api/me", secret).status_code == 401


def test_a_replays_clock_neither_ends_nor_revives_a_token(people: People) -> None:
    secret = token_for(people.outsider)
    with clock.at(clock.real_now() + timedelta(days=4000)):
        assert get("/api/me", secret).status_code == 200


def test_a_token_makes_no_token_and_gives_no_role(people: People) -> None:
    administrator = person("root", (Role.ADMINISTRATOR, "99"))
    secret = token_for(administrator, "cases:read", "cases:write", "units:write", "stream")
    headers = {"Authorization": f"Bearer {secret}"}
    client = Client(headers=headers)
    kept = ApiToken.objects.get()
    assert post(client, "/api/tokens", {"name": "more", "scopes": ["cases:read"]}).status_code == 403
    assert client.delete(f"/api/tokens/{kept.pk}").status_code == 403
    assert client.get("/api/users").status_code == 403
    grant = {"role": "dispatcher", "block": "99"}
    assert post(client, f"/api/users/{people.outsider.pk}/grants", grant).status_code == 403
    assert get("/api/me", secret).status_code == 200


def test_only_the_owner_or_an_administrator_revokes_a_token(people: People) -> None:
    secret = token_for(people.in_charge)
    path = f"/api/tokens/{ApiToken.objects.get().pk}"
    tries = ((people.neighbour, 404), (people.outsider, 404), (people.in_charge, 204), (people.in_charge, 204))
    for user, status in tries:
        assert signed_in(user).delete(path).status_code == status
    assert get("/api/me", secret).status_code == 401
    assert acts(f"user:{people.in_charge.pk}") == ["token_made", "token_revoked"]
    other = make_token(people.neighbour, "x", ["stream"], WORKER)[0]
    west, root = person("west", (Role.ADMINISTRATOR, "9901")), person("root", (Role.ADMINISTRATOR, "99"))
    assert signed_in(west).delete(f"/api/tokens/{other.pk}").status_code == 404
    assert signed_in(root).delete(f"/api/tokens/{other.pk}").status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["stream"]},
        {"name": "\u202e\u0007", "scopes": ["stream"]},
        {"name": "x" * 81, "scopes": ["stream"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["people:write"]},
        {"name": "x", "scopes": ["stream"], "days": 0},
        {"name": "x", "scopes": ["stream"], "days": 366},
        {"name": "x", "scopes": ["stream"], "days": None},
    ],
)
def test_a_token_that_cannot_be_is_refused(people: People, body: dict[str, Any]) -> None:
    assert post(signed_in(people.in_charge), "/api/tokens", body).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_user_has_at_most_twenty_tokens_in_force(people: People) -> None:
    client = signed_in(people.in_charge)
    body = {"name": "x", "scopes": ["stream"]}
    statuses = [post(client, "/api/tokens", body).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [409]


def test_wrong_tokens_of_an_address_are_slowed_down_and_others_are_not(people: People) -> None:
    secret = token_for(people.in_charge)
    statuses = [get("/api/me", f"bw_{number}").status_code for number in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    assert get("/api/me", "bw_x", Client(REMOTE_ADDR="192.0.2.7")).status_code == 401
    assert get("/api/me", secret).status_code == 200


def test_a_tokens_rate_is_held_without_writing_anything(
    people: People, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token_for(people.in_charge)
    header = f"Bearer {secret}"
    for _ in range(tokens.RATE - 1):
        throttle.bucket(f"token:{tokens.digest_of(secret)}", tokens.RATE)
    with django_assert_num_queries(1):
        assert tokens.find(tokens.read(header, ""), "").user == people.in_charge
    stopped = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: stopped)  # the bucket does not refill
    answers = [get("/api/me", secret) for _ in range(3)]
    refused = answers[-1]
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many")
    assert (refused.json()["retry_after"], refused["Retry-After"]) == (1, "1")


def test_people_are_shown_to_administrators_alone(people: People) -> None:
    for user in (people.in_charge, people.neighbour, people.outsider):
        assert signed_in(user).get("/api/users").status_code == 403
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    shown = client.get("/api/users").json()
    assert [user["login"] for user in shown["users"]] == ["alice", "bob", "charlie", "root"]
    assert shown["next"] is None
    assert [grant["role"] for grant in shown["users"][0]["grants"]] == ["call_taker", "dispatcher", "oversight"]
    assert "password" not in json.dumps(shown)


def test_three_and_three_hundred_people_cost_the_same_queries(
    people: People, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    client.get("/api/me")  # from here on the session holds its language
    with django_assert_max_num_queries(6):  # session, user, grants, people, their grants; the city once a second
        client.get("/api/users")
    User.objects.bulk_create(User(login=f"many{number}", name="many") for number in range(300))
    with django_assert_max_num_queries(6):
        first = client.get("/api/users").json()
    assert (len(first["users"]), first["next"]) == (100, first["users"][-1]["id"])
    later = client.get("/api/users", {"after": first["next"]}).json()
    assert later["users"][0]["id"] > first["next"]


def test_a_role_is_given_and_ended_with_a_line_each(people: People) -> None:
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    path = f"/api/users/{people.outsider.pk}/grants"
    given = post(client, path, {"role": "analyst", "block": "9901", "ends_at": "2100-01-01T00:00:00Z"})
    assert given.status_code == 201
    assert actor_for(people.outsider).roles() == {"analyst"}
    for _ in range(2):
        assert client.delete(f"/api/grants/{given.json()['id']}").status_code == 200
    assert actor_for(people.outsider).roles() == set()
    assert Grant.objects.filter(user=people.outsider).count() == 1
    assert acts(f"user:{people.outsider.pk}") == ["role_granted", "role_revoked"]
    line = Line.objects.get(act="role_granted")
    assert line.block == "9901"
    assert data_of(line)["until"] == "2100-01-01T00:00:00+00:00"


def test_roles_are_given_only_below_ones_own_block_and_never_to_oneself(people: People) -> None:
    west = person("west", (Role.ADMINISTRATOR, "9901"))
    client = signed_in(west)
    outsider = f"/api/users/{people.outsider.pk}/grants"
    body = {"role": "dispatcher", "block": "9901"}
    assert post(client, outsider, body).status_code == 201
    assert post(client, outsider, body | {"block": "99"}).status_code == 403
    assert post(client, outsider, body | {"block": "9902"}).status_code == 403
    assert post(client, f"/api/users/{west.pk}/grants", body).status_code == 403
    standing = Grant.objects.get(user=people.neighbour, role="dispatcher")
    assert client.delete(f"/api/grants/{standing.pk}").status_code == 403
    for user in (people.in_charge, people.neighbour, people.outsider):
        assert post(signed_in(user), outsider, body).status_code == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"role": "king"}, 422),
        ({"block": "99ZZ"}, 404),
        ({"block": "99' OR 1"}, 404),
        ({"ends_at": "2000-01-01T00:00:00Z"}, 422),
        ({"starts_at": "1999-01-01T00:00:00Z", "ends_at": "2000-01-01T00:00:00Z"}, 422),
        ({"ends_at": "2027-01-01T00:00:00"}, 422),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, 422),
        ({"block": None}, 422),
    ],
)
def test_a_grant_that_cannot_be_is_refused(people: People, change: dict[str, Any], status: int) -> None:
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    body = {"role": "crew", "block": "99"} | change
    assert post(client, f"/api/users/{people.outsider.pk}/grants", body).status_code == status
    assert not Grant.objects.filter(user=people.outsider).exists()


def test_ids_that_no_database_holds_are_not_there(people: People) -> None:
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    assert post(client, "/api/users/999999/grants", {"role": "crew", "block": "99"}).status_code == 404
    assert client.delete("/api/grants/999999").status_code == 404
    for path in (f"/api/grants/{2**63}", f"/api/tokens/{10**40}", "/api/grants/0"):
        assert client.delete(path).status_code == 422


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 201),
        ({"login": "ALICE"}, 409),
        ({"login": "a b"}, 422),
        ({"login": ""}, 422),
        ({"name": " "}, 422),
        ({"password": "short"}, 422),
        ({"password": "password123"}, 422),
    ],
)
def test_a_user_is_created_or_refused(people: People, change: dict[str, Any], status: int) -> None:
    client = signed_in(person("root", (Role.ADMINISTRATOR, "99")))
    body = {"login": "zoe", "name": "佐伊", "password": PASSWORD} | change
    answer = post(client, "/api/users", body)
    assert answer.status_code == status, answer.content
    assert User.objects.filter(login="zoe").exists() is (status == 201)
    if status == 201:
        assert answer.json()["grants"] == []
        assert acts(f"user:{answer.json()['id']}") == ["user_created"]


def test_a_role_that_is_over_opens_nothing(people: People) -> None:
    user = person("was")
    give(user, Role.ADMINISTRATOR, "99", ends_at=clock.now())
    assert signed_in(user).get("/api/users").status_code == 403


def test_many_who_came_in_are_looked_up_in_as_few_queries_as_one(
    people: People, django_assert_num_queries: Any
) -> None:
    """Each as by an own request; who may no longer is left out."""
    secret = token_for(people.in_charge, "stream")
    everybody = [people.in_charge, people.neighbour, person("gus", (Role.CREW, "99")), person("hal", (Role.CREW, "99"))]
    ways = {WayIn(session=session_of(user)): actor_for(user) for user in everybody}
    # made by the system
    ways[WayIn(tokens.digest_of(secret))] = replace(actor_for(people.in_charge, ["stream"]), factor=True)
    gone = WayIn(session=session_of(people.outsider))
    User.objects.filter(pk=people.outsider.pk).update(is_active=False)
    with django_assert_num_queries(5):
        assert by_ways({*ways, gone, WayIn("0" * 64), WayIn(session="x" * 32)}) == ways


@pytest.mark.parametrize("ended", ["expired", "removed", "forged", "password"])
def test_a_session_that_ended_is_no_way_in(people: People, ended: str) -> None:
    way = WayIn(session=session_of(people.in_charge))
    other = Session.objects.get(pk=session_of(people.neighbour))
    assert way in by_ways([way])
    rows = Session.objects.filter(pk=way.session)
    if ended == "expired":
        rows.update(expire_date=clock.real_now())
    elif ended == "removed":
        rows.delete()
    elif ended == "forged":
        rows.update(session_data=other.session_data[:-1] + ("A" if other.session_data[-1] != "A" else "B"))
    else:
        set_password(people.in_charge, "another horse battery", OPERATOR)
    assert by_ways([way]) == {}


def session_of(user: User) -> str:
    return str(signed_in(user).session.session_key)


def test_a_session_ends_with_the_shift_however_often_it_is_used(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.post("/login", {"username": "alice", "password": PASSWORD})
    began, key = clock.real_now(), client.session.session_key or ""
    for hours in (0.4 * step for step in range(1, 30)):
        monkeypatch.setattr(clock, "real_now", lambda hours=hours: began + timedelta(hours=hours))
        assert client.get("/account").status_code == 200
        assert set(by_ways([WayIn(session=key)])) == {WayIn(session=key)}
    monkeypatch.setattr(clock, "real_now", lambda: began + timedelta(hours=12.1))
    assert by_ways([WayIn(session=key)]) == {}
    assert client.get("/account")["Location"] == "/login?next=%2Faccount"
    assert client.get("/api/me").status_code == 401
    assert client.get("/login").status_code == 200
