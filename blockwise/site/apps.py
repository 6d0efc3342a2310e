from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "blockwise.site"
    label = "site"

    def ready(self) -> None:
        from importlib import import_module

        from django.conf import settings

        from blockwise.rooms import assemble

        assemble(import_module(f"blockwise.{room}.room").ROOM for room in settings.ROOMS)
