"""How allauth keeps the secrets of second factors here: under a key that the master key wraps."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter

from blockwise.ledger import vault
from blockwise.ledger.models import DataKey
from blockwise.places.queries import city

THREADS = "factors:"


def _thread() -> str:
    """One whose key was given up with a lost master key takes nothing more; the next one does."""
    return f"{THREADS}{DataKey.objects.filter(thread__startswith=THREADS, wrapped=None).count() + 1}"


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    def encrypt(self, text: str) -> str:
        thread = _thread()
        return f"{thread} {vault.lock(thread, text)}"

    def decrypt(self, encrypted_text: str) -> str:
        thread, _space, locked = encrypted_text.partition(" ")
        return vault.unlock(thread, locked)

    def get_totp_issuer(self) -> str:
        return f"Blockwise {city().name_en or city().name_zh}"

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode(), "name": user.login, "display_name": user.login}
