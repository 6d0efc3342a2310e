from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor
from blockwise.cases import engine
from blockwise.cases.engine import looks
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, Idempotency
from blockwise.cases.queries import listing, story
from blockwise.cases.rules import sealed_places, sight
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line
from blockwise.messages.models import Message
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from tests.people import People, point_in

CELL = "99010101"
LON, LAT = point_in(CELL)
PLACE = {"lon": LON, "lat": LAT, "text": "8号楼", "kind": "dwelling"}
HAZARD = {
    "type": "fire.exit",
    "description": "楼道堆满杂物",
    "place": PLACE,
    "reporter": {"name": "王MARK", "phone": "19900000001"},
}
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai


@pytest.fixture(autouse=True)
def _now() -> Any:
    with clock.at(NOW):
        yield


def hazard(actor: Actor, **changes: Any) -> Case:
    result = engine.open_case("hazard", {**HAZARD, **changes}, actor)
    return Case.objects.get(pk=result.case)


def acted(case: Case, act: str, actor: Actor, **data: Any) -> Case:
    case.refresh_from_db()
    engine.act(case.pk, act, data, actor, expected_version=case.version)
    case.refresh_from_db()
    return case


class TestOpening:
    def test_a_case_its_clocks_and_its_line_stand_together(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        assert (case.stage, case.block_id, case.version, case.opened_at) == ("found", CELL, 1, NOW)
        assert (case.lon_e7, case.lat_e7) == (None, None)
        assert {clock.name for clock in case.clocks.all()} == {"grade", "handle"}
        assert case.due_at == NOW + timedelta(hours=2 + 2 + 2)  # four working hours across the noon break
        [line] = Line.objects.filter(thread=case.thread)
        data = lines.data_of(line)
        assert (line.act, line.actor, line.block) == ("open", dispatcher.id, CELL)
        assert data["rule"] == "case.open call_taker 9901"  # what allowed it
        assert data["place_kind"] == "dwelling"
        assert "point" not in data
        assert data["sealed"].keys() == {"description", "reporter", "place"}

    def test_personal_values_are_in_the_vault_only(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        [line] = Line.objects.filter(thread=case.thread)
        assert "MARK" not in line.canonical
        assert vault.open_(case.thread, case.sealed["reporter"]) == HAZARD["reporter"]
        assert vault.open_(case.thread, case.sealed["place"])["text"] == "8号楼"

    def test_the_point_of_a_street_may_stand_in_the_open(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher, place={**PLACE, "kind": "street"})
        assert (case.lon_e7, case.lat_e7) == (round(LON * 1e7), round(LAT * 1e7))

    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"place": None}, "place"),
            ({"place": {"lon": 0, "lat": 0}}, "place"),
            ({"place": {"lon": LAT, "lat": LON}}, "place"),
            ({"place": {"lon": "nan", "lat": LAT}}, "place"),
            ({"place": {"lon": 2.35, "lat": 48.85}}, "place"),
            ({"place": {**PLACE, "kind": "castle"}}, "place.kind"),
            ({"place": {**PLACE, "room": "801"}}, "place.room"),
            ({"place": {**PLACE, "crs": "mars"}}, "place.crs"),
            ({"place": {**PLACE, "crs": []}}, "place.crs"),
            ({"place": {**PLACE, "kind": 0}}, "place.kind"),
            ({"place": {**PLACE, "kind": ["street"]}}, "place.kind"),
            ({"place": {**PLACE, "text": {}}}, "place.text"),
            ({"channel": 0}, "channel"),
            ({"channel": []}, "channel"),
            ({"description": ""}, "description"),
            ({"description": "a\u0000b"}, "description"),
            ({"description": "a\ud800b"}, "description"),
            ({"description": "x" * 5001}, "description"),
            ({"description": 7}, "description"),
            ({"reporter": {"name": "x", "wage": 1}}, "reporter"),
            ({"priority": 9}, "priority"),
            ({"surprise": 1}, "surprise"),
        ],
    )
    def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_written(
        self, dispatcher: Actor, changes: dict[str, Any], where: str
    ) -> None:
        before = Line.objects.count()
        with pytest.raises(Invalid) as refused:
            hazard(dispatcher, **changes)
        assert refused.value.where == where
        assert (Case.objects.count(), Line.objects.count()) == (0, before)

    def test_gcj02_numbers_declared_as_wgs84_are_noticed_at_the_border(self, dispatcher: Actor) -> None:
        lon, lat = 113.8999, 22.5549  # outside as WGS84, inside when read as what they are not
        with pytest.raises(Invalid):
            hazard(dispatcher, place={"lon": lon, "lat": lat})

    def test_a_kind_that_is_not_there(self, dispatcher: Actor) -> None:
        with pytest.raises(NotFound):
            engine.open_case("ufo", HAZARD, dispatcher)

    @pytest.mark.parametrize("year", [1900, 2100])
    def test_times_far_away_are_refused(self, dispatcher: Actor, year: int) -> None:
        with pytest.raises(Invalid) as refused:
            engine.open_case("hazard", HAZARD, dispatcher, happened_at=f"{year}-01-01T00:00:00Z")
        assert refused.value.where == "happened_at"

    def test_a_time_without_a_zone_is_refused(self, dispatcher: Actor) -> None:
        with pytest.raises(Invalid):
            engine.open_case("hazard", HAZARD, dispatcher, happened_at="2026-05-06T01:00:00")

    @pytest.mark.parametrize("name", ["neighbour", "outsider"])
    def test_others_may_not_open_here(self, people: People, kinds: None, name: str) -> None:
        with pytest.raises(Forbidden):
            hazard(people.actor(name))


class TestActs:
    def test_a_hazard_from_found_to_closed_reported_and_published(self, dispatcher: Actor, leader: Actor) -> None:
        case = hazard(dispatcher)
        acted(case, "grade", leader, grade="major")
        acted(case, "name_owner", leader, owner_name="赵MARK", rectify_by="2026-05-20")
        acted(case, "rectify", leader, rectification="已清理")
        acted(case, "fail_recheck", leader, finding="还有一半", rectify_by="2026-05-25")
        acted(case, "rectify", leader, rectification="全部清理")
        acted(case, "pass_recheck", leader, finding="合格")
        acted(case, "close", leader, outcome=next(iter(dict(registry.of(case).outcomes))))
        acted(case, "report_inside", leader, reported_to="emergency")
        acted(case, "publish", leader, notice="2026-17")
        assert (case.stage, case.final, case.closed_at) == ("closed", True, NOW)
        assert case.fields["rectify_by"] == "2026-05-25"
        assert "owner_name" not in case.fields
        assert case.due_at is None
        told = story.story(case, leader)
        assert [entry.act for entry in told[:3]] == ["open", "grade", "name_owner"]
        assert told[2].sentence.startswith("Leader Li named the owner")
        sent = {row.topic: Line.objects.get(number=row.line).act for row in Message.objects.filter(data__case=case.pk)}
        assert sent.items() >= {"report_inside": "report_inside", "publication": "publish"}.items()

    def test_an_act_not_allowed_at_this_stage_says_what_is(self, dispatcher: Actor, leader: Actor) -> None:
        case = hazard(dispatcher)
        with pytest.raises(Conflict) as refused:
            acted(case, "close", leader, outcome="x")
        assert refused.value.more["stage"] == "found"
        assert "grade" in refused.value.more["allowed"]

    def test_a_stale_version_changes_nothing(self, dispatcher: Actor, leader: Actor) -> None:
        case = hazard(dispatcher)
        acted(case, "grade", leader, grade="minor")
        with pytest.raises(Conflict) as refused:
            engine.act(case.pk, "grade", {"grade": "major"}, leader, expected_version=1)
        assert refused.value.more["version"] == 2
        case.refresh_from_db()
        assert case.fields["grade"] == "minor"

    def test_a_change_without_a_version_is_refused_but_a_note_needs_none(
        self, dispatcher: Actor, leader: Actor
    ) -> None:
        case = hazard(dispatcher)
        with pytest.raises(Invalid):
            engine.act(case.pk, "grade", {"grade": "major"}, leader)
        engine.act(case.pk, "note", {"note": "看过了"}, leader)
        case.refresh_from_db()
        assert case.version == 1

    def test_unknown_acts_fields_and_cases(self, dispatcher: Actor, leader: Actor) -> None:
        case = hazard(dispatcher)
        with pytest.raises(NotFound):
            acted(case, "explode", leader)
        with pytest.raises(Invalid):
            acted(case, "grade", leader, grade="major", mood="bad")
        for number in (0, -1, 10**6, 2**63, 10**30):
            with pytest.raises(NotFound):
                engine.act(number, "note", {"note": "x"}, leader)

    def test_who_may_not_act_is_told_why_where_they_may_see_the_case(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        with pytest.raises(Forbidden) as refused:
            acted(case, "close", dispatcher, outcome="done")
        assert refused.value.what == policy.NOT_NAMED

    def test_correcting_the_place_moves_the_case_to_its_block_and_the_record_keeps_both(
        self, dispatcher: Actor
    ) -> None:
        case = hazard(dispatcher)
        lon, lat = point_in("99010202")
        acted(case, "correct", dispatcher, place={"lon": lon, "lat": lat, "kind": "street"})
        assert (case.block_id, case.lon_e7) == ("99010202", round(lon * 1e7))
        assert [line.block for line in lines.thread_lines(case.thread)] == [CELL, "99010202"]

    @pytest.mark.parametrize(
        "text",
        [
            *("电话13800138000", "440306199001011234", "粤B12345", "13800138000", "138-0013-8000", "555-0199-887"),
            *("WANG-XIAOMING", "Wang Xiaoming 7", "R-12 Wang", "7", "R-7/8", "R-", "-7", "R--7", "R-٧", "R-7" * 14),
        ],
    )
    def test_what_is_no_reference_number_is_not_kept_in_the_open(
        self, dispatcher: Actor, leader: Actor, text: str
    ) -> None:
        case = acted(hazard(dispatcher), "grade", leader, grade="major")
        with pytest.raises(Invalid) as refused:
            acted(case, "publish", leader, notice=text)
        assert refused.value.where == "notice"

    @pytest.mark.parametrize("text", ["2026-17", "R-20260506-0117", "GSJ2026-A12", "20260506143000123"])
    def test_a_reference_number_is_kept_as_it_is(self, dispatcher: Actor, leader: Actor, text: str) -> None:
        case = acted(hazard(dispatcher), "grade", leader, grade="major")
        assert acted(case, "publish", leader, notice=text).fields["notice"] == text

    def test_what_is_published_is_made_of_declared_facts(self, dispatcher: Actor, leader: Actor) -> None:
        case = acted(hazard(dispatcher), "grade", leader, grade="major")
        acted(case, "name_owner", leader, owner_name="赵MARK", rectify_by="2026-05-20")
        acted(case, "publish", leader, notice="2026-17")
        row = Message.objects.get(topic="publication")
        english = "Block 990101: Blocked exit, major, in rectification, to be rectified by 2026-05-20"
        assert row.data["text"]["en"] == english
        assert row.data["text"]["zh"].endswith("疏散通道堵塞，重大隐患，整改中，整改期限2026-05-20")
        assert lines.data_of(Line.objects.get(number=row.line))["published"] == row.data["text"]
        assert story.story(case, leader)[-1].texts == (english,)

    def test_a_sensitive_case_is_not_published(self, dispatcher: Actor, leader: Actor, people: People) -> None:
        case = acted(hazard(dispatcher), "grade", leader, grade="major")
        Case.objects.filter(pk=case.pk).update(sensitive=True)
        with pytest.raises(Conflict):
            acted(case, "publish", dispatcher, notice="2026-17")
        assert not Message.objects.filter(topic="publication").exists()

    def test_the_system_needs_no_version(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        engine.act(case.pk, "grade", {"grade": "minor"}, WORKER)
        case.refresh_from_db()
        assert case.stage == "graded"


class TestTwice:
    def test_the_same_key_is_one_case(self, dispatcher: Actor) -> None:
        first = engine.open_case("hazard", HAZARD, dispatcher, key="k1")
        second = engine.open_case("hazard", dict(reversed(HAZARD.items())), dispatcher, key="k1")
        assert (first.case, first.line) == (second.case, second.line)
        assert (first.again, second.again) == (False, True)
        assert Case.objects.count() == 1

    def test_the_same_key_with_another_body_is_refused(self, dispatcher: Actor) -> None:
        engine.open_case("hazard", HAZARD, dispatcher, key="k1")
        with pytest.raises(Conflict) as refused:
            engine.open_case("hazard", {**HAZARD, "description": "别的"}, dispatcher, key="k1")
        assert refused.value.where == "Idempotency-Key"

    def test_keys_are_each_actors_own_and_checked(self, dispatcher: Actor, leader: Actor) -> None:
        engine.open_case("hazard", HAZARD, dispatcher, key="k1")
        assert not engine.open_case("hazard", HAZARD, leader, key="k1").again
        for key in ("", "x" * 81, "schlüssel", "a\nb"):
            with pytest.raises(Invalid):
                engine.open_case("hazard", HAZARD, dispatcher, key=key)

    def test_nothing_is_kept_of_a_refused_request(self, dispatcher: Actor) -> None:
        with pytest.raises(Problem):
            engine.open_case("hazard", {**HAZARD, "place": None}, dispatcher, key="k1")
        assert not Idempotency.objects.exists()
        assert not engine.open_case("hazard", HAZARD, dispatcher, key="k1").again


class TestLooking:
    def test_a_look_needs_an_open_act_and_is_on_the_record(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        seen = looks.look(case.pk, "correct", dispatcher)
        assert seen["reporter"] == HAZARD["reporter"]
        last = lines.thread_lines(case.thread).last()
        assert last is not None
        told = {"for": "correct", "fields": ["reporter"], "rule": "contact.look call_taker 9901"}
        assert (last.act, lines.data_of(last)) == ("look", told)

    def test_without_a_purpose_there_is_no_look(self, dispatcher: Actor, people: People) -> None:
        case = hazard(dispatcher)
        before = Line.objects.count()
        with pytest.raises(Forbidden):
            looks.look(case.pk, "note", dispatcher)
        with pytest.raises(NotFound):
            looks.look(case.pk, "correct", people.actor("neighbour"))
        assert Line.objects.count() == before


class TestLists:
    def test_pages_hold_across_inserts(self, dispatcher: Actor) -> None:
        opened = []
        for minute in range(5):
            with clock.at(NOW + timedelta(minutes=minute)):
                opened.append(hazard(dispatcher).pk)
        first = listing.listed(dispatcher, listing.Filter(), limit=2)
        with clock.at(NOW + timedelta(hours=1)):
            hazard(dispatcher)
        second = listing.listed(dispatcher, listing.Filter(), limit=2, cursor=first.next)
        third = listing.listed(dispatcher, listing.Filter(), limit=2, cursor=second.next)
        seen = [case.pk for page in (first, second, third) for case in page.cases]
        assert seen == opened[::-1]
        assert third.next == ""

    def test_everyone_sees_the_own_subtree(self, dispatcher: Actor, people: People) -> None:
        case = hazard(dispatcher)
        assert [one.pk for one in listing.listed(dispatcher, listing.Filter()).cases] == [case.pk]
        for name in ("neighbour", "outsider"):
            assert listing.listed(people.actor(name), listing.Filter()).cases == ()
            with pytest.raises(NotFound):
                sight.case_for(case.pk, people.actor(name))

    def test_filters(self, dispatcher: Actor) -> None:
        case = hazard(dispatcher)
        for wanted, count in (
            (listing.Filter(kind="hazard"), 1),
            (listing.Filter(kind="call"), 0),
            (listing.Filter(open=True), 1),
            (listing.Filter(open=False), 0),
            (listing.Filter(block="9901"), 1),
            (listing.Filter(block="9902"), 0),
            (listing.Filter(late=True), 0),
            (listing.Filter(since=NOW + timedelta(seconds=1)), 0),
            (listing.Filter(until=NOW), 0),
        ):
            assert len(listing.listed(dispatcher, wanted).cases) == count, wanted
        with clock.at(NOW + timedelta(days=3)):
            late = listing.listed(dispatcher, listing.Filter(late=True)).cases
        assert [one.pk for one in late] == [case.pk]

    @pytest.mark.parametrize("cursor", ["x", "%%%", "AAAA", "MTIz", "é", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Ojk5"])
    def test_a_foreign_cursor_is_refused(self, dispatcher: Actor, cursor: str) -> None:
        with pytest.raises(Invalid):
            listing.listed(dispatcher, listing.Filter(), cursor=cursor)

    def test_a_dwelling_is_found_again_by_its_cell_only_once_closed(self, dispatcher: Actor, leader: Actor) -> None:
        case = hazard(dispatcher)
        assert sealed_places.exact_places([case])[case.pk]["text"] == "8号楼"
        acted(case, "grade", leader, grade="minor")
        acted(case, "cancel", leader, reason="看错了", outcome=dict(registry.of(case).outcomes).popitem()[0])
        assert sealed_places.exact_places([case]) == {}


def test_a_sensitive_case_stays_one_under_another_type(dispatcher: Actor) -> None:
    """Nobody opens it to the caller's neighbours by giving it a harmless name."""
    case = Case.objects.get(pk=engine.open_case("call", {"type": "family.violence", "place": PLACE}, dispatcher).case)
    assert (acted(case, "correct", dispatcher, type="order.noise").type, case.sensitive) == ("order.noise", True)
    plain = Case.objects.get(pk=engine.open_case("call", {"type": "order.noise", "place": PLACE}, dispatcher).case)
    assert acted(plain, "correct", dispatcher, type="family.violence").sensitive
