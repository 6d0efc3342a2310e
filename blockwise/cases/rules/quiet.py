"""Until when no unit is waited for: while somebody else has the case, or until a scheduled time comes near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from ..kinds.model import Kind
from ..models import Case
from . import wall

WHILE_IT_STANDS = datetime(9999, 1, 1, tzinfo=UTC)  # as long as the case is in its stage
FARTHEST = timedelta(days=31)  # from the opening: what is planned longer ahead is no call that waits


def quiet_until(kind: Kind, case: Case) -> datetime | None:
    """None: a unit is waited for from the beginning. Invalid when it is scheduled for too far ahead."""
    at = scheduled_for(kind, case)
    if at is not None and kind.scheduled is not None and at > case.opened_at + FARTHEST:
        fix = _("Take it again when its time is nearer.")
        what = _("A case can be scheduled for at most %(days)d days after it was taken.") % {"days": FARTHEST.days}
        raise Invalid(what, where=kind.scheduled.field, fix=fix)
    if kind.stage(case.stage).no_unit:
        return WHILE_IT_STANDS
    return at - kind.scheduled.before if at and kind.scheduled and not case.final else None


def scheduled_for(kind: Kind, case: Case) -> datetime | None:
    given = case.fields.get(kind.scheduled.field) if kind.scheduled else None
    return wall.moment_of(given) if given else None
