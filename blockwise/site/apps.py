from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "blockwise.site"
    label = "site"
