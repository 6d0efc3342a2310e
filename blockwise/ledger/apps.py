from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from blockwise import clock


class LedgerConfig(AppConfig):
    name = "blockwise.ledger"
    label = "ledger"

    def ready(self) -> None:
        from blockwise.ledger import replay_clock, wipe

        post_migrate.connect(_guard, sender=self)
        connection_created.connect(wipe.overwrite_freed)
        if settings.MODE != "production":  # a replay is refused in production
            clock.follow(replay_clock.now)


def _guard(using: str, **_: Any) -> None:
    from blockwise.ledger import triggers

    triggers.install(using)
