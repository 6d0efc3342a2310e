"""An upgrade renews the kinds that come with the product, takes out what today's checks refuse; calls go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blockwise.access.actors import OPERATOR, Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.kinds import registry, renewal, signing
from blockwise.cases.kinds.parse import digest_of
from blockwise.cases.models import Case, KindText
from blockwise.ledger.models import Line
from blockwise.places.models import City
from blockwise.rooms import Role
from blockwise.site import checks
from tests.kinds import store_kinds
from tests.people import person, point_in

GROUND = "警察法第六条"


@pytest.fixture(autouse=True)
def _live(city: City) -> Iterator[None]:
    City.objects.update(purpose="live")
    store_kinds()
    yield
    registry.forget()


def older(name: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch, *, ours: bool = True) -> str:
    """The text in force of this kind becomes an older one, which came with the product (`ours`) or with the city."""
    text = registry.builtin_texts()[name].replace(before, after)
    KindText.objects.filter(kind=name).update(text=text, digest=digest_of(text))
    if ours:
        known = registry.shipped()
        monkeypatch.setattr(registry, "shipped", lambda: known | {digest_of(text)})
    registry.forget()
    return digest_of(text)


def faults() -> list[str]:
    registry.forget()
    return list(checks.kinds())


def signers() -> list[Actor]:
    return [actor_for(person(login, (Role.OVERSIGHT, "99"))) for login in ("eve", "frank")]


def test_a_built_in_kind_that_todays_checks_refuse_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    old = older("hazard", "1095", "999999", monkeypatch)
    lon, lat = point_in("99010101")
    data = {"type": "gas", "description": "x", "place": {"lon": lon, "lat": lat, "kind": "street", "text": "街口"}}
    taker = actor_for(person("taker", (Role.CALL_TAKER, "99")))
    case = Case.objects.get(pk=engine.open_case("hazard", data, taker).case)
    assert "retention-ceiling" in faults()[0]
    done = renewal.renew(OPERATOR.id)
    assert done.renewed == ("hazard",)
    assert faults() == []
    assert registry.current("hazard").digest == digest_of(registry.builtin_texts()["hazard"])
    assert registry.of(case).digest == old
    assert registry.of(case).retention_days == 999999  # what it was opened under is read, and not checked again


def test_what_is_in_force_since_before_stays_and_waits_for_its_signatures() -> None:
    assert renewal.renew(OPERATOR.id).proposed == ("call", "hazard", "objection")
    registry.forget()
    assert set(registry.all_current()) == {"call", "hazard", "objection"}
    assert not any(signing.is_signed(row.digest) for row in KindText.objects.all())
    for actor in signers():
        signing.sign("call", digest_of(registry.builtin_texts()["call"]), GROUND, actor)
    assert signing.is_signed(digest_of(registry.builtin_texts()["call"]))
    assert renewal.renew(OPERATOR.id).proposed == ()


def test_a_new_kind_of_the_product_is_not_in_force_by_an_upgrade() -> None:
    KindText.objects.filter(kind="objection").delete()
    registry.forget()
    assert "objection" in renewal.renew(OPERATOR.id).proposed
    assert "objection" not in registry.all_current()


def test_a_signed_text_stays_until_the_new_one_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    renewal.renew(OPERATOR.id)
    for actor in signers():
        signing.sign("call", digest_of(registry.builtin_texts()["call"]), GROUND, actor)
    fresh = registry.builtin_texts()
    newer = {**fresh, "call": fresh["call"].replace("派警时限", "派警的时限")}
    monkeypatch.setattr(registry, "builtin_texts", lambda: newer)
    assert renewal.renew(OPERATOR.id).renewed == ()
    registry.forget()
    assert registry.current("call").digest == digest_of(fresh["call"])
    assert signing.waiting_of("call").digest == digest_of(newer["call"])


def test_a_citys_own_kind_that_todays_checks_refuse_is_used_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    older("hazard", "1095", "999999", monkeypatch, ours=False)
    done = renewal.renew(OPERATOR.id)
    assert (done.renewed, done.retired) == ((), ("hazard",))
    assert "hazard" in "".join(done.lines())
    assert "hazard" not in registry.all_current()
    assert faults() == []
    assert Line.objects.filter(act="kind_retired").count() == 1


def test_a_citys_own_text_in_a_built_in_name_is_not_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    own = older("hazard", "1095", "30", monkeypatch, ours=False)
    renewal.renew(OPERATOR.id)
    registry.forget()
    assert registry.current("hazard").digest == own == signing.waiting_of("hazard").digest


def test_without_a_city_there_is_nothing_to_renew() -> None:
    KindText.objects.all().delete()
    City.objects.all().delete()
    assert renewal.renew(OPERATOR.id) == renewal.Renewed()
    assert not Line.objects.exists()


def test_every_text_that_comes_with_the_product_is_known_as_such() -> None:
    """Otherwise an upgrade takes it for the city's own: add its line to builtin/shipped.txt."""
    assert {digest_of(text) for text in registry.builtin_texts().values()} <= registry.shipped()
