"""Web Push (RFC 8030): a browser shows what a message is about and where more is to be seen, and no more."""

from __future__ import annotations

import json

from django.utils.translation import override

from .carried import GoneError, NotTakenError, language_of
from .guarded import post
from .models import Delivery
from .push_cipher import encrypted
from .topics import topic
from .vapid import authorization
from .ways import browser_of

GONE = (404, 410)
KEPT_S = 86_400  # by the push service, for a browser that is off


def carry(row: Delivery) -> None:
    """GoneError where the browser has ended its subscription; NotTakenError for every other answer that is not 2xx."""
    name = f"m{row.message_id}-{row.way_id}"
    headers = {
        "authorization": authorization(row.way.address),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(KEPT_S),
        "urgency": "high" if topic(row.message.topic).read_within else "normal",
        "topic": name,  # one that waits there is replaced by the same, sent again
    }
    status = post(row.way.address, encrypted(_content(row, name), browser_of(row.way)), headers)
    if status in GONE:
        raise GoneError(f"it answered {status}")
    if not 200 <= status < 300:
        raise NotTakenError(f"it answered {status}")


def _content(row: Delivery, name: str) -> bytes:
    """The topic's label, in the reader's language, and a link: the browser's owner sees it without signing in."""
    found = topic(row.message.topic)
    with override(language_of(row.way.person)):
        told = {"title": str(found.label), "link": found.page(row.message.data), "name": name}
    return json.dumps(told, ensure_ascii=False).encode()
