from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "blockwise.access"
    label = "access"
