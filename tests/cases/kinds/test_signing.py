"""A kind comes into force when two people have signed its text, oversight of the city among them; never before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from blockwise.access.actors import LOADER, OPERATOR, Actor, actor_for
from blockwise.access.models import Grant, User
from blockwise.cases import engine
from blockwise.cases.kinds import registry, signing
from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.parse import digest_of
from blockwise.cases.models import Case, KindProposal, KindSignature, KindText
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from blockwise.rooms import Role
from tests.people import person, point_in

QUARREL = (Path(__file__).parent / "innocent_kinds" / "quarrel.yaml").read_text(encoding="utf-8")
CHANGED = QUARREL.replace("{zh: 噪声, en: Noise}", "{zh: 噪音, en: Noise at night}")
GROUND = "《人民调解法》第二条"


@pytest.fixture(autouse=True)
def _own_kinds(city: object) -> Iterator[None]:
    registry.forget()
    yield
    registry.forget()


def signer(login: str, role: Role = Role.OVERSIGHT, block: str = "99") -> Actor:
    return actor_for(person(login, (role, block)))


@pytest.fixture
def eve() -> Actor:
    return signer("eve")


@pytest.fixture
def frank() -> Actor:
    return signer("frank")


def propose(text: str = QUARREL, by: str = LOADER.id) -> str:
    signing.propose({"quarrel": text}, by)
    return digest_of(text)


def in_force() -> list[str]:
    registry.forget()
    return list(registry.all_current())


def sign(actor: Actor, text: str = QUARREL, ground: Any = GROUND) -> bool:
    return signing.sign("quarrel", digest_of(text), ground, actor)


def test_two_of_oversight_sign_and_it_is_in_force_with_a_line_each(eve: Actor, frank: Actor) -> None:
    digest = propose()
    assert in_force() == []
    assert sign(eve) is False
    assert in_force() == []
    assert sign(frank, ground="Mediation Act, section 2") is True
    assert in_force() == ["quarrel"]
    lines = [(line.act, line.actor, data_of(line)) for line in Line.objects.filter(thread="system").order_by("number")]
    same = {"kind": "quarrel", "text": digest}
    assert lines == [
        ("kind_proposed", "system:loader", same),
        ("kind_signed", eve.id, {**same, "role": "oversight", "ground": GROUND}),
        ("kind_signed", frank.id, {**same, "role": "oversight", "ground": "Mediation Act, section 2"}),
        ("kind_stored", frank.id, same),
    ]
    assert [one.actor for one in signing.standing(KindProposal.objects.get())] == [eve.id, frank.id]


def test_an_administrator_may_be_one_of_the_two_but_not_both(eve: Actor) -> None:
    propose()
    admins = [signer(login, Role.ADMINISTRATOR) for login in ("ada", "adam")]
    assert [sign(one) for one in admins] == [False, False]
    assert in_force() == []
    assert sign(eve) is True


@pytest.mark.parametrize(
    ("role", "block"),
    [
        (Role.OVERSIGHT, "9901"), (Role.ADMINISTRATOR, "9901"), (Role.DISPATCHER, "99"), (Role.BLOCK_LEADER, "99"),
        (Role.ANALYST, "99"), (Role.CREW, "99"), (Role.CALL_TAKER, "99"),
    ],
)  # fmt: skip
def test_nobody_else_signs(role: Role, block: str) -> None:
    propose()
    with pytest.raises(Forbidden):
        sign(signer("mallory", role, block))
    assert not KindSignature.objects.exists()


def test_no_program_signs_and_nothing_that_the_system_does(eve: Actor) -> None:
    propose()
    for actor in (LOADER, OPERATOR, replace(eve, scopes=frozenset({"cases:write"}))):
        with pytest.raises(Forbidden, match="A person signs"):
            sign(actor)


def test_one_person_is_never_two(eve: Actor) -> None:
    propose()
    sign(eve)
    Grant.objects.create(
        user_id=int(eve.id[5:]), role=Role.ADMINISTRATOR, block_id="99", starts_at=timezone.now(), granted_by="x"
    )
    with pytest.raises(Conflict, match="already"):
        sign(actor_for(User.objects.get(login="eve")))
    assert in_force() == []


def test_nobody_signs_what_they_proposed(eve: Actor, frank: Actor) -> None:
    propose(by=eve.id)
    with pytest.raises(Forbidden, match="proposed"):
        sign(eve)
    assert sign(frank) is False


@pytest.mark.parametrize(
    "ground", ["", "   ", None, 7, "n/a", "12345678901", "电话13812345678，警察法第六条", "x" * 301]
)
def test_a_ground_is_words_that_name_nobody(eve: Actor, ground: Any) -> None:
    propose()
    with pytest.raises(Invalid):
        sign(eve, ground=ground)
    assert not KindSignature.objects.exists()


def test_a_role_that_is_lost_before_the_second_signature_counts_no_more(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    Grant.objects.filter(user_id=int(eve.id[5:])).update(ends_at=timezone.now())
    assert sign(frank) is False
    assert in_force() == []
    back = person("grace", (Role.OVERSIGHT, "99"))
    assert sign(actor_for(back)) is True


def test_a_role_given_anew_does_not_bring_the_signature_back(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    user = User.objects.get(login="eve")
    user.grants.update(ends_at=timezone.now())
    user.grants.create(role=Role.OVERSIGHT, block_id="99", starts_at=timezone.now(), granted_by="x")
    assert sign(frank) is False
    assert sign(actor_for(user)) is True


def test_who_was_shut_out_does_not_count(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    User.objects.filter(login="eve").update(is_active=False)
    assert sign(frank) is False


def test_the_version_before_stays_until_the_new_one_is_signed(eve: Actor, frank: Actor) -> None:
    propose()
    assert [sign(eve), sign(frank)] == [False, True]
    propose(CHANGED)
    sign(eve, CHANGED)
    registry.forget()
    assert registry.current("quarrel").digest == digest_of(QUARREL)
    sign(frank, CHANGED)
    assert registry.current("quarrel").digest == digest_of(CHANGED)
    assert KindText.objects.filter(current=True).count() == 1


def test_what_one_signs_is_the_text_that_was_read(eve: Actor) -> None:
    propose()
    signing.propose({"quarrel": CHANGED}, LOADER.id)
    with pytest.raises(Conflict, match="Another text"):
        sign(eve, QUARREL)
    assert [one.state for one in KindProposal.objects.order_by("pk")] == ["withdrawn", "waiting"]


def test_signatures_of_a_text_that_was_withdrawn_are_none_of_the_next_one(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    propose(CHANGED)
    propose(QUARREL)
    assert sign(frank) is False
    assert sign(eve) is True


def test_proposing_again_changes_nothing(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    assert signing.propose({"quarrel": QUARREL}, LOADER.id) == []
    assert sign(frank) is True
    assert signing.propose({"quarrel": QUARREL}, LOADER.id) == []
    assert not signing.waiting()


def test_a_kind_that_was_retired_is_signed_anew(eve: Actor, frank: Actor) -> None:
    propose()
    sign(eve)
    sign(frank)
    registry.retire_others([], LOADER.id)
    assert signing.propose({"quarrel": QUARREL}, LOADER.id) == ["quarrel"]
    assert in_force() == []


def test_nothing_waits_that_the_folder_holds_no_more(eve: Actor) -> None:
    propose()
    signing.withdraw_others([], LOADER.id)
    with pytest.raises(NotFound):
        sign(eve)
    assert Line.objects.get(act="kind_withdrawn").actor == "system:loader"


def test_a_hostile_text_cannot_even_wait(eve: Actor) -> None:
    bad = QUARREL.replace("{zh: 噪声, en: Noise}", "{zh: 重点人员, en: Noise}")
    with pytest.raises(BadKind):
        propose(bad)
    KindProposal.objects.create(
        kind="quarrel", digest=digest_of(bad), text=bad, proposed_by="x", proposed_at=timezone.now()
    )
    with pytest.raises(BadKind):
        sign(eve, bad)


def test_nothing_is_opened_under_an_unsigned_text(eve: Actor) -> None:
    propose()
    sign(eve)
    lon, lat = point_in("99010101")
    data = {"type": "noise", "place": {"lon": lon, "lat": lat, "kind": "street", "text": "街口"}}
    for actor in (eve, LOADER, OPERATOR):
        with pytest.raises(Problem):
            engine.open_case("quarrel", data, actor)
    assert not Case.objects.exists()
    assert not KindText.objects.exists()  # a case names a row of it: there is none to name
