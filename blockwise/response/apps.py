from django.apps import AppConfig


class ResponseConfig(AppConfig):
    name = "blockwise.response"
    label = "response"
