"""Parties of a case, by a kind written in YAML alone: added, changed, asked, looked at, erased alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.engine import looks, one_look, parties, retention
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, Idempotency, Party
from blockwise.cases.queries import story
from blockwise.ledger import erase, verify
from blockwise.ledger.models import DataKey, Line, Sealed
from blockwise.messages.models import Message
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from blockwise.rooms import Role
from blockwise.site import feed
from tests.kinds import store_kinds
from tests.people import make_city, person, point_in, signed_in

DISPUTE = (Path(__file__).parents[1] / "kinds" / "format_2" / "dispute.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
OPENING = {"type": "noise", "place": {"lon": LON, "lat": LAT, "kind": "street", "text": "1 Harbour Road"}}
ZHANG = {"name": "Zhang MARK", "contact": "MARK at home"}
FIRM = {"firm": "MARK Trading", "language": "zh"}
alone = pytest.mark.django_db(transaction=True)  # an erasure is a transaction of its own


@pytest.fixture
def desk(db: None, home: Path) -> Iterator[Actor]:
    make_city()
    store_kinds({"dispute": DISPUTE})
    yield actor_for(person("desk", (Role.DISPATCHER, "9901")))
    registry.forget()


@pytest.fixture
def case(desk: Actor) -> Case:
    return Case.objects.get(pk=engine.open_case("dispute", OPENING, desk).case)


def did(case: Case, act: str, actor: Actor, **data: Any) -> Case:
    case.refresh_from_db()
    engine.act(case.pk, act, data, actor, expected_version=case.version)
    case.refresh_from_db()
    return case


def refused(kind: type[Problem], work: Callable[[], object]) -> Problem:
    lines = Line.objects.count(), Party.objects.count(), Sealed.objects.count()
    with pytest.raises(kind) as problem:
        work()
    assert (Line.objects.count(), Party.objects.count(), Sealed.objects.count()) == lines
    return problem.value


def everything() -> str:
    """Every line, message and row that is not in the vault."""
    rows = [*Line.objects.values_list("canonical", flat=True), *Message.objects.values_list("data", flat=True)]
    rows += [*Case.objects.values_list("fields", "sealed"), *Party.objects.values_list("role", "sealed", "consent")]
    return "\n".join(str(row) for row in rows)


@alone
def test_a_dispute_is_handled_over_http_and_one_party_is_erased_while_the_other_stays(desk: Actor) -> None:
    client = signed_in(person("anna", (Role.DISPATCHER, "9901")))
    opened = post(client, "/api/cases", {"kind": "dispute", "data": OPENING}, 201)
    at, version = f"/api/cases/{opened['case']}", opened["version"]
    for act, data in (
        ("name_applicant", {"details": ZHANG}),
        ("name_respondent", {"details": FIRM}),
        ("name_respondent", {"details": {"name": "Li MARK"}}),
        ("ask_consent", {"party": 2, "consent": "given"}),
        ("ask_consent", {"party": 3, "consent": "refused"}),
        ("correct_respondent", {"party": 2, "details": {"contact": "MARK office"}}),
    ):
        version = post(client, f"{at}/acts/{act}", {"data": data, "expected_version": version})["version"]
    assert client.get(f"{at}/parties").json() == [
        {"party": 1, "role": "applicant", "consent": "", "erased": False, "needs": ["call_in"]},
        {"party": 2, "role": "respondent", "consent": "given", "erased": False,
         "needs": ["correct_respondent", "call_in"]},
        {"party": 3, "role": "respondent", "consent": "refused", "erased": False,
         "needs": ["correct_respondent", "call_in"]},
    ]  # fmt: skip
    looked = post(client, f"{at}/parties/2/look", {"act": "call_in"})
    assert looked == FIRM | {"contact": "MARK office"}
    done = {"data": {"party": 2}, "expected_version": version}
    post(client, f"{at}/acts/erase_respondent", done)
    assert client.get(f"{at}/parties").json()[1] | {"needs": []} == {
        "party": 2, "role": "respondent", "consent": "given", "erased": True, "needs": [],
    }  # fmt: skip
    assert "cannot be brought back" in str(post(client, f"{at}/parties/2/look", {"act": "call_in"}, 410))
    assert post(client, f"{at}/parties/3/look", {"act": "call_in"}) == {"name": "Li MARK"}
    assert post(client, f"{at}/parties/1/look", {"act": "call_in"}) == ZHANG
    assert "MARK" not in everything()
    assert not DataKey.objects.get(thread=f"party:{opened['case']}:2").wrapped
    report = verify.verify_database()
    assert (report.ok, report.doubts) == (True, [])


def post(client: Client, path: str, body: Any, status: int = 200) -> Any:
    answer = client.post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_what_is_said_of_them_is_their_role_and_number(case: Case, desk: Actor) -> None:
    did(case, "name_applicant", desk, details=ZHANG)
    did(case, "name_respondent", desk, details=FIRM)
    did(case, "ask_consent", desk, party=2, consent="refused")
    one_look.at_party(case.pk, 2, "call_in", desk)
    said = {}
    for language in ("en", "zh-hans"):
        with override(language):
            said[language] = [one.sentence for one in story.story(case, desk)][1:]
    assert said["en"] == [
        "desk entered applicant 1", "desk entered respondent 2", "desk recorded: respondent 2 refuses",
        "desk looked at respondent 2, for: Call in",
    ]  # fmt: skip
    assert [one.replace("desk", "").replace(" ", "") for one in said["zh-hans"]] == [
        "登记申请人1", "登记被申请人2", "记录：被申请人2不同意调解", "查看了被申请人2，用途：约见",
    ]  # fmt: skip


def test_of_two_people_at_once_the_second_is_told_and_adds_no_double(case: Case, desk: Actor) -> None:
    first = case.version
    engine.act(case.pk, "name_respondent", {"details": FIRM}, desk, expected_version=first)
    work = partial(engine.act, case.pk, "name_respondent", {"details": FIRM}, desk, expected_version=first)
    assert "Somebody changed this case" in str(refused(Conflict, work).what)
    again = engine.act(
        case.pk, "name_respondent", {"details": {"name": "Li"}}, desk, expected_version=first + 1, key="k"
    )
    assert engine.act(
        case.pk, "name_respondent", {"details": {"name": "Li"}}, desk, expected_version=first + 1, key="k"
    ).again
    assert (again.version, Party.objects.count()) == (first + 2, 2)


def test_no_more_than_there_may_be_and_who_is_there_is_said(case: Case, desk: Actor) -> None:
    did(case, "name_applicant", desk, details=ZHANG)
    problem = refused(Conflict, lambda: did(case, "name_applicant", desk, details={"name": "Li"}))
    assert str(problem.what) == "There are as many as this case may have: applicant 1."
    for name in ("Wang", "Wu", "Xu"):
        did(case, "name_respondent", desk, details={"name": name})
    problem = refused(Conflict, lambda: did(case, "name_respondent", desk, details={"name": "Yu"}))
    assert "respondent 2, respondent 3, respondent 4" in str(problem.what)


@pytest.mark.parametrize(
    ("act", "data", "where"),
    [
        ("name_applicant", {}, "details"),
        ("name_applicant", {"details": {}}, "details"),
        ("name_applicant", {"details": {"name": "  "}}, "details"),
        ("name_applicant", {"details": "Li"}, "details"),
        ("name_applicant", {"details": {"firm": "not asked of an applicant"}}, "details"),
        ("name_applicant", {"details": {"name": "x" * 81}}, "details.name"),
        ("name_applicant", {"details": {"name": 7}}, "details.name"),
        ("name_applicant", {"details": ZHANG, "party": 1}, "party"),
        ("correct_respondent", {"details": FIRM}, "party"),
        ("correct_respondent", {"party": 9, "details": FIRM}, "party"),
        ("correct_respondent", {"party": True, "details": FIRM}, "party"),
        ("ask_consent", {"party": 1, "consent": "given"}, "party"),  # the applicant is no respondent
        ("ask_consent", {"party": 2, "consent": "perhaps"}, "consent"),
        ("erase_respondent", {"party": 10**12}, "party"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    case: Case, desk: Actor, act: str, data: dict[str, Any], where: str
) -> None:
    if act != "name_applicant":
        did(case, "name_applicant", desk, details=ZHANG)
        did(case, "name_respondent", desk, details=FIRM)
    assert refused(Invalid, lambda: did(case, act, desk, **data)).where == where


def test_a_party_is_looked_at_for_an_open_act_that_needs_it_and_by_nobody_else(case: Case, desk: Actor) -> None:
    did(case, "name_respondent", desk, details=FIRM)
    leader = actor_for(person("lea", (Role.BLOCK_LEADER, "990101")))
    taker = actor_for(person("tom", (Role.CALL_TAKER, "9901")))
    far = actor_for(person("far", (Role.DISPATCHER, "9902")))
    overseer = actor_for(person("olga", (Role.OVERSIGHT, "99")))
    for actor, act, kind in (
        (leader, "correct_respondent", Forbidden),  # an act of the dispatcher
        (taker, "call_in", Forbidden),
        (desk, "note", Forbidden),  # needs no party
        (desk, "ask_consent", Forbidden),
        (overseer, "call_in", Forbidden),
        (far, "call_in", NotFound),
        (desk, "nothing", NotFound),
    ):
        refused(kind, partial(one_look.at_party, case.pk, 1, act, actor))
    assert "no such party" in str(refused(NotFound, lambda: one_look.at_party(case.pk, 2, "call_in", desk)).what)
    assert "no such case" in str(refused(NotFound, lambda: one_look.at_party(case.pk, 2, "call_in", far)).what)
    assert one_look.at_party(case.pk, 1, "call_in", leader) == FIRM
    line = Line.objects.filter(thread=case.thread, act="look").get()
    assert {one.login: _hears(one, line) for one in _users()} == {
        "desk": False, "lea": True, "tom": False, "far": False, "olga": True,
    }  # fmt: skip
    did(case, "call_in", desk)
    refused(Forbidden, lambda: one_look.at_party(case.pk, 1, "call_in", desk))  # it is not open any more
    did(case, "finish", desk, outcome="agreed")
    refused(Forbidden, lambda: one_look.at_party(case.pk, 1, "correct_respondent", desk))


def _users() -> list[Any]:
    from blockwise.access.models import User

    return list(User.objects.order_by("pk"))


def _hears(user: Any, line: Line) -> bool:
    return line.number in {one["number"] for one in feed.visible(actor_for(user), feed.load(0))}


def test_the_lines_of_a_party_itself_are_on_nobodys_feed(case: Case, desk: Actor) -> None:
    did(case, "name_respondent", desk, details=FIRM)
    sealed = Line.objects.get(act=parties.ACT)
    assert sealed.thread == f"party:{case.pk}:1"
    everybody = [actor_for(person(f"p-{role}", (role, "99"))) for role in Role]
    heard = [line["number"] for actor in everybody for line in feed.visible(actor, feed.load(0))]
    assert heard
    assert sealed.number not in heard


def test_looks_at_parties_count_with_all_looks(case: Case, desk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "MOST", 2)
    did(case, "name_respondent", desk, details=FIRM)
    for _ in range(2):
        one_look.at_party(case.pk, 1, "call_in", desk)
    with pytest.raises(Problem) as problem:
        one_look.at_party(case.pk, 1, "call_in", desk)
    assert problem.value.status == 429
    assert Line.objects.filter(act=looks.ALARM).count() == 1


@alone
def test_a_party_that_was_erased_makes_room_and_is_named_by_no_act(case: Case, desk: Actor) -> None:
    did(case, "name_respondent", desk, details={"name": "the wrong one"})
    did(case, "erase_respondent", desk, party=1)
    assert Line.objects.get(thread=f"party:{case.pk}:1", act="erased").actor == desk.id
    acts: dict[str, dict[str, Any]] = {"erase_respondent": {}, "ask_consent": {"consent": "given"}}
    for act, data in acts.items():
        problem = refused(Invalid, partial(did, case, act, desk, party=1, **data))
        assert problem.where == "party"
    for name in ("Wang", "Wu", "Xu"):
        did(case, "name_respondent", desk, details={"name": name})
    assert [row.number for row in Party.objects.order_by("number")] == [1, 2, 3, 4]
    assert verify.verify_database().ok


def cut_short(_thread: str, _actor: str) -> None:
    raise RuntimeError("the server was stopped")


@alone
def test_an_erasure_that_was_cut_short_is_finished_by_the_worker(
    case: Case, desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(case, "name_respondent", desk, details=FIRM)
    with monkeypatch.context() as killed:
        killed.setattr(parties, "_erase_now", cut_short)
        did(case, "erase_respondent", desk, party=1)
    key = DataKey.objects.get(thread=f"party:{case.pk}:1")
    assert key.wrapped
    assert refused(Problem, lambda: one_look.at_party(case.pk, 1, "call_in", desk)).status == 410
    assert sum(parties.finish()) == 1
    assert sum(parties.finish()) == 0
    key.refresh_from_db()
    assert not key.wrapped
    assert verify.verify_database().ok


@alone
def test_what_was_kept_of_requests_goes_with_a_party(case: Case, desk: Actor) -> None:
    data = {"details": FIRM}
    engine.act(case.pk, "name_respondent", data, desk, expected_version=1, key="told")
    assert Idempotency.objects.count() == 1
    engine.act(case.pk, "erase_respondent", {"party": 1}, desk, expected_version=2, key="erased")
    again = engine.act(case.pk, "erase_respondent", {"party": 1}, desk, expected_version=2, key="erased")
    assert (again.again, Idempotency.objects.count()) == (True, 1)


@alone
def test_all_go_with_the_case_and_an_older_backup_brings_none_back(case: Case, desk: Actor) -> None:
    did(case, "name_applicant", desk, details=ZHANG)
    did(case, "name_respondent", desk, details=FIRM)
    did(case, "call_in", desk)
    did(case, "finish", desk, outcome="agreed")
    before = list(DataKey.objects.values_list("thread", "wrapped"))
    assert retention.erase_ended(clock.now() + timedelta(days=366)) == 1
    threads = [case.thread, f"party:{case.pk}:1", f"party:{case.pk}:2"]
    assert sorted(Line.objects.filter(act="erased").values_list("thread", flat=True)) == sorted(threads)
    assert not Sealed.objects.filter(thread__in=threads).exists()
    assert verify.verify_database().ok
    for thread, wrapped in before:  # as a backup of before holds them
        DataKey.objects.filter(thread=thread).update(wrapped=wrapped, erased_at=None)
    assert not verify.verify_database().ok
    assert erase.finish() == 1
    assert not DataKey.objects.filter(wrapped__isnull=False).exists()


@alone
def test_a_party_erased_by_hand_is_shown_as_erased_and_none_is_added_to_an_erased_case(case: Case, desk: Actor) -> None:
    did(case, "name_applicant", desk, details=ZHANG)
    assert erase.erase(f"party:{case.pk}:1", "system:operator", "asked for") is not None
    client = signed_in(person("anna", (Role.DISPATCHER, "9901")))
    page = client.get(f"/cases/{case.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "applicant 1" in page
    assert "(erased)" in page
    assert erase.erase(case.thread, "system:operator", "asked for") is not None
    assert refused(Problem, lambda: did(case, "name_respondent", desk, details=FIRM)).status == 410


def test_forms_and_page(case: Case, desk: Actor) -> None:
    client = signed_in(person("anna", (Role.DISPATCHER, "9901")))
    at = f"/cases/{case.pk}/"
    form = client.get(f"{at}acts/name_respondent/", headers={"accept-language": "en"}).content.decode()
    assert all(one in form for one in ('name="details.firm"', "Phone or e-mail", "respondent"))
    given = {"details.firm": "MARK Trading", "details.name": "", "version": "1"}
    assert client.post(f"{at}acts/name_respondent/", given).status_code == 302
    form = client.get(f"{at}acts/ask_consent/", headers={"accept-language": "en"}).content.decode()
    assert '<option value="1">respondent 1</option>' in form
    wrong = client.post(f"{at}acts/ask_consent/", {"party": "1", "version": "2"})
    assert wrong.status_code == 422
    assert (
        client.post(f"{at}acts/ask_consent/", {"party": "1", "consent": "refused", "version": "2"}).status_code == 302
    )
    page = client.get(at, headers={"accept-language": "en"}).content.decode()
    assert "MARK" not in page
    assert all(one in page for one in ("respondent 1", "refuses", "Look at respondent 1"))
    shown = client.post(f"{at}parties/1/", {"act": "call_in"}, headers={"accept-language": "en"})
    assert ("MARK Trading" in shown.content.decode(), shown["Cache-Control"]) == (True, "no-store")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["add", "erase", "given", "refused"]), st.integers(1, 6)), max_size=12))
def test_whatever_is_done_numbers_go_up_and_never_more_than_may_be(desk: Actor, steps: list[tuple[str, int]]) -> None:
    case = Case.objects.get(pk=engine.open_case("dispute", OPENING, desk).case)
    there: dict[int, str] = {}
    ever = 0
    for step, number in steps:
        try:
            if step == "add":
                did(case, "name_respondent", desk, details={"name": "Li"})
                ever += 1
                there[ever] = ""
            elif step == "erase":
                did(case, "erase_respondent", desk, party=number)
                del there[number]
            else:
                did(case, "ask_consent", desk, party=number, consent=step)
                there[number] = step
        except Conflict:
            assert step == "add"
            assert len(there) == 3
        except Invalid:
            assert number not in there
    rows = list(Party.objects.filter(case=case).order_by("number"))
    assert [row.number for row in rows] == list(range(1, ever + 1))
    assert {row.number: row.consent for row in rows if not row.erased} == there
