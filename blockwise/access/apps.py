from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "blockwise.access"
    label = "access"

    def ready(self) -> None:
        from blockwise.ledger import revocations

        from . import ended

        revocations.at_restore(ended.end_again)
