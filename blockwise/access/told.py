"""What others did to a person's way in since the last sign-in, told at the next one."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise.ledger.models import Line

from .models import User

CHANGES: Mapping[str, Promise] = {
    "password_set": _("{who} set your password."),
    "password_voided": _("{who} gave you a role, and your password ended with it."),
    "way_in_reset": _("{who} took away your password and your second factor."),
    "link_made": _("{who} made a link by which your password is set."),
    "factor_failed": _("Somebody who knew your password typed wrong codes. If it was not you, change your password."),
}


def since_last(user: User) -> list[str]:
    """One sentence each, the oldest first."""
    own = f"user:{user.pk}"
    lines = Line.objects.filter(thread=own)
    last = lines.filter(act="signed_in").order_by("-thread_number").first()
    rows = lines.filter(act__in=CHANGES, thread_number__gt=last.thread_number if last else 0)
    found = [row for row in rows.order_by("thread_number") if row.actor != own or row.act == "factor_failed"]
    names = {f"user:{pk}": name for pk, name in User.objects.values_list("pk", "name").filter(pk__in=_ids(found))}
    said = (str(CHANGES[row.act]).format(who=names.get(row.actor, _("The operator"))) for row in found)
    return list(dict.fromkeys(said))


def _ids(lines: list[Line]) -> list[int]:
    return [int(line.actor[5:]) for line in lines if line.actor.startswith("user:")]
