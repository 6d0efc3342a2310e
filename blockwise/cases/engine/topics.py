"""What cases tell: a promise that was not kept, what was made public, what will be erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blockwise import clock
from blockwise.messages.topics import Subject
from blockwise.rooms import Topic

from ..kinds.model import Kind
from ..models import CaseClock

ESCALATED, INSIDE, PUBLICATION, GIVEN = "escalated", "report_inside", "publication", "given"
ELSEWHERE = "late_elsewhere"
ANNOUNCED, HELD = "erasures_announced", "erasures_held"


def _case(data: Mapping[str, Any], subject: Subject | None) -> str:
    noun = str(subject[0].noun) if subject and isinstance(subject[0], Kind) else _("case")
    return f"{noun[:1].upper()}{noun[1:]} {data['case']}"


def _overdue(data: Mapping[str, Any], subject: Subject | None) -> str:
    kind = subject[0] if subject and isinstance(subject[0], Kind) else None
    declared = next((one for one in kind.clocks if one.name == data["clock"]), None) if kind else None
    names = {"case": _case(data, subject), "promise": str(declared.words) if declared else data["clock"]}
    return _("{case}: “{promise}” is overdue, level {level}").format(**names, level=data["level"])


def _elsewhere(data: Mapping[str, Any], subject: Subject | None) -> str:
    kind = subject[0] if subject and isinstance(subject[0], Kind) else None
    declared = next((one for one in kind.clocks if one.name == data["clock"]), None) if kind else None
    names = {"case": _case(data, subject), "promise": str(declared.words) if declared else data["clock"], "who": ""}
    if kind and declared:
        names["who"] = str(kind.promiser(declared.of))
    return _("{case}: “{promise}”, promised by {who}, is late").format(**names)


def _runs(data: Mapping[str, Any]) -> bool:
    """Whether the promise is still to be kept, and overdue."""
    rows = CaseClock.objects.filter(case=data["case"], name=data["clock"], round=data["round"], stopped_at=None)
    return rows.filter(due_at__lt=clock.now()).exists()


def _inside(data: Mapping[str, Any], subject: Subject | None) -> str:
    return _("{case} was reported to those who answer for it").format(case=_case(data, subject))


def _given(data: Mapping[str, Any], subject: Subject | None) -> str:
    return _("{case} is given to you").format(case=_case(data, subject))


def _published(data: Mapping[str, Any], subject: Subject | None) -> str:
    return _("{case} was made public").format(case=_case(data, subject))


def _announced(data: Mapping[str, Any], _subject: Subject | None) -> str:
    words = ngettext(
        "{n} closed case loses its personal data until {day}",
        "{n} closed cases lose their personal data until {day}",
        int(data["count"]),
    )
    return words.format(n=data["count"], day=str(data["until"])[:10])


def _held(data: Mapping[str, Any], _subject: Subject | None) -> str:
    return _("An unusual number of cases, {n}, waits for a release before it is erased").format(n=data["count"])


def _case_page(data: Mapping[str, Any]) -> str:
    return reverse("case", args=[data["case"]])


def _erasures_page(_data: Mapping[str, Any]) -> str:
    return reverse("erasures")


TOPICS = (
    Topic(
        ESCALATED,
        gettext_lazy("A promise is overdue"),
        _overdue,
        _case_page,
        read_within=timedelta(minutes=15),
        stands=_runs,
    ),
    Topic(ELSEWHERE, gettext_lazy("Another side is late"), _elsewhere, _case_page, stands=_runs),
    Topic(INSIDE, gettext_lazy("Reported inside"), _inside, _case_page, told=True),
    Topic(GIVEN, gettext_lazy("Given to you"), _given, _case_page, read_within=timedelta(days=1)),
    Topic(PUBLICATION, gettext_lazy("Made public"), _published, _case_page),
    Topic(ANNOUNCED, gettext_lazy("Erasures to come"), _announced, _erasures_page),
    Topic(HELD, gettext_lazy("Erasures that wait"), _held, _erasures_page, read_within=timedelta(days=1)),
)
