"""What is told on the next page (MESSAGE_STORAGE) lies in the session sealed: a receipt's code is nowhere in the open,
and a database that is stolen meanwhile tells of nobody."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.contrib.messages.storage.session import SessionStorage

from blockwise.ledger import keys

PURPOSE = "told/1"


class Storage(SessionStorage):
    def serialize_messages(self, messages: Sequence[Any]) -> str:
        return _box().encrypt(super().serialize_messages(messages).encode()).decode()

    def deserialize_messages(self, data: Any) -> Any:
        """Nothing where it was sealed under a key that is gone, or before there was one."""
        try:
            plain = _box().decrypt(data) if isinstance(data, str) else b""
        except InvalidToken:
            return []
        return super().deserialize_messages(plain.decode()) if plain else data


def _box() -> MultiFernet:
    """Seals under the present master key; opens what an earlier one sealed."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys.derived(PURPOSE)])
