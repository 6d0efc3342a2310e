"""An upgrade: the kinds that come with the product are renewed, what today's checks refuse is used no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from blockwise.places.models import City

from ..models import KindText
from . import registry, signing
from .parse import digest_of


@dataclass(frozen=True)
class Renewed:
    """Names of kinds: `renewed` at once, `retired` as today's checks refuse their text, `proposed` to be signed."""

    renewed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        if self.renewed:
            yield f"Renewed: {', '.join(self.renewed)}. Cases opened before keep their text."
        if self.retired:
            yield (
                f"Today's checks refuse {', '.join(self.retired)}: no case is opened of them any more. Mend them in "
                "the city folder, load it, and have them signed."
            )


def renew(actor: str) -> Renewed:
    """Bring the kinds of a loaded city to this version.

    A built-in text that was never signed, and any that today's checks refuse, is renewed at once and waits for its
    signatures in force: calls go on. A signed one stays until the new text is signed. Open cases keep their text.
    """
    here = City.objects.first()
    if here is None:
        return Renewed()
    fresh = registry.builtin_texts()
    known = registry.shipped()
    with transaction.atomic():
        rows = {row.kind: row for row in KindText.objects.filter(current=True)}
        own = {name for name, row in rows.items() if name not in fresh or row.digest not in known}
        faulty = {name for name, row in rows.items() if registry.check_all({name: row.text})}
        due = {name: fresh[name] for name in rows if name not in own and _is_due(name, name in faulty, rows[name])}
        retired = registry.retire_others(rows.keys() - (own & faulty), actor) if own & faulty else []
        renewed = registry.store(due, actor)
        ours = {name: text for name, text in fresh.items() if name not in own}
        theirs = {name: rows[name].text for name in own - faulty}
        if here.purpose != "live":
            renewed += registry.store({name: text for name, text in ours.items() if name not in rows}, actor)
        waits = signing.propose({**theirs, **ours}, actor)
    return Renewed(tuple(renewed), tuple(retired), tuple(waits))


def _is_due(name: str, faulty: bool, row: KindText) -> bool:
    return row.digest != digest_of(registry.builtin_texts()[name]) and (faulty or not signing.is_signed(row.digest))
