"""Webhooks, signed as Standard Webhooks 1.0 has it: a program can tell that it is ours, and is told each thing once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from blockwise import clock

from .carried import GoneError, NotTakenError, address
from .guarded import post
from .models import Delivery, Message
from .topics import topic
from .ways import secret_of

GONE = 410


def carry(row: Delivery) -> None:
    """GoneError for 410; NotTakenError for every other answer that is not 2xx, a redirect among them."""
    name = f"msg_{row.message_id}_{row.way_id}"  # the same at every attempt: whoever saw it drops the second
    moment = str(int(clock.real_now().timestamp()))
    body = json.dumps(_content(row.message), ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "Blockwise",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": signature(secret_of(row.way), name, moment, body),
    }
    status = post(row.way.address, body, headers)
    if status == GONE:
        raise GoneError("it answered 410")
    if not 200 <= status < 300:
        raise NotTakenError(f"it answered {status}")


def signature(secret: bytes, name: str, moment: str, body: bytes) -> str:
    made = hmac.new(secret, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def _content(message: Message) -> dict[str, object]:
    return {
        "type": message.topic,
        "timestamp": message.created_at.isoformat().replace("+00:00", "Z"),
        "data": {**message.data, "line": message.line, "url": address(topic(message.topic).page(message.data))},
    }
