"""Ways outside: set up, ended, and given what is for them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Iterator, Sequence

from cryptography.fernet import Fernet, MultiFernet
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actors_for
from blockwise.ledger import keys, lines
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry
from blockwise.problems import Conflict, Invalid, NotFound
from blockwise.rooms import house

from .guarded import checked_url
from .models import Carrier, Delivery, Message, Way
from .push_cipher import Browser, browser
from .queries import is_for, person, seen

TYPED = (Carrier.EMAIL, Carrier.WEBHOOK)  # whose address somebody types; a browser gives its own
MOST_WAYS = 20  # of one person, or of the installation
A_PIECE = 100  # messages looked at in one transaction
LONGEST = 1024


def ways_of(actor: Actor, *, installation: bool = False) -> QuerySet[Way]:
    """The ways of this person, or the installation's for whoever keeps it in order; the newest first."""
    if installation:
        policy.may_manage_settings(actor).require()
    owner = Q(person=None) if installation else Q(person=person(actor))
    return Way.objects.filter(owner, ended_at=None).order_by("-pk")


def add(
    actor: Actor, carrier: str, address: str, topics: Collection[str] = (), *, installation: bool = False
) -> tuple[Way, str]:
    """A way of this person, or of the installation; with it the secret of a webhook, shown this once ("" else).

    Invalid for another carrier, an address that is none or lies in the own network, an unknown topic.
    """
    there = ways_of(actor, installation=installation)
    if carrier not in TYPED:
        raise Invalid(_("There is no such carrier."), where="carrier", fix=", ".join(TYPED))
    _demand_room(there, topics)
    secret = secrets.token_bytes(32) if carrier == Carrier.WEBHOOK else None
    owner = None if installation else person(actor)
    with transaction.atomic():
        way = _made(actor, owner, carrier, _checked(carrier, address), topics, secret)
    return way, f"whsec_{base64.b64encode(secret).decode()}" if secret else ""


def add_browser(actor: Actor, endpoint: str, point: str, secret: str, topics: Collection[str] = ()) -> Way:
    """The browser in which this person asks is told; whoever asked in it before is not any more.

    `endpoint` is its push service's, with what the browser gave to encrypt for it. Invalid as `add`.
    """
    keys_of_it = browser(point, secret)
    endpoint = _checked(Carrier.PUSH, endpoint)
    earlier = Way.objects.filter(carrier=Carrier.PUSH, address=endpoint, ended_at=None)
    _demand_room(ways_of(actor).exclude(pk__in=earlier), topics)
    with transaction.atomic():
        for way in earlier:
            ended(way, "asked for anew in the same browser", actor.id)
        return _made(actor, person(actor), Carrier.PUSH, endpoint, topics, keys_of_it.point + keys_of_it.secret)


def _demand_room(there: QuerySet[Way], topics: Collection[str]) -> None:
    if unknown := sorted(set(topics) - house().topics.keys()):
        raise Invalid(
            _("There is no such topic."),
            where="topics",
            fix=", ".join(sorted(house().topics)),
            more={"unknown": unknown},
        )
    if there.count() >= MOST_WAYS:
        raise Conflict(_("There are %d ways already.") % MOST_WAYS, where="carrier", fix=_("End one first."))


def _made(
    actor: Actor, owner: int | None, carrier: str, address: str, topics: Collection[str], secret: bytes | None
) -> Way:
    way = Way.objects.create(
        person_id=owner, carrier=carrier, address=address, topics=sorted(set(topics)),
        secret=_box().encrypt(secret) if secret else None, created_by=actor.id, created_at=clock.real_now(),
    )  # fmt: skip
    _record(way, "way_added", actor.id)
    return way


def end(actor: Actor, way_id: int) -> None:
    """The way is not used any more. NotFound where it is not the actor's."""
    way = Way.objects.filter(pk=way_id, ended_at=None).first()
    if way is None or (way.person_id != person(actor) if way.person_id else not policy.may_manage_settings(actor)):
        raise NotFound(_("There is no such way."), where="way")
    ended(way, "", actor.id)


def ended(way: Way, why: str, by: str) -> None:
    with transaction.atomic():
        if Way.objects.filter(pk=way.pk, ended_at=None).update(ended_at=clock.real_now(), ended_why=why):
            Delivery.objects.filter(way=way, done_at=None, given_up_at=None).update(given_up_at=clock.real_now())
            _record(way, "way_ended", by, why)


def _record(way: Way, act: str, by: str, why: str = "") -> None:
    data: dict[str, JSON] = {"way": way.pk, "carrier": way.carrier, "person": way.person_id, "topics": way.topics}
    lines.write([Entry("system", act, by, data=data | ({"why": why} if why else {}))])


def secret_of(way: Way) -> bytes:
    return _box().decrypt(bytes(way.secret or b""))


def browser_of(way: Way) -> Browser:
    kept = secret_of(way)
    return Browser(kept[:-16], kept[-16:])


def _box() -> MultiFernet:
    """Seals under the present master key; opens what an earlier one sealed."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys.derived("ways")])


def _checked(carrier: str, address: str) -> str:
    address = address.strip()
    if len(address) > LONGEST:
        raise Invalid(_("The address is longer than %d characters.") % LONGEST, where="address")
    if carrier != Carrier.EMAIL:
        return checked_url(address)
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid(
            _("This is no e-mail address."), where="address", fix=_("Give one like name@example.org.")
        ) from None
    return address


def spreading() -> Iterator[int]:
    """Give new messages to the ways that want them, in pieces: how many messages each looked at."""
    while rows := list(Message.objects.filter(spread_at=None).order_by("pk")[:A_PIECE]):
        yield _spread(rows)


def _spread(rows: Sequence[Message]) -> int:
    ways = list(Way.objects.filter(ended_at=None).select_related("person"))
    people = actors_for([way.person for way in ways if way.person and way.person.is_active]) if ways else {}
    now = clock.real_now()
    with transaction.atomic():
        new = Message.objects.filter(pk__in=[row.pk for row in rows], spread_at=None).select_for_update().order_by("pk")
        found = [Delivery(message=one, way=way, next_at=now) for one in new for way in ways if _wants(way, one, people)]
        Delivery.objects.bulk_create(found, ignore_conflicts=True)
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(spread_at=now)
    return len(rows)


def still_wants(way: Way, message: Message) -> bool:
    """Asked again when it is carried, which may be days later: roles end, and a case may have become sensitive."""
    if way.person_id is None:
        return True
    people = actors_for([way.person]) if way.person and way.person.is_active else {}
    return _wants(way, message, people)


def _wants(way: Way, message: Message, people: dict[int, Actor]) -> bool:
    """The installation's way takes what it names; a person's what is for the person and may be seen by them."""
    if way.topics and message.topic not in way.topics:
        return False
    if way.person_id is None:
        return bool(way.topics)
    actor = people.get(way.person_id)
    return actor is not None and is_for(actor, message) and bool(seen(actor, [message])[0])
