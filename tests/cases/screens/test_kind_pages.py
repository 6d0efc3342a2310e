"""The public page of kinds: each in full, who signed it and why, how often it was used; objections under a clock."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import LOADER, actor_for
from blockwise.cases import engine
from blockwise.cases.engine import objections
from blockwise.cases.kinds import registry, signing
from blockwise.cases.kinds.parse import digest_of
from blockwise.cases.models import Case, CaseClock, KindText
from blockwise.ledger.models import Line
from blockwise.rooms import Role
from tests.cases.kinds.test_signing import QUARREL
from tests.people import People, person, point_in, signed_in

GROUND = "《人民调解法》第二条"
WORDS = "这一类型记录了邻居的事"


@pytest.fixture
def visitor(kinds: None) -> Client:
    return Client(headers={"accept-language": "en"})


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def hazard() -> str:
    return KindText.objects.get(kind="hazard", current=True).digest


def test_every_kind_in_force_stands_there_in_full_for_anybody(visitor: Client) -> None:
    listed = page(visitor, "/kinds/")
    for row in KindText.objects.all():
        kind = registry.parsed(row.digest)
        assert f"/kinds/{row.kind}/{row.digest}/" in listed
        shown = page(visitor, f"/kinds/{row.kind}/")
        assert row.digest in shown
        words = [
            kind.title,
            *(f.label for f in kind.fields),
            *(a.words for a in kind.acts),
            *(c.words for c in kind.clocks),
        ]
        words += [*(t.words for t in kind.types), *(s.words for s in kind.stages), *(w for _code, w in kind.outcomes)]
        for one in words:
            assert all(_escaped(text) in shown for text in (one.zh, one.en))
        raw = visitor.get(f"/kinds/{row.kind}/{row.digest}/yaml")
        assert hashlib.sha256(raw.content).hexdigest() == row.digest


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&#x27;")


def test_what_is_in_force_without_signatures_says_so(visitor: Client) -> None:
    assert "in force without signatures" in page(visitor, "/kinds/")
    assert "It is in force without signatures" in page(visitor, "/kinds/call/")


def test_a_text_that_waits_is_public_and_cannot_be_signed_by_a_visitor(visitor: Client) -> None:
    signing.propose({"quarrel": QUARREL}, LOADER.id)
    path = f"/kinds/quarrel/{digest_of(QUARREL)}/"
    shown = page(visitor, path)
    assert "Nothing can be opened under it" in shown
    assert 'name="ground"' not in shown
    assert visitor.post(f"{path}sign", {"ground": GROUND}).status_code == 302
    assert not signing.waiting_of("quarrel").signatures.exists()


def test_two_sign_at_the_page_and_stand_there_with_role_and_ground(visitor: Client) -> None:
    signing.propose({"quarrel": QUARREL}, LOADER.id)
    path = f"/kinds/quarrel/{digest_of(QUARREL)}/"
    first = signed_in(person("eve", (Role.OVERSIGHT, "99"), name="监督员甲", name_en="Officer Eve"))
    second = signed_in(person("ada", (Role.ADMINISTRATOR, "99"), name="管理员乙", name_en="Officer Ada"))
    wrong = first.post(f"{path}sign", {"ground": ""})
    assert (wrong.status_code, 'role="alert"' in wrong.content.decode()) == (422, True)
    assert first.post(f"{path}sign", {"ground": GROUND}).status_code == 302
    assert first.post(f"{path}sign", {"ground": GROUND}).status_code == 409
    assert "signed by one person" in page(visitor, path)
    assert ['name="ground"' in page(one, path) for one in (first, second)] == [False, True]
    assert second.post(f"{path}sign", {"ground": "Mediation Act, section 2"}).status_code == 302
    shown = page(visitor, path)
    for said in ("Officer Eve", "Officer Ada", "oversight", "administrator", GROUND, "Mediation Act, section 2"):
        assert said in shown
    assert "quarrel" in registry.all_current()


def test_who_lost_the_role_stands_there_as_counting_no_more(visitor: Client) -> None:
    signing.propose({"quarrel": QUARREL}, LOADER.id)
    eve = person("eve", (Role.OVERSIGHT, "99"))
    signing.sign("quarrel", digest_of(QUARREL), GROUND, actor_for(eve))
    eve.grants.all().delete()
    assert "counts no more" in page(visitor, f"/kinds/quarrel/{digest_of(QUARREL)}/")


def test_uses_are_told_in_tens_and_few_are_not_told(visitor: Client, people: People) -> None:
    lon, lat = point_in("99010102")
    place = {"lon": lon, "lat": lat, "kind": "street", "text": "街口"}
    for _one in range(13):
        engine.open_case("hazard", {"type": "gas", "description": "x", "place": place}, people.actor("in_charge"))
    assert "used some 10 times" in page(visitor, "/kinds/hazard/")
    assert "used fewer than 10 times" in page(visitor, "/kinds/call/")


def test_earlier_texts_stay_readable(visitor: Client) -> None:
    old = hazard()
    registry.store({"hazard": registry.builtin_texts()["hazard"].replace("1095", "30")}, "system:test")
    assert f"/kinds/hazard/{old}/" in page(visitor, "/kinds/hazard/")
    assert "an earlier text" in page(visitor, f"/kinds/hazard/{old}/")


@pytest.mark.parametrize("path", ["nothing/", "hazard/0000/", "call/HAZARD/", "hazard/HAZARD/nothing"])
def test_what_is_not_there_is_not_found(visitor: Client, path: str) -> None:
    assert visitor.get(f"/kinds/{path.replace('HAZARD', hazard())}").status_code == 404


def test_what_was_withdrawn_is_shown_to_nobody(visitor: Client) -> None:
    signing.propose({"quarrel": QUARREL}, LOADER.id)
    signing.withdraw_others([], LOADER.id)
    assert visitor.get(f"/kinds/quarrel/{digest_of(QUARREL)}/").status_code == 404


def objecting(client: Client, **changes: Any) -> Any:
    return client.post(f"/kinds/hazard/{hazard()}/object", {"type": "kept", "objection": WORDS, **changes})


def test_anybody_objects_without_a_name_and_it_is_answered_in_public(visitor: Client) -> None:
    assert objecting(visitor).status_code == 302
    case = Case.objects.get(kind="objection")
    assert (case.opened_by, case.block_id, case.stage) == ("system:public", "99", "received")
    clock = CaseClock.objects.get(case=case)
    assert (clock.name, clock.counts) == ("answer", "working")
    assert "to be answered by" in page(visitor, "/kinds/hazard/")
    oversight = actor_for(person("eve", (Role.OVERSIGHT, "99")))
    given = {"decision": "changed", "answer": "We will ask for less."}
    engine.act(case.pk, "answer", given, oversight, expected_version=1)
    shown = page(visitor, "/kinds/hazard/")
    assert "The kind will be changed" in shown
    assert "We will ask for less." in shown


def test_the_words_of_an_objection_are_sealed_and_not_public(visitor: Client) -> None:
    objecting(visitor)
    assert WORDS not in page(visitor, "/kinds/hazard/")
    case = Case.objects.filter(kind="objection").values().get()
    assert WORDS not in f"{case}{list(Line.objects.values_list('canonical', flat=True))}"


def test_an_answer_that_would_identify_somebody_is_held_back(visitor: Client) -> None:
    objecting(visitor)
    case = Case.objects.get(kind="objection")
    given = {"decision": "stands", "answer": "请致电13812345678"}
    engine.act(case.pk, "answer", given, actor_for(person("eve", (Role.OVERSIGHT, "99"))), expected_version=1)
    shown = page(visitor, "/kinds/hazard/")
    assert "13812345678" not in shown
    assert "held back" in shown


@pytest.mark.parametrize("changes", [{"type": ""}, {"type": "nothing"}, {"objection": ""}, {"objection": "x" * 5001}])
def test_an_objection_that_cannot_be_taken_says_why_and_keeps_the_words(visitor: Client, changes: Any) -> None:
    answer = objecting(visitor, **changes)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Case.objects.filter(kind="objection").exists()


def test_a_network_objects_a_few_times_an_hour(visitor: Client) -> None:
    assert [objecting(visitor).status_code for _one in range(6)] == [302] * 5 + [429]


def test_nobody_objects_under_a_kind_that_is_not_signed(visitor: Client) -> None:
    registry.retire_others(["call", "hazard"], "system:test")
    assert "as soon as their own kind is signed" in page(visitor, "/kinds/hazard/")
    assert objecting(visitor).status_code == 409


def test_the_number_of_a_text_tells_texts_apart() -> None:
    numbers = {objections.number_of(hashlib.sha256(bytes([one])).hexdigest()) for one in range(200)}
    assert len(numbers) == 200


def test_the_page_escapes_what_a_kind_says(visitor: Client) -> None:
    hostile = QUARREL.replace("{zh: 噪声, en: Noise}", '{zh: "噪声<script>x</script>", en: "Noise"}')
    signing.propose({"quarrel": hostile}, LOADER.id)
    assert "<script>x" not in page(visitor, f"/kinds/quarrel/{digest_of(hostile)}/")


def test_the_page_is_in_chinese_too(visitor: Client) -> None:
    shown = Client(headers={"accept-language": "zh-Hans"}).get("/kinds/hazard/").content.decode()
    assert "签署人" in shown
