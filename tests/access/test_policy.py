"""The policy's table, row by row, against a second one written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from django.db.models import QuerySet
from django.utils.translation import override

from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor, Held
from blockwise.access.seams import seams
from blockwise.problems import Forbidden
from blockwise.rooms import GRANTED, Role, house

ALL = tuple(Role.values)

RULES = [rule for rules in house().rules.values() for rule in rules]


@dataclass(frozen=True)
class DeclaredAct:
    name: str
    roles: tuple[str, ...] = ALL
    from_stages: tuple[str, ...] = ("open",)
    contact: bool = False
    needs: tuple[str, ...] = ()
    files: bool = False
    by: str = ""


@dataclass(frozen=True)
class DeclaredKind:
    name: str = "call"
    sensitive: bool = False
    open_roles: tuple[str, ...] = ALL
    view_roles: tuple[str, ...] = ALL
    acts: tuple[DeclaredAct, ...] = (DeclaredAct("note"), DeclaredAct("ring_back", contact=True))

    def act(self, name: str) -> DeclaredAct | None:
        return next((act for act in self.acts if act.name == name), None)


@dataclass
class Kept:
    pk: int = 7
    block_id: str = "990101"
    stage: str = "open"
    final: bool = False
    sensitive: bool = False
    department: str = "housing"
    assignee: str = "user:5"


class SentCrews:
    """P1 works on case 7, P2 on case 8."""

    def units_of(self, users: Iterable[int]) -> dict[int, frozenset[str]]:
        return {}

    def sent_to(self, case_id: int) -> frozenset[str]:
        return frozenset({7: {"P1"}, 8: {"P2"}}.get(case_id, set()))

    def cases_of(self, units: frozenset[str]) -> QuerySet:  # type: ignore[type-arg]  # not asked here
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _crews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seams, "crews", SentCrews())


KIND = DeclaredKind()
CASE = Kept()
NOTE, RING = KIND.acts
UNIT = SimpleNamespace(pk="P1", block_id="990101")


def holder(role: str, block: str = "9901", **more: object) -> Actor:
    units = frozenset({"P1"}) if role == Role.CREW else frozenset()
    held = Held(role, block, "housing" if role == Role.DEPARTMENT_OFFICER else "")
    receipt = 7 if role == Role.REPORTER else 0
    return replace(Actor("user:5", "Five", (held,), units=units, receipt=receipt), **more)


def asked(actor: Actor, case: Kept = CASE, kind: DeclaredKind = KIND) -> dict[str, bool]:
    return {
        "open": bool(policy.may_open(actor, kind, case.block_id)),
        "view": bool(policy.may_view(actor, kind, case)),
        "count": bool(policy.may_count(actor, kind, case.block_id, sensitive=case.sensitive)),
        "act": bool(policy.may_act(actor, NOTE, kind, case)),
        "look": bool(policy.may_look(actor, "ring_back", kind, case)),
        "unit": bool(policy.decide(actor, "unit.view", policy.About(block=UNIT.block_id, unit=UNIT.pk))),
        "status": bool(policy.may_set_status(actor, UNIT)),
        "position": bool(policy.may_report_position(actor, UNIT)),
        "roads": bool(policy.may_close_roads(actor, case.block_id)),
        "places": bool(policy.decide(actor, "places.view", policy.About())),
        "reach": bool(policy.may_measure_reach(actor, case.block_id)),
        "messages": any(policy.may_read_messages(actor, role, case.block_id) for role in Role),
        "people": bool(policy.may_manage_users(actor, case.block_id)),
        "erasures": bool(policy.may_release_erasures(actor, case.block_id)),
        "sign": bool(policy.may_sign_kinds(actor, case.block_id)),
        "settings": bool(policy.may_manage_settings(actor)),
    }


def only(*yes: str) -> dict[str, bool]:
    names = (
        "open",
        "view",
        "count",
        "act",
        "look",
        "unit",
        "status",
        "position",
        "roads",
        "places",
        "reach",
        "messages",
        "people",
        "settings",
        "erasures",
        "sign",
    )
    return {name: name in yes for name in names}


OWN_BLOCK = {
    Role.CALL_TAKER: only("open", "view", "count", "act", "look", "unit", "places", "reach"),
    Role.DISPATCHER: only(
        "open", "view", "count", "act", "look", "unit", "status", "position", "roads", "places", "reach"
    ),
    Role.SHIFT_LEADER: only("open", "view", "count", "act", "look", "unit", "status", "roads", "places", "reach"),
    Role.CREW: only("open", "view", "act", "look", "unit", "status", "position", "places"),
    Role.INSPECTOR: only("open", "view", "act", "look", "places"),
    Role.MEDIATOR: only("open", "view", "act", "look", "places"),
    Role.CLERK: only("open", "view", "act", "look", "places"),
    Role.DEPARTMENT_OFFICER: only("view", "act", "look", "places"),
    Role.VOLUNTEER: only("open", "view", "act", "look", "places"),
    Role.BLOCK_LEADER: only("open", "view", "count", "act", "look", "places", "reach"),
    Role.ANALYST: only("count", "places", "reach"),
    Role.OVERSIGHT: only("open", "view", "count", "act", "look", "unit", "erasures", "places", "reach", "sign"),
    Role.ADMINISTRATOR: only("people", "settings", "places", "sign"),
}
OWN_BLOCK = {role: {**answers, "messages": True} for role, answers in OWN_BLOCK.items()}
OWN_BLOCK[Role.REPORTER] = only("act")  # of the one case, wherever it is
ELSEWHERE = {role: only("places") for role in Role} | {
    Role.REPORTER: only("act"),
    Role.CREW: only("view", "act", "look", "unit", "status", "position", "places"),  # by its case, wherever that is
    Role.ADMINISTRATOR: only("settings", "places"),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_in_its_own_block(role: Role) -> None:
    assert asked(holder(role)) == OWN_BLOCK[role]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("block", ["9902", "99010101", "990102"])
def test_each_role_outside_its_block(role: Role, block: str) -> None:
    assert asked(holder(role, block)) == ELSEWHERE[role]


@pytest.mark.parametrize("role", Role)
def test_a_grant_over_the_root_covers_everything_below(role: Role) -> None:
    assert asked(holder(role, "99")) == OWN_BLOCK[role]


def test_no_program_signs_a_kind_not_even_the_system() -> None:
    for actor in (WORKER, holder(Role.OVERSIGHT, "99", scopes=frozenset(house().scopes))):
        assert not policy.may_sign_kinds(actor, "99")


def test_nobody_without_a_role_may_anything() -> None:
    assert asked(Actor("user:9", "Nine")) == only()


def test_every_rule_of_the_table_is_reached_by_these_tests() -> None:
    by_what = {"looks.view", "people.log", "erasures.view"}  # tried in test_lines.py and test_announcing.py
    by_what |= {"attachment.look"}  # tried in cases/engine/test_attachments.py
    short = {
        "case.open": "open", "case.view": "view", "case.count": "count", "case.act": "act", "contact.look": "look",
        "unit.view": "unit", "unit.status": "status", "unit.position": "position", "people.manage": "people",
        "settings.manage": "settings", "roads.close": "roads", "erasures.release": "erasures",
        "places.view": "places", "places.reach": "reach", "message.read": "messages",
        "kind.sign": "sign",
    }  # fmt: skip
    for rule in RULES:
        if rule.what not in by_what:
            assert OWN_BLOCK[rule.who][short[rule.what]], rule
    table = {(rule.who, rule.what) for rule in RULES}
    assert len(table) == len(RULES)


def test_a_block_leader_sees_sensitive_cases_as_counts_only() -> None:
    leader = holder(Role.BLOCK_LEADER)
    for kind, case in ((KIND, Kept(sensitive=True)), (DeclaredKind(sensitive=True), CASE)):
        assert asked(leader, case, kind) == only("open", "count", "places", "reach", "messages")
        assert policy.may_view(leader, kind, case).reason == policy.SENSITIVE


def test_another_role_over_the_same_block_still_sees_sensitive_cases() -> None:
    both = replace(holder(Role.BLOCK_LEADER), held=(Held("block_leader", "9901"), Held("dispatcher", "9901")))
    assert policy.may_view(both, KIND, Kept(sensitive=True)).rule == "case.view dispatcher 9901"


def test_a_crew_sees_only_what_its_unit_works_on() -> None:
    crew = holder(Role.CREW)
    assert asked(crew, Kept(pk=8)) == only("open", "unit", "status", "position", "places", "messages")
    assert policy.may_view(crew, KIND, Kept(pk=8)).reason == policy.NOT_ASSIGNED
    other = SimpleNamespace(pk="P2", block_id="990101")
    assert policy.may_set_status(crew, other).reason == policy.NOT_OWN_UNIT


def test_a_department_officer_sees_only_cases_of_the_own_department() -> None:
    officer = holder(Role.DEPARTMENT_OFFICER)
    for other in ("", "transport"):
        assert asked(officer, Kept(department=other)) == only("places", "messages")
    assert policy.may_view(officer, KIND, Kept(department="transport")).reason == policy.OTHER_DEPARTMENT
    assert not policy.may_view(replace(officer, held=(Held(Role.DEPARTMENT_OFFICER, "99"),)), KIND, Kept(department=""))


def test_a_volunteer_sees_only_what_is_given_to_them_and_nothing_sensitive() -> None:
    volunteer = holder(Role.VOLUNTEER)
    assert asked(volunteer, Kept(assignee="user:6")) == only("open", "places", "messages")
    assert policy.may_view(volunteer, KIND, Kept(assignee="user:6")).reason == policy.NOT_THEIRS
    assert policy.may_view(volunteer, KIND, Kept(sensitive=True)).reason == policy.SENSITIVE


def test_a_receipt_opens_one_case() -> None:
    reporter = holder(Role.REPORTER)
    assert asked(reporter, Kept(pk=8)) == only()
    assert policy.may_act(reporter, NOTE, KIND, Kept(pk=8)).reason == policy.NO_RECEIPT
    assert asked(replace(reporter, receipt=0)) == only()


def test_an_act_for_whoever_the_case_is_given_to_is_for_nobody_else() -> None:
    act = DeclaredAct("rectify", by="assignee")
    for role in (Role.INSPECTOR, Role.DISPATCHER):
        assert policy.may_act(holder(role), act, KIND, CASE)
        assert policy.may_act(holder(role), act, KIND, Kept(assignee="user:6")).reason == policy.NOT_THEIRS
        assert not policy.may_act(holder(role), act, KIND, Kept(assignee=""))


def test_a_kind_narrows_to_the_roles_it_names() -> None:
    kind = DeclaredKind(open_roles=("call_taker",), view_roles=("call_taker",))
    dispatcher = holder(Role.DISPATCHER)
    assert policy.may_view(dispatcher, kind, CASE).reason == policy.NOT_NAMED
    assert not policy.may_open(dispatcher, kind, "990101")
    assert not policy.may_act(dispatcher, DeclaredAct("note", roles=("call_taker",)), kind, CASE)
    assert policy.may_view(holder(Role.CALL_TAKER), kind, CASE)


def test_a_kind_cannot_widen_what_the_policy_gives() -> None:
    for role in (Role.ANALYST, Role.ADMINISTRATOR):
        assert policy.may_view(holder(role), KIND, CASE).reason == policy.NO_ROLE


@pytest.mark.parametrize(
    ("act", "case", "reason"),
    [
        ("no_such", CASE, policy.NO_SUCH_ACT),
        ("note", CASE, policy.NO_CONTACT_NEEDED),
        ("ring_back", Kept(stage="closed"), policy.NOT_OPEN),
        ("ring_back", Kept(block_id="9902"), policy.ELSEWHERE),
    ],
)
def test_a_contact_is_looked_at_only_for_an_open_act_that_needs_it(act: str, case: Kept, reason: object) -> None:
    answer = policy.may_look(holder(Role.DISPATCHER), act, KIND, case)
    assert (answer.yes, answer.reason) == (False, reason)


def test_the_purpose_must_be_an_act_of_the_looker() -> None:
    kind = DeclaredKind(acts=(DeclaredAct("ring_back", roles=("call_taker",), contact=True),))
    assert policy.may_look(holder(Role.CALL_TAKER), "ring_back", kind, CASE)
    assert policy.may_look(holder(Role.OVERSIGHT), "ring_back", kind, CASE).reason == policy.NOT_NAMED


def test_an_act_of_whoever_has_the_case_is_nobody_elses_purpose() -> None:
    ours = DeclaredAct("ring_back", contact=True, needs=("respondent",), by="assignee")
    kind = DeclaredKind(acts=(ours,))
    taker = replace(holder(Role.CALL_TAKER), id="user:5")
    for at in ("", "respondent"):
        assert policy.may_look(taker, "ring_back", kind, Kept(assignee="user:5"), at=at)
        assert policy.may_look(taker, "ring_back", kind, Kept(assignee="user:6"), at=at).reason == policy.NOT_THEIRS
    assert policy.may_open_attachment(taker, "ring_back", kind, Kept(assignee="user:5"))
    other = policy.may_open_attachment(taker, "ring_back", kind, Kept(assignee="user:6"))
    assert other.reason == policy.NOT_THEIRS


def test_no_machine_looks_at_a_contact() -> None:
    assert policy.may_view(WORKER, KIND, CASE)
    assert policy.may_look(WORKER, "ring_back", KIND, CASE).reason == policy.NO_MACHINE_LOOKS


SCOPED = {
    "cases:read": only("view", "count"),
    "cases:write": only("open", "act", "look"),
    "units:read": only("unit"),
    "units:write": only("status", "position"),
    "places:read": only("places", "reach"),
    "places:write": only("roads"),
    "messages": only("messages"),
    "stream": only(),
}


@pytest.mark.parametrize("scope", house().scopes)
def test_a_scope_narrows_a_token(scope: str) -> None:
    held = tuple(Held(role, "9901") for role in GRANTED)
    assert asked(Actor("user:5", "Five", held, frozenset({scope}), frozenset({"P1"}))) == SCOPED[scope]


def test_a_token_with_every_scope_manages_neither_people_nor_settings() -> None:
    token = holder(Role.ADMINISTRATOR, "99", scopes=frozenset(house().scopes))
    assert asked(token) == only("places", "messages")
    assert policy.may_manage_users(token).reason == policy.NO_SCOPE


def test_nobody_changes_their_own_roles() -> None:
    administrator = holder(Role.ADMINISTRATOR)
    assert policy.may_grant(administrator, 5, "990101").reason == policy.OWN_GRANT
    assert policy.may_grant(administrator, 6, "990101")
    assert policy.may_grant(administrator, 6, "9902").reason == policy.ELSEWHERE


def test_a_password_is_set_only_by_one_who_administers_all_of_a_persons_blocks() -> None:
    administrator = holder(Role.ADMINISTRATOR)
    assert policy.may_manage_person(administrator, 6, ["990101", "9901"])
    assert policy.may_manage_person(administrator, 6, [])
    assert policy.may_manage_person(administrator, 6, ["990101", "99"]).reason == policy.ELSEWHERE


def test_an_answer_says_why_in_both_languages_and_what_to_keep() -> None:
    yes = policy.may_view(holder(Role.DISPATCHER), KIND, CASE)
    with override("en"):
        assert str(yes.reason) == "dispatcher 9901: to send help and follow it"
    assert yes.rule == "case.view dispatcher 9901"
    with pytest.raises(Forbidden) as refusal:
        policy.may_view(holder(Role.ANALYST), KIND, CASE).require()
    assert (refusal.value.what, refusal.value.more) == (policy.NO_ROLE, {"rule": "case.view no"})
